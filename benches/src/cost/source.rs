//! Where a server's own source is, if cargo builds it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, Target};
use quartet_conformance::servers::Server;

/// What every server of the project stands on, and none is charged with.
const SHARED_BY_ALL: &str = "quartet-common";

/// A server's own source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// What to count: the directory of its package's source, or the one file of a program elsewhere.
    pub(crate) own: PathBuf,
    /// The directories of the project's crates that it needs besides what all servers share.
    pub(crate) helpers: Vec<PathBuf>,
    /// The root of its own crate: what is taken to be changed before it is built again.
    pub(super) root: PathBuf,
}

/// The source of the server whose program this is. None where it is no package of cargo's.
///
/// # Errors
/// Where cargo does not tell of the package.
pub(crate) fn of(server: &Server, program: &Path, root: &Path) -> Result<Option<Source>> {
    let Some(name) = server.package.as_deref() else {
        return Ok(None);
    };
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .no_deps()
        .exec()
        .context("cannot run `cargo metadata`")?;
    let package = package(&metadata, name).with_context(|| format!("no package `{name}`"))?;
    let program = program.file_stem().unwrap_or_default();
    let target = package
        .targets
        .iter()
        .filter(|target| target.is_bin() || target.is_example())
        .find(|target| program == target.name.as_str())
        .with_context(|| format!("`{name}` has no program {}", program.display()))?;
    Ok(Some(source(&metadata, package, target)))
}

fn source(metadata: &Metadata, package: &Package, target: &Target) -> Source {
    let file = target.src_path.clone().into_std_path_buf();
    if !file.starts_with(sources(package)) {
        // An example, or a program beside its manifest, is one file, and stands on nothing of its package.
        return Source {
            own: file.clone(),
            helpers: Vec::new(),
            root: file,
        };
    }
    let library = package.targets.iter().find(|target| target.is_lib());
    let helpers = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .filter(|dependency| dependency.path.is_some() && dependency.name != SHARED_BY_ALL)
        .filter_map(|dependency| self::package(metadata, &dependency.name))
        .map(sources)
        .collect();
    Source {
        own: sources(package),
        helpers,
        root: library.map_or(file, |library| library.src_path.clone().into_std_path_buf()),
    }
}

fn package<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a Package> {
    metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == name)
}

fn sources(package: &Package) -> PathBuf {
    package.manifest_path.with_file_name("src").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_conformance::servers::Catalogue;

    fn found(name: &str, program: &str) -> Result<Option<Source>> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
        let catalogue = Catalogue::load(file).unwrap();
        let server = catalogue.get(name).unwrap();
        of(server, Path::new(program), catalogue.root())
    }

    #[test]
    fn a_servers_source_is_its_own_and_what_not_all_share() {
        let source = found("axum", "target/release/quartet-axum")
            .unwrap()
            .unwrap();
        assert!(source.own.ends_with("servers/axum/src"), "{source:?}");
        assert!(source.root.ends_with("servers/axum/src/lib.rs"));
        let [helper] = source.helpers.as_slice() else {
            panic!("{source:?}");
        };
        assert!(helper.ends_with("servers/connection/src"), "{source:?}");
    }

    #[test]
    fn a_program_without_a_library_is_its_own_root() {
        let source = found("null", "target/release/quartet-baseline-null")
            .unwrap()
            .unwrap();
        assert!(source.root.ends_with("baselines/null/src/main.rs"));
    }

    #[test]
    fn a_program_elsewhere_is_one_file_and_an_unknown_one_an_error() {
        for (server, program, file) in [
            ("axum-plain", "plain-axum", "servers/axum/plain/plain.rs"),
            (
                "hyper-listeners",
                "listeners-hyper",
                "baselines/hyper/examples/listeners.rs",
            ),
        ] {
            let source = found(server, program).unwrap().unwrap();
            assert!(source.own.ends_with(file), "{source:?}");
            assert_eq!((&source.root, source.helpers.len()), (&source.own, 0));
        }
        let error = found("axum", "target/release/other").unwrap_err();
        assert!(error.to_string().contains("no program other"), "{error}");
    }
}
