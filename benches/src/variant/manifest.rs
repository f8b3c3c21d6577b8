//! Edits of copied manifests.

use std::path::Path;

use anyhow::{Context as _, Result};
use toml::{Table, Value};

/// The manifest of a package or workspace.
pub(super) const MANIFEST: &str = "Cargo.toml";

/// A manifest that is edited.
#[derive(Clone, Debug)]
pub(super) struct Manifest(Table);

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    /// Where it is not TOML.
    pub(super) fn of(text: &str) -> Result<Self> {
        Ok(Self(
            toml::from_str(text).context("a manifest is not TOML")?,
        ))
    }

    /// The text of it.
    ///
    /// # Errors
    /// Where it has no form in TOML, as one that was read has.
    pub(super) fn text(&self) -> Result<String> {
        Ok(toml::to_string(&self.0)?)
    }

    /// Requires this very version of a crate wherever the workspace names the crate.
    pub(super) fn require(&mut self, name: &str, version: &str) {
        let dependencies = self.0.get_mut("workspace").and_then(|workspace| {
            let dependencies = workspace.as_table_mut()?.get_mut("dependencies")?;
            dependencies.as_table_mut()
        });
        let exactly = Value::String(format!("={version}"));
        for (key, wanted) in dependencies.into_iter().flatten() {
            match wanted {
                Value::Table(table) => {
                    let renamed = table.get("package").and_then(Value::as_str);
                    if renamed.unwrap_or(key) == name && table.contains_key("version") {
                        table.insert("version".to_owned(), exactly.clone());
                    }
                }
                Value::String(_) if key == name => *wanted = exactly.clone(),
                _ => {}
            }
        }
    }

    /// Takes a crate of the registry from a directory instead.
    ///
    /// # Errors
    /// Where the manifest has something else where patches stand, or the path is no UTF-8.
    pub(super) fn patch(&mut self, name: &str, directory: &Path) -> Result<()> {
        let registry = table(table(&mut self.0, "patch")?, "crates-io")?;
        registry.insert(name.to_owned(), of_path(directory)?);
        Ok(())
    }

    /// Adds a dependency of this package.
    ///
    /// # Errors
    /// Where the manifest has something else where dependencies stand.
    pub(super) fn depend(&mut self, name: &str, version: &str) -> Result<()> {
        let dependencies = table(&mut self.0, "dependencies")?;
        dependencies.insert(name.to_owned(), Value::String(version.to_owned()));
        Ok(())
    }
}

fn table<'a>(parent: &'a mut Table, key: &str) -> Result<&'a mut Table> {
    let entry = parent.entry(key.to_owned());
    let entry = entry.or_insert_with(|| Value::Table(Table::new()));
    entry
        .as_table_mut()
        .with_context(|| format!("`{key}` of a manifest is no table"))
}

fn of_path(directory: &Path) -> Result<Value> {
    let path = directory
        .to_str()
        .with_context(|| format!("{} is not UTF-8", directory.display()))?;
    Ok(Value::Table(Table::from_iter([(
        "path".to_owned(),
        Value::String(path.to_owned()),
    )])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[workspace]\nmembers = ['a']\n[workspace.dependencies]\n\
        salvo = { version = '1.1.0', default-features = false }\nbytes = '1.11'\n\
        syn-2 = { package = 'syn', version = '2.0' }\nown = { path = 'own' }\n";

    fn edited(edit: impl FnOnce(&mut Manifest)) -> Table {
        let mut manifest = Manifest::of(TEXT).unwrap();
        edit(&mut manifest);
        toml::from_str(&manifest.text().unwrap()).unwrap()
    }

    #[test]
    fn a_version_is_required_exactly_and_the_rest_stays() {
        let before: Table = toml::from_str(TEXT).unwrap();
        let wanted = |table: &Table, name: &str| {
            let wanted = &table["workspace"]["dependencies"][name];
            let version = wanted.get("version").unwrap_or(wanted);
            version.as_str().map(str::to_owned)
        };
        for (name, key) in [("salvo", "salvo"), ("bytes", "bytes"), ("syn", "syn-2")] {
            let mut after = edited(|manifest| manifest.require(name, "1.0.0"));
            assert_eq!(wanted(&after, key).as_deref(), Some("=1.0.0"));
            let dependencies = after["workspace"]["dependencies"].as_table_mut().unwrap();
            let old = before["workspace"]["dependencies"][key].clone();
            if let (Value::Table(new), Value::Table(old)) = (&mut dependencies[key], &old) {
                new.insert("version".to_owned(), old["version"].clone());
            } else {
                dependencies.insert(key.to_owned(), old);
            }
            assert_eq!(after, before);
        }
        for absent in ["syn-2", "own", "tokio"] {
            assert_eq!(edited(|manifest| manifest.require(absent, "1.0.0")), before);
        }
    }

    #[test]
    fn a_crate_is_taken_from_a_directory_with_a_space() {
        let after = edited(|manifest| {
            manifest
                .patch("salvo", Path::new("/my code/salvo"))
                .unwrap();
            manifest
                .patch("salvo_core", Path::new("/my code/core"))
                .unwrap();
        });
        let patched = &after["patch"]["crates-io"];
        assert_eq!(patched["salvo"]["path"].as_str(), Some("/my code/salvo"));
        assert_eq!(
            patched["salvo_core"]["path"].as_str(),
            Some("/my code/core")
        );
    }

    #[test]
    fn a_dependency_is_added() {
        let after = edited(|manifest| manifest.depend("mimalloc", "0.1").unwrap());
        assert_eq!(after["dependencies"]["mimalloc"].as_str(), Some("0.1"));
        let mut odd = Manifest::of("dependencies = 1\n").unwrap();
        assert!(odd.depend("a", "1").is_err());
        assert!(Manifest::of("[").is_err());
    }
}
