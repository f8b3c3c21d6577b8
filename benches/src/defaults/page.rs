//! The page, in Markdown, and the data that it shows.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use quartet_report::defaults::{self, Defaults, Framework, issue_address};

use super::Observed;
use super::added::{Added, ROOM};
use super::capability::CAPABILITIES;

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

/// What was seen, with what adds the rest.
///
/// # Errors
/// If a program has a capability neither by itself nor by code that `servers/added.toml` names, or by both.
pub(super) fn data(observed: &[Observed], added: &Added) -> Result<Defaults> {
    let capabilities = CAPABILITIES.iter().map(|it| defaults::Capability {
        name: it.name.to_owned(),
        does: it.does.to_owned(),
        source: it.source.to_owned(),
    });
    let frameworks = observed.iter().map(|one| framework(one, added));
    Ok(Defaults {
        capabilities: capabilities.collect(),
        frameworks: frameworks.collect::<Result<_>>()?,
    })
}

fn framework(one: &Observed, added: &Added) -> Result<Framework> {
    let mut rows = Vec::new();
    for (capability, seen) in CAPABILITIES.iter().zip(&one.seen) {
        let items = added.items(&one.framework, capability.name);
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
        let items = items.iter().map(|placed| defaults::Added {
            file: format!("{ROOM}/{}", placed.file),
            line: placed.item.line,
            item: placed.name.clone(),
            lines: placed.item.lines,
            issue: placed.issue.clone(),
        });
        rows.push(defaults::Seen {
            built_in: seen.is_built_in,
            what: seen.what.clone(),
            added: items.collect(),
        });
    }
    Ok(Framework {
        framework: one.framework.clone(),
        version: one.version.clone(),
        seen: rows,
    })
}

/// The page of what was seen.
///
/// # Errors
/// Never, as far as is known: it is written to memory.
pub(super) fn page(data: &Defaults) -> Result<String> {
    let mut page = format!("{INTRODUCTION}\n| |");
    for one in &data.frameworks {
        write!(page, " {} {} |", one.framework, one.version)?;
    }
    page += "\n|---|";
    page += &"---|".repeat(data.frameworks.len());
    page.push('\n');
    for (row, capability) in data.capabilities.iter().enumerate() {
        write!(page, "| {} |", capability.does)?;
        for one in &data.frameworks {
            write!(page, " {} |", cell(&one.seen[row]))?;
        }
        page.push('\n');
    }
    page += "\nBuilt in: ";
    let count = data.capabilities.len();
    let tallies = data.frameworks.iter();
    let tallies = tallies.map(|one| format!("{} {} of {count}", one.framework, one.built_in()));
    page += &tallies.collect::<Vec<_>>().join(", ");
    page += ".\n\nWhat demands or describes each row:\n\n";
    for capability in &data.capabilities {
        writeln!(page, "- {}: {}", capability.does, capability.source)?;
    }
    page += "\n`cargo compare defaults --write servers/DEFAULTS.md` makes this page, and [the same as data](DEFAULTS.json).\n\
             It takes a minute after the build.\n";
    Ok(page)
}

fn cell(seen: &defaults::Seen) -> String {
    let Some(first) = seen.added.first() else {
        return format!("**{}**", seen.what);
    };
    let lines: usize = seen.added.iter().map(|it| it.lines).sum();
    let noun = if lines == 1 { "line" } else { "lines" };
    // From the directory of the page.
    let file = first.file.strip_prefix(ROOM).unwrap_or(&first.file);
    let file = file.trim_start_matches('/');
    let link = format!("[{lines} {noun}]({file}#L{})", first.line);
    let issues = seen.added.iter().filter_map(|it| it.issue.as_deref());
    let issues: String = issues
        .map(|issue| format!(", {}", issue_link(issue)))
        .collect();
    format!("{}; {link}{issues}", seen.what)
}

/// A link to an issue that is cited as `owner/name#123`.
fn issue_link(issue: &str) -> String {
    match issue_address(issue) {
        Some(address) => format!("[{issue}]({address})"),
        None => issue.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(lines: usize, issue: Option<&str>) -> defaults::Added {
        defaults::Added {
            file: "servers/axum/src/lib.rs".to_owned(),
            line: 7,
            item: "one".to_owned(),
            lines,
            issue: issue.map(str::to_owned),
        }
    }

    fn seen(what: &str, added: Vec<defaults::Added>) -> defaults::Seen {
        defaults::Seen {
            built_in: added.is_empty(),
            what: what.to_owned(),
            added,
        }
    }

    #[test]
    fn a_cell_says_what_was_seen_and_what_adds_it() {
        assert_eq!(cell(&seen("200", Vec::new())), "**200**");
        assert_eq!(
            cell(&seen("404", vec![added(1, None)])),
            "404; [1 line](axum/src/lib.rs#L7)"
        );
        assert_eq!(
            cell(&seen("404", vec![added(2, Some("a/b#1")), added(3, None)])),
            "404; [5 lines](axum/src/lib.rs#L7), [a/b#1](https://github.com/a/b/issues/1)"
        );
    }
}
