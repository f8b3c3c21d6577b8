//! The page, in Markdown, and the data that it shows.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use quartet_conformance::Case;
use quartet_report::defaults::{self, Defaults, Demand, Framework, issue_address};

use super::Observed;
use super::added::{Added, ROOM};
use super::capability::CAPABILITIES;
use super::demands;

const INTRODUCTION: &str = "\
# What each framework does by default

Each cell is what was seen of the framework's *plain* program: two routes as its README would have them
(`servers/*/plain/plain.rs`), on the framework's own server, without middleware.

- **Bold**: the framework has it built in.
- *n lines*: the finished server adds it in so many lines of code. The link leads to the first of them. One piece of
  code may stand for several rows.
- An upstream issue is linked where there is one about the row.

Nothing here is a verdict. What a framework leaves to the application is its decision, and a proxy in front may do it.
";

const DEMANDS: &str = "\
## What RFCs demand of any server

The same programs, held to those must-cases of the suite that RFCs alone demand. Where a case does not apply to one, it is not counted
for it. The finished servers conform in all of them, except for the deviations that `conformance/deviations.toml` lists.
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
    let failed = |case: &&Case| {
        let mut demanded = observed.iter().flat_map(|one| &one.demanded);
        demanded.any(|area| area.failed.iter().any(|id| id == case.id))
    };
    let demands = demands::cases()
        .filter(failed)
        .map(|case| defaults::Demand {
            case: case.id.to_owned(),
            requirement: case.requirement.to_owned(),
            source: case.source.to_owned(),
        });
    Ok(Defaults {
        demands: demands.collect(),
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
        demanded: one.demanded.clone(),
    })
}

/// The page of what was seen.
///
/// # Errors
/// Never, as far as is known: it is written to memory.
pub(super) fn page(data: &Defaults) -> Result<String> {
    let mut page = format!("{INTRODUCTION}\n");
    page += &head("", &data.frameworks);
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
    page += &demands_section(data)?;
    page += "\n`cargo compare defaults --write servers/DEFAULTS.md` makes this page, and [the same as data](DEFAULTS.json).\n\
             It takes two minutes after the build.\n";
    Ok(page)
}

/// The head of a table with a column a framework.
fn head(corner: &str, frameworks: &[Framework]) -> String {
    let names = frameworks.iter();
    let names = names.map(|one| format!(" {} {} |", one.framework, one.version));
    let rule = "---|".repeat(frameworks.len());
    format!("| {corner} |{}\n|---|{rule}\n", names.collect::<String>())
}

/// What RFCs demand, and who fails it.
fn demands_section(data: &Defaults) -> Result<String> {
    let mut section = format!(
        "\n{DEMANDS}\n{}",
        head("failed, of the cases that apply", &data.frameworks)
    );
    for area in defaults::areas(&data.frameworks) {
        write!(section, "| {area} |")?;
        for one in &data.frameworks {
            match one.demanded_in(area) {
                Some(found) => write!(section, " {} of {} |", found.failed.len(), found.cases)?,
                None => section += " |",
            }
        }
        section.push('\n');
    }
    section.push('\n');
    section += &head("demanded", &data.frameworks);
    for demand in &data.demands {
        let Demand {
            case,
            requirement,
            source,
        } = demand;
        write!(section, "| `{case}`: {requirement} {source} |")?;
        for one in &data.frameworks {
            section += if one.fails(case) { " fails |" } else { " |" };
        }
        section.push('\n');
    }
    Ok(section)
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
