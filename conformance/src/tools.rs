//! The programs that cases put beside the server: a reverse proxy and a browser.

mod child;
mod nginx;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub(crate) use child::end_all;
pub(crate) use nginx::{Host, Nginx};

use crate::Need;

/// Where programs are that the search path of a user without privileges may leave out.
const SYSTEM_DIRECTORIES: [&str; 2] = ["/usr/local/sbin", "/usr/sbin"];

/// Why a tool cannot be used, which is no fault of the server's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    /// The system refused something.
    #[error("{tool} cannot be started: {source}")]
    Start {
        tool: &'static str,
        source: std::io::Error,
    },
    /// It ended, or did not get ready.
    #[error("{tool} does not start: {output}")]
    NotReady { tool: &'static str, output: String },
}

/// The needs that this machine meets, whatever the server.
pub(crate) fn needs_met() -> &'static BTreeSet<Need> {
    static MET: OnceLock<BTreeSet<Need>> = OnceLock::new();
    MET.get_or_init(|| {
        let mut met = BTreeSet::new();
        if nginx::is_installed() {
            met.insert(Need::Proxy);
        }
        met
    })
}

/// Looks for a program where a shell would, and in the system's own directories.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = SYSTEM_DIRECTORIES.iter().map(PathBuf::from);
    std::env::split_paths::<OsStr>(&path)
        .chain(system)
        .map(|directory| directory.join(program))
        .find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}
