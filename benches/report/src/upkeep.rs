//! How each framework is kept up, as data with its dates: `servers/UPKEEP.json`, which `cargo compare upkeep --write`
//! makes of the registry's index and the advisory database.

mod figures;
pub(crate) mod grid;
mod page;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

pub use page::page;

/// Where the data is, from the root of the repository.
pub const FILE: &str = "servers/UPKEEP.json";

/// The version of the data's form.
pub const SCHEMA_VERSION: u32 = 1;

/// What the registry and the advisory database had, each on its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upkeep {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// From the registry's index.
    pub registry: Registry,
    /// From the advisory database.
    pub advisories: Advisories,
}

/// What the registry's index had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// When it was read, RFC 3339 in UTC.
    pub read: String,
    /// The frameworks, and what they stand on.
    pub crates: Vec<Published>,
}

/// A crate of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The crate's name.
    pub name: String,
    /// The framework whose crate it is, as `servers.toml` calls it; none where frameworks stand on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// Every release, by version, the lowest first.
    pub releases: Vec<Release>,
}

/// A release of a crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its version.
    pub version: String,
    /// When it was published, RFC 3339 in UTC; none where the registry does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// The least Rust version that it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust_version: Option<String>,
    /// Whether cargo takes it for incompatible with every release before it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub breaking: bool,
    /// Whether it was yanked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub yanked: bool,
}

/// What the advisory database had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisories {
    /// When it was read, RFC 3339 in UTC.
    pub read: String,
    /// The database's commit; none where it was read from files without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// When that commit was made, RFC 3339. Later advisories are not in the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<String>,
    /// What each finished server is compiled from.
    pub frameworks: Vec<Framework>,
    /// Those about a framework's own crates, about what frameworks stand on, and about a locked version.
    pub list: Vec<Advisory>,
}

/// What a framework's finished server is compiled from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// As `servers.toml` calls it.
    pub framework: String,
    /// The locked version of its crate.
    pub version: String,
    /// The crates from the framework's own repository.
    pub own_crates: Vec<String>,
    /// How many crates of the registry the server is compiled from.
    pub crates: usize,
}

/// An advisory of the database that was not withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// Its id in the database.
    pub id: String,
    /// The crate that it is about.
    pub package: String,
    /// The day on which the issue was reported.
    pub date: String,
    /// What it is about, in a line.
    pub title: String,
    /// `vulnerability`, or the database's word for what is less: `unsound`, `unmaintained`, `notice`.
    pub kind: String,
    /// The severity by CVSS, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// The versions in which it is patched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patched: Vec<String>,
    /// The frameworks whose finished server is locked to a version that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affects: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Upkeep {
    /// Reads the data of a file. None where there is no such file.
    ///
    /// # Errors
    /// Where it cannot be read, or has another form.
    pub fn read(file: &Path) -> Result<Option<Self>> {
        if !file.exists() {
            return Ok(None);
        }
        let shown = || file.display().to_string();
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", shown()))?;
        let read: Self = serde_json::from_str(&text).with_context(shown)?;
        let version = read.schema_version;
        ensure!(
            version == SCHEMA_VERSION,
            "{}: its form has version {version}, not {SCHEMA_VERSION}",
            shown()
        );
        Ok(Some(read))
    }

    /// The file's text: JSON with a release or an advisory a line, so that a refreshed file differs in few lines.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn text(&self) -> Result<String> {
        let registry = serde_json::to_string(&self.registry.read)?;
        let mut text = format!(
            "{{\n\"schema_version\": {},\n\"registry\": {{\"read\": {registry}, \"crates\": [\n",
            self.schema_version
        );
        let crates = self.registry.crates.iter().map(|one| {
            let name = serde_json::to_string(&one.name)?;
            let framework = match &one.framework {
                Some(framework) => {
                    format!(" \"framework\": {},", serde_json::to_string(framework)?)
                }
                None => String::new(),
            };
            let releases = lines(&one.releases)?;
            Ok(format!(
                "{{\"name\": {name},{framework} \"releases\": [\n{releases}\n]}}"
            ))
        });
        text += &crates.collect::<Result<Vec<_>>>()?.join(",\n");
        let mut head = Vec::new();
        for (name, value) in [
            ("read", Some(&self.advisories.read)),
            ("commit", self.advisories.commit.as_ref()),
            ("committed", self.advisories.committed.as_ref()),
        ] {
            if let Some(value) = value {
                head.push(format!("\"{name}\": {}", serde_json::to_string(value)?));
            }
        }
        text += &format!(
            "\n]}},\n\"advisories\": {{{}, \"frameworks\": [\n{}\n], \"list\": [\n{}\n]}}\n}}\n",
            head.join(", "),
            lines(&self.advisories.frameworks)?,
            lines(&self.advisories.list)?
        );
        Ok(text)
    }
}

fn lines<T: Serialize>(items: &[T]) -> Result<String> {
    let lines = items.iter().map(serde_json::to_string);
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join(",\n"))
}

#[cfg(test)]
pub(crate) mod tests;
