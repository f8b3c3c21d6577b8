//! PostgreSQL for tests and measurements: clusters that are started for them, in a directory for
//! temporary files, and end with them.
//!
//! A [`Cluster`] needs `initdb` and `postgres` on this machine and nothing else: no service, no
//! rights, no `psql`. PostgreSQL refuses to run as root, so root starts it as another user.

mod cluster;
mod installation;
mod process;
mod session;
mod template;

use std::io;

pub use cluster::{Cluster, Options, Stop};
pub use installation::Installation;
pub use process::Frozen;
pub use session::{Login, Row, Session, SessionError, Tls};
pub use template::{Locale, Template};

/// The role that servers connect as, the owner of the database of the same name.
pub const ROLE: &str = "quartet";

/// Its password, which takes percent-encoding in a URL.
pub const PASSWORD: &str = "not/for@the:logs%";

/// The role that manages a cluster.
const SUPERUSER: &str = "suite";

/// Why there is no PostgreSQL to work with, or it does not do what it is asked to.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// It is not on this machine.
    #[error("PostgreSQL is not on this machine (Debian: apt-get install postgresql)")]
    NotInstalled,
    /// It refuses to run as root, and there is no other user to run it as.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`")]
    NoUser,
    /// The system refused something.
    #[error("{what}: {source}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// One of its programs failed.
    #[error("{program} fails: {output}")]
    Failed {
        /// The program.
        program: &'static str,
        /// What it printed.
        output: String,
    },
    /// It did not get ready, or did not end.
    #[error("PostgreSQL {what}: {output}")]
    Late {
        /// What it did not do.
        what: &'static str,
        /// The end of its log.
        output: String,
    },
    /// It refused a statement of the suite's, or the connection failed.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// Has the clusters of this process be in memory from now on, and says whether they will be: where the
/// system has a file system there (`/dev/shm`) with room, and none have been made elsewhere that are still
/// there.
pub fn keep_in_memory() -> bool {
    crate::tools::scratch::prefer_memory()
}

impl PostgresError {
    fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
