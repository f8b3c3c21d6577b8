//! The program that is measured: which one exactly, how large, made of what.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::semver::Version;
use memchr::memmem;
use quartet_record::Program;
use sha2::{Digest as _, Sha256};

/// The package of cargo's that an executable was built from.
#[derive(Clone, Copy, Debug)]
pub struct Built<'a> {
    /// The package's name.
    pub package: &'a str,
    /// The command that built it.
    pub command: &'a [String],
    /// The root of its workspace.
    pub root: &'a Path,
}

/// Looks at an executable, and counts the crates that it was built from, if cargo built it.
///
/// # Errors
/// Where the file cannot be read, or cargo does not tell of the package.
pub fn inspect(executable: &Path, built: Option<Built<'_>>) -> Result<Program> {
    let shown = executable.display();
    let content = fs::read(executable).with_context(|| format!("cannot read {shown}"))?;
    let digest = Sha256::digest(&content);
    Ok(Program {
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes: content.len() as u64,
        is_script: content.starts_with(b"#!"),
        crates: built
            .map(|built| Ok::<_, anyhow::Error>(crates_of(built)?.len()))
            .transpose()?,
        linker: linker(&content),
        allocator: allocator(&content),
    })
}

/// What linked an executable. Linkers leave their names in its section `.comment`, and GNU's does not.
fn linker(content: &[u8]) -> Option<String> {
    ["Linker: ", "mold "].into_iter().find_map(|beginning| {
        let mut texts = content.split(|&byte| byte == 0);
        let text = texts.find(|text| text.starts_with(beginning.as_bytes()))?;
        let text = std::str::from_utf8(text).ok()?;
        let name = text.strip_prefix("Linker: ").unwrap_or(text);
        // A build's own number follows in brackets.
        let name = name.split(" (").next().unwrap_or(name).trim();
        let is_version = name
            .split(' ')
            .nth(1)?
            .starts_with(|first: char| first.is_ascii_digit());
        is_version.then(|| name.to_owned())
    })
}

/// What allocates for an executable, by the beginnings of its messages.
fn allocator(content: &[u8]) -> Option<String> {
    let known = [("jemalloc", "<jemalloc>: "), ("mimalloc", "mimalloc: ")];
    let found = known
        .into_iter()
        .find(|(_, message)| memmem::find(content, message.as_bytes()).is_some());
    found.map(|(name, _)| name.to_owned())
}

/// The options of a build command that choose features.
pub(crate) fn features(command: &[String]) -> impl Iterator<Item = &str> {
    let pairs = command.windows(2).filter(|pair| pair[0] == "--features");
    pairs.flatten().map(String::as_str)
}

/// Crates of the registry that are compiled for this package alone. Cargo's metadata would not do: it joins the features
/// of all packages of the workspace, and with them crates that this one never sees.
///
/// # Errors
/// Where cargo does not tell of the package.
pub(crate) fn crates_of(built: Built<'_>) -> Result<BTreeSet<(String, Version)>> {
    let package = built.package;
    let output = Command::new("cargo")
        .args([
            "tree",
            "--locked",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}", "--package", package])
        .args(features(built.command))
        .current_dir(built.root)
        .output()
        .context("cannot run `cargo tree`")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`cargo tree --package {package}`: {}",
        complaint.trim()
    );
    distinct_crates(&String::from_utf8_lossy(&output.stdout))
}

/// Lines are `name v1.2.3`, with a path after the project's own crates and `(*)` after those
/// shown before. Two versions of a crate are both compiled, and count as two.
fn distinct_crates(tree: &str) -> Result<BTreeSet<(String, Version)>> {
    let of_registry = |line: &&str| !line.contains("(/") && !line.contains(":\\");
    tree.lines()
        .filter(of_registry)
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            Some((words.next()?, words.next()?))
        })
        .map(|(name, version)| {
            let version = Version::parse(version.trim_start_matches('v'));
            Ok((name.to_owned(), version.with_context(|| name.to_owned())?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_count_once_and_the_projects_own_do_not() {
        let tree = "quartet-axum v0.1.0 (/home/me/quartet/servers/axum)\naxum v0.8.9\n\
                    axum-core v0.5.6\nserde_derive v1.0.228 (proc-macro)\naxum-core v0.5.6 (*)\n\
                    base64 v0.22.1\nbase64 v0.23.1\nquartet-common v0.1.0 (C:\\quartet\\common)\n";
        assert_eq!(distinct_crates(tree).unwrap().len(), 5);
    }

    #[test]
    fn an_executable_is_told_by_its_hash() {
        let file = std::env::temp_dir().join(format!("quartet-program-{}", std::process::id()));
        std::fs::write(&file, "abc").unwrap();
        let program = inspect(&file, None).unwrap();
        std::fs::remove_file(&file).unwrap();
        // FIPS 180-2, appendix B.1.
        assert!(
            program
                .sha256
                .starts_with("ba7816bf8f01cfea414140de5dae2223")
        );
        assert_eq!((program.bytes, program.crates), (3, None));
        assert!(!program.is_script);
        assert!(inspect(&file, None).is_err());
        std::fs::write(&file, "#!/bin/sh\n").unwrap();
        let script = inspect(&file, None).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(script.is_script);
    }

    #[test]
    fn linker_and_allocator_are_told_by_what_they_leave() {
        let lld = b"\x7fELF\0rustc version 1.95.0\0Linker: LLD 22.1.2 (/checkout/src abc)\0";
        assert_eq!(linker(lld).as_deref(), Some("LLD 22.1.2"));
        let mold = b"GCC: (Debian 12.2.0) 12.2.0\0mold 2.40.0 (compatible with GNU ld)\0";
        assert_eq!(linker(mold).as_deref(), Some("mold 2.40.0"));
        assert_eq!(linker(b"\0GCC: 12\0mold grows\0Linker: \0"), None);
        assert_eq!(
            allocator(b"..<jemalloc>: Error..").as_deref(),
            Some("jemalloc")
        );
        assert_eq!(
            allocator(b"..mimalloc: error..").as_deref(),
            Some("mimalloc")
        );
        assert_eq!(allocator(b"malloc"), None);
    }

    #[test]
    fn a_package_of_this_workspace_is_counted() {
        let count = |package, command: &str| {
            let command: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let built = Built {
                package,
                command: &command,
                root,
            };
            crates_of(built).map(|crates| crates.len())
        };
        assert!(count("quartet-baseline-null", "cargo build").unwrap() > 3);
        assert!(count("no-such-package", "cargo build").is_err());
        let without = count("quartet-axum", "cargo build --bin a").unwrap();
        let with = count("quartet-axum", "cargo build --features database --bin a").unwrap();
        assert!(with > without, "{with} {without}");
        assert!(count("quartet-axum-plain", "cargo build").unwrap() < without);
    }
}
