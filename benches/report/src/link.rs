//! Links from one file to another.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A relative link from the document at `from` to the file at `to`, if that lies in the document's
/// directory or below; elsewhere a link would not survive either being moved.
pub fn link(from: &Path, to: &Path) -> Option<String> {
    let directory = match from.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let (directory, to) = (directory.canonicalize().ok()?, to.canonicalize().ok()?);
    let relative = to.strip_prefix(directory).ok()?.to_str()?;
    let segments = relative
        .split('/')
        .map(|segment| utf8_percent_encode(segment, SEGMENT).to_string());
    Some(segments.collect::<Vec<_>>().join("/"))
}

/// What a segment of a path may hold as it is: the unreserved characters of RFC 3986, section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_what_is_beside_or_below_is_linked() {
        let place = std::env::temp_dir().join(format!("quartet-link-{}", std::process::id()));
        let run = place.join("a run:1");
        fs::create_dir_all(&run).unwrap();
        let file = run.join("run.json");
        fs::write(&file, "").unwrap();
        assert_eq!(
            link(&run.join("report.html"), &file).as_deref(),
            Some("run.json")
        );
        assert_eq!(
            link(&place.join("README.md"), &file).as_deref(),
            Some("a%20run%3A1/run.json")
        );
        assert_eq!(
            link(&run.join("x/y.html"), &file),
            None,
            "no such directory"
        );
        assert_eq!(link(Path::new("report.html"), &file), None, "elsewhere");
        fs::remove_dir_all(&place).unwrap();
    }
}
