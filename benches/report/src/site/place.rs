//! Where the pages of a site are, and how they link to each other: as the files of the repository are, so that what is
//! beside each other there is beside each other here.

use anyhow::{Result, ensure};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What a segment of a path may hold as it is: the unreserved characters of RFC 3986, section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a path of the repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is there.
    Missing,
    /// A folder, with the names of what is in it that is part of the project.
    Folder(Vec<String>),
    /// A file of text.
    Text(String),
    /// Another file.
    Binary,
}

/// The files of a repository.
pub trait Files {
    /// What is at a path, `/` between its segments, from the root.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn at(&self, path: &str) -> Result<Kind>;
}

/// A link as a document has it, taken apart.
pub(super) struct Target<'a> {
    /// From the root of the repository.
    pub(super) path: String,
    /// What follows the `#`.
    pub(super) fragment: Option<&'a str>,
}

/// Where a relative link of the document at `from` leads. None where it leads out of the repository on purpose: to an
/// address of the web.
///
/// # Errors
/// Where a relative link leaves the repository.
pub(super) fn target<'a>(from: &str, link: &'a str) -> Result<Option<Target<'a>>> {
    let scheme = link.split(['/', '#', '?']).next().unwrap_or_default();
    if scheme.contains(':') {
        return Ok(None);
    }
    let (path, fragment) = match link.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment)),
        None => (link, None),
    };
    let path = percent_decode_str(path).decode_utf8_lossy();
    let mut segments: Vec<&str> = from.split('/').collect();
    if !path.is_empty() {
        segments.pop();
    }
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => ensure!(
                segments.pop().is_some(),
                "{from}: {link} leaves the repository"
            ),
            segment => segments.push(segment),
        }
    }
    Ok(Some(Target {
        path: segments.join("/"),
        fragment,
    }))
}

/// A relative link from one page of the site to another.
pub(super) fn relative(from: &str, to: &str) -> String {
    let mut from: Vec<&str> = from.split('/').collect();
    from.pop();
    let to: Vec<&str> = to.split('/').collect();
    let common = from.iter().zip(&to[..to.len() - 1]);
    let common = common.take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let down = to[common..]
        .iter()
        .map(|segment| utf8_percent_encode(segment, SEGMENT).to_string());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The page of a file or folder of the repository.
pub(super) fn place(path: &str, kind: &Kind) -> String {
    match kind {
        Kind::Folder(names) if names.iter().any(|name| name == "README.md") => {
            place(&join(path, "README.md"), &Kind::Binary)
        }
        Kind::Folder(_) => join(path, "index.html"),
        // What the site begins with has that name.
        _ if path == "README.md" => "README.html".to_owned(),
        _ => match path.strip_suffix(".md") {
            Some(stem) => match stem.strip_suffix("README") {
                Some(folder) => format!("{folder}index.html"),
                None => format!("{stem}.html"),
            },
            None if matches!(kind, Kind::Text(_)) => format!("{path}.html"),
            None => path.to_owned(),
        },
    }
}

/// A name in a folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_the_document() {
        let of = |from: &str, link: &str| {
            let target = target(from, link).unwrap().unwrap();
            (target.path, target.fragment.map(str::to_owned))
        };
        let end = |text: &str| Some(text.to_owned());
        assert_eq!(of("a/b.md", "../c.md#d"), ("c.md".to_owned(), end("d")));
        assert_eq!(of("a/b.md", "#d"), ("a/b.md".to_owned(), end("d")));
        assert_eq!(of("b.md", "c%20d/"), ("c d".to_owned(), None));
        assert_eq!(of("a/b.md", ".."), (String::new(), None));
        assert!(target("a.md", "https://example.org/").unwrap().is_none());
        assert!(target("a.md", "mailto:a@example.org").unwrap().is_none());
        assert!(target("a.md", "../b.md").is_err());
    }

    #[test]
    fn pages_find_each_other_from_any_folder() {
        assert_eq!(relative("index.html", "a/b.html"), "a/b.html");
        assert_eq!(relative("a/b.html", "index.html"), "../index.html");
        assert_eq!(relative("a/b/c.html", "a/d/e f.html"), "../d/e%20f.html");
        assert_eq!(relative("a/b.html", "a/b.html"), "b.html");
        assert_eq!(relative("a/a/b.html", "a/c.html"), "../c.html");
    }

    #[test]
    fn files_have_pages_beside_each_other() {
        let text = || Kind::Text(String::new());
        let folder =
            |names: &[&str]| Kind::Folder(names.iter().map(|name| (*name).to_owned()).collect());
        for (path, kind, expected) in [
            ("README.md", text(), "README.html"),
            ("guide/README.md", text(), "guide/index.html"),
            ("guide/pages/path.md", text(), "guide/pages/path.html"),
            (
                "servers/axum/src/lib.rs",
                text(),
                "servers/axum/src/lib.rs.html",
            ),
            ("records/x/rates.svg", Kind::Binary, "records/x/rates.svg"),
            ("servers/axum", folder(&["src"]), "servers/axum/index.html"),
            ("deploy", folder(&["README.md"]), "deploy/index.html"),
        ] {
            assert_eq!(place(path, &kind), expected);
        }
    }
}
