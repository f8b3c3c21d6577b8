//! The page, in Markdown.

use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::Observed;
use super::added::{Added, Placed};
use super::capability::{CAPABILITIES, Seen};

const INTRODUCTION: &str = "\
# What each framework does by default

Each cell is what was seen of the framework's *plain* program: two routes as its README would have them
(`servers/*/examples/plain.rs`), on the framework's own server, without middleware.

- **Bold**: the framework has it built in.
- *n lines*: the finished server adds it in so many lines of code. The link leads to the first of them. One piece of
  code may stand for several rows.
- An upstream issue is linked where there is one about the row.

Nothing here is a verdict. What a framework leaves to the application is its decision, and a proxy in front may do it.
";

/// The page of what was seen.
///
/// # Errors
/// If a program has a capability neither by itself nor by code that `servers/added.toml` names, or by both.
pub(super) fn page(observed: &[Observed], added: &Added) -> Result<String> {
    let mut page = format!("{INTRODUCTION}\n| |");
    for one in observed {
        write!(page, " {} {} |", one.framework, one.version)?;
    }
    page += "\n|---|";
    page += &"---|".repeat(observed.len());
    page.push('\n');
    for (row, capability) in CAPABILITIES.iter().enumerate() {
        write!(page, "| {} |", capability.does)?;
        for one in observed {
            let items = added.items(&one.framework, capability.name);
            let seen = &one.seen[row];
            ensure!(
                seen.is_built_in == items.is_empty(),
                "servers/added.toml {} what adds {:?} to {}: what was seen is {:?}",
                if items.is_empty() {
                    "does not say"
                } else {
                    "should not say"
                },
                capability.name,
                one.framework,
                seen.what
            );
            write!(page, " {} |", cell(seen, items))?;
        }
        page.push('\n');
    }
    page += "\nBuilt in: ";
    let tallies = observed.iter().map(|one| {
        let built_in = one.seen.iter().filter(|seen| seen.is_built_in).count();
        format!("{} {built_in} of {}", one.framework, CAPABILITIES.len())
    });
    page += &tallies.collect::<Vec<_>>().join(", ");
    page += ".\n\nWhat demands or describes each row:\n\n";
    for capability in CAPABILITIES {
        writeln!(page, "- {}: {}", capability.does, capability.source)?;
    }
    page += "\n`cargo compare defaults --write servers/DEFAULTS.md` makes this page. It takes a minute after the build.\n";
    Ok(page)
}

fn cell(seen: &Seen, items: &[Placed]) -> String {
    let Some(first) = items.first() else {
        return format!("**{}**", seen.what);
    };
    let lines: usize = items.iter().map(|it| it.item.lines).sum();
    let noun = if lines == 1 { "line" } else { "lines" };
    let link = format!("[{lines} {noun}]({}#L{})", first.file, first.item.line);
    let issues = items.iter().filter_map(|it| it.issue.as_deref());
    let issues: String = issues
        .map(|issue| format!(", {}", issue_link(issue)))
        .collect();
    format!("{}; {link}{issues}", seen.what)
}

/// A link to an issue that is cited as `owner/name#123`.
fn issue_link(issue: &str) -> String {
    match issue.split_once('#') {
        Some((repository, number)) => {
            format!("[{issue}](https://github.com/{repository}/issues/{number})")
        }
        None => issue.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::lines::Item;

    fn placed(lines: usize, issue: Option<&str>) -> Placed {
        Placed {
            file: "axum/src/lib.rs".to_owned(),
            item: Item {
                line: 7,
                lines,
                issues: Vec::new(),
            },
            issue: issue.map(str::to_owned),
        }
    }

    #[test]
    fn a_cell_says_what_was_seen_and_what_adds_it() {
        assert_eq!(cell(&Seen::new(true, "200"), &[]), "**200**");
        assert_eq!(
            cell(&Seen::new(false, "404"), &[placed(1, None)]),
            "404; [1 line](axum/src/lib.rs#L7)"
        );
        assert_eq!(
            cell(
                &Seen::new(false, "404"),
                &[placed(2, Some("a/b#1")), placed(3, None)]
            ),
            "404; [5 lines](axum/src/lib.rs#L7), [a/b#1](https://github.com/a/b/issues/1)"
        );
    }
}
