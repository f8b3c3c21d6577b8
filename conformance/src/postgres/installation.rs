//! The PostgreSQL of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::tools::find;

/// Where packages put programs that are not on the search path, a version a folder.
const DIRECTORIES: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr/local/lib/postgresql", "bin"),
    ("/usr", "bin"),
    ("/usr/local/pgsql", "bin"),
];

/// The programs that a cluster takes.
#[derive(Clone, Debug)]
pub struct Installation {
    pub(super) initdb: PathBuf,
    pub(super) postgres: PathBuf,
    version: String,
}

impl Installation {
    /// The one that is found first: on the search path, where packages put it, where `pg_config`
    /// says.
    pub fn get() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<Installation>> = OnceLock::new();
        FOUND.get_or_init(look).as_ref()
    }

    /// Its version, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The first number of its version.
    pub fn major(&self) -> u32 {
        let digits = self.version.split(|c: char| !c.is_ascii_digit()).next();
        digits
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_default()
    }
}

fn look() -> Option<Installation> {
    let on_path =
        find("initdb").and_then(|initdb| initdb.canonicalize().ok()?.parent().map(Path::to_owned));
    let packaged = DIRECTORIES
        .into_iter()
        .flat_map(|(folder, bin)| versions(Path::new(folder), bin));
    let configured = || {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    on_path
        .into_iter()
        .chain(packaged)
        .find_map(|bin| installed(&bin))
        .or_else(|| installed(&configured()?))
}

/// The folders of programs below this one, the newest version first: `15/bin`, or `pgsql-15/bin`.
fn versions(folder: &Path, bin: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix("pgsql-").unwrap_or(&name).parse().ok()?;
            Some((version, entry.path().join(bin)))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let itself = folder.join(bin);
    found
        .into_iter()
        .map(|(_, path)| path)
        .chain([itself])
        .collect()
}

fn installed(bin: &Path) -> Option<Installation> {
    let (initdb, postgres) = (bin.join("initdb"), bin.join("postgres"));
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
    let version = said.split(' ').nth(2)?.trim().to_owned();
    initdb.is_file().then_some(Installation {
        initdb,
        postgres,
        version,
    })
}
