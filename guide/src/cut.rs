//! Cuts marked code out of a source: what lies between the lines `// [name]` and `// [/name]`.

use anyhow::{Result, bail, ensure};

/// The marked parts of one source that have `name`, each without its indentation.
///
/// # Errors
///
/// If there is none, or one does not end.
pub fn cut(source: &str, name: &str) -> Result<Vec<String>> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut inside = false;
    for line in source.lines() {
        match mark(line) {
            Some((found, is_end)) if found == name => {
                ensure!(inside == is_end, "[{name}] begins or ends twice");
                inside = !is_end;
                if inside {
                    parts.push(Vec::new());
                }
            }
            Some(_) => {}
            None if inside => parts
                .last_mut()
                .into_iter()
                .for_each(|part| part.push(line)),
            None => {}
        }
    }
    ensure!(!inside, "[{name}] does not end");
    if parts.is_empty() {
        bail!("there is no [{name}]");
    }
    Ok(parts.iter().map(|lines| dedent(lines)).collect())
}

/// The names of all marked parts.
pub fn names(source: &str) -> impl Iterator<Item = &str> {
    let begins = source.lines().filter_map(mark);
    begins.filter_map(|(name, is_end)| (!is_end).then_some(name))
}

/// How many lines are neither blank nor comments alone.
#[must_use]
pub fn lines_of_code(parts: &[String]) -> usize {
    let lines = parts.iter().flat_map(|part| part.lines()).map(str::trim);
    lines
        .filter(|line| {
            !line.is_empty() && !line.starts_with("//") && !line.starts_with('#')
                || line.starts_with("#[")
        })
        .count()
}

/// A line that is a mark: its name, and whether it ends the part.
fn mark(line: &str) -> Option<(&str, bool)> {
    // `#[name]` is an attribute.
    let line = line.trim();
    let comment = line
        .strip_prefix("// ")
        .or_else(|| line.strip_prefix("# "))?;
    let name = comment.strip_prefix('[')?.strip_suffix(']')?;
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_lowercase());
    match name.strip_prefix('/') {
        Some(name) => is_name(name).then_some((name, true)),
        None => is_name(name).then_some((name, false)),
    }
}

fn dedent(lines: &[&str]) -> String {
    let indent = |line: &&&str| line.len() - line.trim_start().len();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let common = filled.map(|line| indent(&line)).min().unwrap_or_default();
    let dedented = lines
        .iter()
        .map(|line| line.get(common..).unwrap_or_default());
    let text = dedented.collect::<Vec<_>>().join("\n");
    text.trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "use a;\n// [one]\nfn one() {\n\n    // said\n    two();\n}\n// [/one]\n\
        fn app() {\n    x\n        // [two]\n        .y()\n        // [one]\n        .one()\n        \
        // [/one]\n        // [/two]\n}\n";

    #[test]
    fn a_part_is_what_lies_between_its_marks() {
        let parts = cut(SOURCE, "one").unwrap();
        assert_eq!(
            parts,
            ["fn one() {\n\n    // said\n    two();\n}", ".one()"]
        );
        assert_eq!(lines_of_code(&parts), 4);
        assert_eq!(cut(SOURCE, "two").unwrap(), [".y()\n.one()"]);
        assert!(names(SOURCE).eq(["one", "two", "one"]));
    }

    #[test]
    fn attributes_are_code_in_rust() {
        let parts = cut("// [one]\n#[handler]\nfn x() {}\n// [/one]", "one").unwrap();
        assert_eq!(lines_of_code(&parts), 2);
        let python = ["# said\nx = 1".to_owned()];
        assert_eq!(lines_of_code(&python), 1);
        let rust = ["#[test]\n// said\nfn x() {}".to_owned()];
        assert_eq!(lines_of_code(&rust), 2);
    }

    #[test]
    fn a_part_that_is_missing_or_does_not_end_is_an_error() {
        assert!(cut(SOURCE, "three").is_err());
        assert!(cut("// [one]\n", "one").is_err());
        assert!(cut("// [/one]\n", "one").is_err());
    }
}
