//! What is nobody's business.

use std::path::Path;

/// Takes out of a text what tells of a person or a place: of paths that lead to it all but the last part, and
/// the names of the user and of the machine.
#[derive(Clone, Debug)]
pub struct Private {
    names: Vec<String>,
}

/// What stands in the place of what is taken out.
pub(crate) const LEFT_OUT: &str = "…";

impl Private {
    /// With this user's and this machine's names; `root` is where programs are built.
    pub fn here(root: &Path) -> Self {
        let user = ["USER", "LOGNAME"].map(|name| std::env::var(name).ok());
        let home = std::env::var_os("HOME");
        let owner = [home.as_deref().map(Path::new), Some(root)].map(|path| {
            let mut parts = path?.iter();
            parts.find(|part| *part == "home" || *part == "Users")?;
            Some(parts.next()?.to_str()?.to_owned())
        });
        let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let names = user.into_iter().chain(owner).chain([machine]).flatten();
        Self::of(names)
    }

    /// With these names. One that says nothing, such as `root`, is left where it stands.
    fn of(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().map(|name| name.trim().to_owned());
        let names = names.filter(|name| name.len() > 2 && name != "root" && name != "localhost");
        Self {
            names: names.collect(),
        }
    }

    /// The text without it.
    pub fn without(&self, text: &str) -> String {
        let parts = text.split_inclusive(ends_path).map(|part| {
            let (path, end) = match part.char_indices().next_back() {
                Some((index, last)) if ends_path(last) => part.split_at(index),
                _ => (part, ""),
            };
            format!("{}{end}", self.nameless(&shortened(path)))
        });
        parts.collect()
    }

    /// Names that stand alone.
    fn nameless(&self, word: &str) -> String {
        let parts = word.split_inclusive(|character: char| !in_name(character));
        let parts = parts.map(|part| {
            let bare = part.trim_end_matches(|character: char| !in_name(character));
            if self.names.iter().any(|name| name == bare) {
                part.replacen(bare, LEFT_OUT, 1)
            } else {
                part.to_owned()
            }
        });
        parts.collect()
    }
}

fn in_name(character: char) -> bool {
    character.is_alphanumeric() || "-_".contains(character)
}

/// What no path goes beyond, as options and lists have it.
fn ends_path(character: char) -> bool {
    character.is_whitespace() || "=,:;\"'()[]\u{1f}".contains(character)
}

/// A path from the root, from home or from here as its last part, after the option that it follows at once,
/// such as `-L`. Paths within the repository are nobody's.
fn shortened(word: &str) -> String {
    let private = ["/", "~", "./", "../", "-"];
    if !private.iter().any(|beginning| word.starts_with(beginning)) {
        return word.to_owned();
    }
    let trimmed = word.trim_end_matches('/');
    match (trimmed.find('/'), trimmed.rsplit_once('/')) {
        (Some(first), Some((_, last))) => {
            let option = if word.starts_with('-') {
                &word[..first]
            } else {
                ""
            };
            format!("{option}{LEFT_OUT}/{last}")
        }
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_names_are_left_out() {
        let private = Private::of([
            "joe".to_owned(),
            "joes-laptop\n".to_owned(),
            "root".to_owned(),
        ]);
        for (text, without) in [
            ("-C target-cpu=native", "-C target-cpu=native"),
            ("-L/home/joe/lib -lz", "-L…/lib -lz"),
            (
                "--remap-path-prefix=/home/joe/x=/y",
                "--remap-path-prefix=…/x=…/y",
            ),
            ("/home/joe/.cargo/bin/sccache", "…/sccache"),
            ("../private/mold", "…/mold"),
            ("/opt/", "…/opt"),
            ("~/bin/cc", "…/cc"),
            (
                "it fails contract/list-exact",
                "it fails contract/list-exact",
            ),
            ("--cfg user=\"joe\" joey", "--cfg user=\"…\" joey"),
            ("built on joes-laptop by root", "built on … by root"),
            ("/a/b.so:/c/d.so", "…/b.so:…/d.so"),
            ("http://joe@proxy:1/x", "http:…/…@proxy:1/x"),
            ("", ""),
        ] {
            let found = private.without(text);
            assert!(
                !found.contains("joe ") && found == without,
                "{text}: {found}"
            );
        }
    }
}
