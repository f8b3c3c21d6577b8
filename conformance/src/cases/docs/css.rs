//! As much of CSS as it takes to see what a style sheet loads.

/// The references in `url(…)` and `@import`, those to `data:` and within the document left out.
pub(super) fn references(css: &str) -> Vec<&str> {
    let functions = css.split("url(").skip(1).map(|after| {
        let after = after.trim_start();
        match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split(quote).next(),
            _ => after.split(')').next(),
        }
    });
    let imports = css.split("@import").skip(1).map(|after| {
        let after = after.trim_start();
        match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split(quote).next(),
            _ => None,
        }
    });
    functions
        .chain(imports)
        .flatten()
        .map(str::trim)
        .filter(|reference| !reference.starts_with("data:") && !reference.starts_with('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found() {
        let css = "@import 'a.css'; @import url(b.css); a { b: url( \"c d.png\" ); c: url(#x); \
                   d: url('data:image/svg+xml,)'); e: url(";
        assert_eq!(references(css), ["b.css", "c d.png", "", "a.css"]);
    }
}
