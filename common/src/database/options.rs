//! The options about a database. They do not connect.

use std::{fmt, str::FromStr, time::Duration};

use crate::duration::timeout;

/// Where the greetings are read from, if not from a file.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DatabaseOptions {
    /// Read the greetings from PostgreSQL: postgres://USER@HOST:PORT/NAME?sslmode=verify-full; the password may be
    /// in the URL, in PGPASSWORD or in the file PGPASSFILE
    #[arg(
        long = "database",
        env = "QUARTET_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub(crate) url: Option<DatabaseUrl>,

    /// Maximum number of connections to the database
    #[arg(long = "database-connections", env = "QUARTET_DATABASE_CONNECTIONS", value_name = "N", default_value_t = 4, value_parser = connections)]
    pub(crate) connections: usize,

    /// Size of a deadpool-postgres pool to use instead of pipelined connections
    #[cfg(feature = "deadpool")]
    #[arg(long = "database-deadpool", env = "QUARTET_DATABASE_DEADPOOL", value_name = "N", value_parser = connections)]
    pub(crate) deadpool: Option<usize>,

    #[command(flatten)]
    pub(crate) timeouts: DatabaseTimeouts,
}

/// How long the database is waited for. A request waits at most for the sum of both, or for 60 ms more than a query may
/// take if that is longer, and is then answered 503.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct DatabaseTimeouts {
    /// Maximum time to connect to the database
    #[arg(long = "database-connect-timeout", env = "QUARTET_DATABASE_CONNECT_TIMEOUT", value_name = "TIME", default_value = "400ms", value_parser = timeout)]
    pub(crate) connect: Duration,

    /// Maximum time for one query; one whose connection fails is sent again, on another
    #[arg(long = "database-query-timeout", env = "QUARTET_DATABASE_QUERY_TIMEOUT", value_name = "TIME", default_value = "400ms", value_parser = timeout)]
    pub(crate) query: Duration,
}

/// A URL that may hold a password, and is never shown: whatever is wrong with it is said without it.
#[derive(Clone)]
pub(crate) struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = std::convert::Infallible;

    // Any text: clap shows the values that it refuses.
    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(Self(url.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

fn connections(value: &str) -> Result<usize, &'static str> {
    let count = value.parse().ok();
    count
        .filter(|count| (1..=64).contains(count))
        .ok_or("must be a whole number from 1 to 64")
}
