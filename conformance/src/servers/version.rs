//! The version of what a server is built on.

use std::fs;

use serde::Deserialize;

use super::{Catalogue, Server};

impl Catalogue {
    /// The locked version of the crate or Python package a server is built on, if it has one and
    /// `Cargo.lock` or its requirements name it; with `+patch` where the crate is one of a path.
    pub fn framework_version(&self, server: &Server) -> Option<String> {
        #[derive(Deserialize)]
        struct Lock {
            package: Vec<Package>,
        }
        #[derive(Deserialize)]
        struct Package {
            name: String,
            version: String,
            source: Option<String>,
        }
        let framework = server.framework.as_deref()?;
        if let Some(requirements) = &server.requirements {
            let text = fs::read_to_string(self.root.join(requirements)).ok()?;
            return pinned(&text, framework);
        }
        let root = server.root(&self.root);
        let text = fs::read_to_string(root.join("Cargo.lock")).ok()?;
        let lock: Lock = toml::from_str(&text).ok()?;
        let package = lock.package.into_iter().find(|p| p.name == framework)?;
        Some(match package.source {
            Some(_) => package.version,
            None => format!("{}+patch", package.version),
        })
    }
}

/// The version that pip's requirements pin a package to. Names have no case.
pub(super) fn pinned(requirements: &str, package: &str) -> Option<String> {
    let mut pins = requirements
        .lines()
        .filter_map(|line| line.split_once("=="));
    let (_, version) = pins.find(|(name, _)| name.trim().eq_ignore_ascii_case(package))?;
    version.split_ascii_whitespace().next().map(str::to_owned)
}
