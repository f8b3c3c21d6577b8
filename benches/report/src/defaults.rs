//! What each framework does by default, as data: `servers/DEFAULTS.json`, which `cargo compare defaults` writes beside
//! the page.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

/// Where the data is, from the root of the repository.
pub const FILE: &str = "servers/DEFAULTS.json";

/// What was seen of each framework's plain program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// What was looked at.
    pub capabilities: Vec<Capability>,
    /// One entry a framework.
    pub frameworks: Vec<Framework>,
    /// What RFCs demand, of what a plain program fails.
    #[serde(default)]
    pub demands: Vec<Demand>,
}

/// A case of the suite that RFCs alone demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// The case's id.
    pub case: String,
    /// What is demanded, in one sentence.
    pub requirement: String,
    /// Where it is demanded.
    pub source: String,
}

/// One thing that a server may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// A short name, unique.
    pub name: String,
    /// What a server that has it does.
    pub does: String,
    /// Where that is demanded or described.
    pub source: String,
}

/// What one framework does by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// As `servers.toml` calls it.
    pub framework: String,
    /// The exact version that was looked at.
    pub version: String,
    /// One entry a capability, in their order.
    pub seen: Vec<Seen>,
    /// How it meets what RFCs demand: one entry an area of the suite.
    #[serde(default)]
    pub demanded: Vec<Demanded>,
}

/// How a plain program meets what RFCs demand in one area of the suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demanded {
    /// The area.
    pub area: String,
    /// How many cases apply.
    pub cases: usize,
    /// The ids of those that it fails, in the suite's order.
    pub failed: Vec<String>,
}

/// What was seen of one capability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Whether the framework has it by itself.
    pub built_in: bool,
    /// What was observed, in a few words. Markdown: code is between backticks.
    pub what: String,
    /// What adds it to the finished server; empty where it is built in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Added>,
}

/// An item of a finished server's source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Added {
    /// The file, from the root of the repository.
    pub file: String,
    /// The item's first line, from 1.
    pub line: usize,
    /// Its name.
    pub item: String,
    /// How many lines of code it has.
    pub lines: usize,
    /// The upstream issue about the capability, as `owner/name#123`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
}

impl Defaults {
    /// Reads the data of the repository at `root`. None where there is no such file.
    ///
    /// # Errors
    /// Where it cannot be read, or a framework has not one entry a capability.
    pub fn read(root: &Path) -> Result<Option<Self>> {
        let file = root.join(FILE);
        if !file.exists() {
            return Ok(None);
        }
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let read = Self::parse(&text).with_context(|| file.display().to_string())?;
        Ok(Some(read))
    }

    fn parse(text: &str) -> Result<Self> {
        let read: Self = serde_json::from_str(text)?;
        for one in &read.frameworks {
            ensure!(
                one.seen.len() == read.capabilities.len(),
                "{} has {} entries for {} capabilities",
                one.framework,
                one.seen.len(),
                read.capabilities.len()
            );
        }
        Ok(read)
    }

    /// The file's text.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn text(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// What is known of a framework.
    pub fn of(&self, framework: &str) -> Option<&Framework> {
        let mut known = self.frameworks.iter();
        known.find(|one| one.framework == framework)
    }
}

impl Framework {
    /// How it meets what RFCs demand in one area of the suite, where that is known.
    pub fn demanded_in(&self, area: &str) -> Option<&Demanded> {
        self.demanded.iter().find(|one| one.area == area)
    }

    /// Whether it fails a case of the suite.
    pub fn fails(&self, case: &str) -> bool {
        let mut failed = self.demanded.iter().flat_map(|one| &one.failed);
        failed.any(|id| id == case)
    }

    /// How many capabilities are built in.
    pub fn built_in(&self) -> usize {
        self.seen.iter().filter(|seen| seen.built_in).count()
    }

    /// How many lines of code add the others. An item that adds several counts once.
    pub fn added_lines(&self) -> usize {
        let items = self.seen.iter().flat_map(|seen| &seen.added);
        let items: BTreeMap<(&str, usize), usize> = items
            .map(|item| ((item.file.as_str(), item.line), item.lines))
            .collect();
        items.values().sum()
    }
}

/// The areas in which it is known how these meet what RFCs demand.
pub fn areas<'a>(frameworks: impl IntoIterator<Item = &'a Framework>) -> BTreeSet<&'a str> {
    let demanded = frameworks.into_iter().flat_map(|one| &one.demanded);
    demanded.map(|one| one.area.as_str()).collect()
}

/// The address of an issue that is cited as `owner/name#123`.
pub fn issue_address(issue: &str) -> Option<String> {
    let (repository, number) = issue.split_once('#')?;
    Some(format!("https://github.com/{repository}/issues/{number}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two capabilities and the frameworks of the made-up records.
    pub(crate) fn defaults() -> Defaults {
        let capability = |name: &str| Capability {
            name: name.to_owned(),
            does: format!("It does {name}"),
            source: "RFC 9110".to_owned(),
        };
        let built_in = || Seen {
            built_in: true,
            what: "`200`".to_owned(),
            added: Vec::new(),
        };
        let added = || Seen {
            built_in: false,
            what: "404 <none>".to_owned(),
            added: vec![Added {
                file: "servers/axum/src/lib.rs".to_owned(),
                line: 7,
                item: "one".to_owned(),
                lines: 12,
                issue: Some("a/b#1".to_owned()),
            }],
        };
        let framework = |name: &str, seen| Framework {
            framework: name.to_owned(),
            version: "1.2.3".to_owned(),
            seen,
            demanded: vec![Demanded {
                area: "wire".to_owned(),
                cases: 9,
                failed: match name {
                    "warp" => vec!["wire/host-missing".to_owned()],
                    _ => Vec::new(),
                },
            }],
        };
        Defaults {
            demands: vec![Demand {
                case: "wire/host-missing".to_owned(),
                requirement: "A request without Host is 400.".to_owned(),
                source: "RFC 9112 §3.2".to_owned(),
            }],
            capabilities: vec![capability("head"), capability("options")],
            frameworks: vec![
                framework("axum", vec![built_in(), added()]),
                framework("warp", vec![added(), added()]),
                framework("salvo", vec![built_in(), built_in()]),
            ],
        }
    }

    #[test]
    fn an_item_that_adds_several_counts_once() {
        let defaults = defaults();
        let of = |name: &str| defaults.of(name).unwrap();
        assert_eq!((of("axum").built_in(), of("axum").added_lines()), (1, 12));
        assert_eq!((of("warp").built_in(), of("warp").added_lines()), (0, 12));
        assert_eq!((of("salvo").built_in(), of("salvo").added_lines()), (2, 0));
        assert!(defaults.of("rocket").is_none());
    }

    #[test]
    fn what_is_written_is_read_and_what_has_gaps_is_refused() {
        let mut defaults = defaults();
        let text = defaults.text().unwrap();
        assert_eq!(Defaults::parse(&text).unwrap(), defaults);
        defaults.frameworks[0].seen.pop();
        let error = Defaults::parse(&defaults.text().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "axum has 1 entries for 2 capabilities");
        assert_eq!(
            issue_address("a/b#1").as_deref(),
            Some("https://github.com/a/b/issues/1")
        );
    }
}
