//! How the reference uses its database.

use std::time::Duration;

use super::super::Answer;

/// How long each waits for its turn where they ask one at a time.
pub(super) const TURN: Duration = Duration::from_millis(100);

/// For how long the reference waits for its database: what remains of a second is the client's.
const LIMIT: Duration = Duration::from_millis(700);

/// How the reference uses its database. The default is sound; a fault changes one thing.
#[derive(Clone, Copy, Debug)]
pub struct Backing {
    /// How long a request may wait for the database.
    pub limit: Duration,
    /// The most connections there are at once.
    pub most_connections: usize,
    /// Whether requests ask one after the other.
    pub takes_turns: bool,
    /// Whether a connection that was kept is looked at before it is used again.
    pub looks_at_kept: bool,
    /// Whether a request that fails on a connection that was kept is tried on a new one.
    pub tries_again: bool,
    /// Whether a connection is kept on which a request failed.
    pub keeps_failed: bool,
    /// Whether a statement that is not waited for any longer is cancelled.
    pub cancels: bool,
    /// Whether no connection is opened after the first.
    pub connects_once: bool,
    /// Whether the program ends where there is no database when it starts.
    pub needs_it_at_start: bool,
    /// When rows are read.
    pub reads: Reads,
    /// The statement for the list.
    pub list: &'static str,
    /// Changes the answer to what was read.
    pub answer: fn(&mut Answer),
    /// Whether a key is asked for, if there is one.
    pub asks_key: bool,
    /// Changes the answer to what could not be read.
    pub failure: fn(&mut Answer),
    /// Whether the OpenAPI document says that the database may be away.
    pub is_described: bool,
    /// Whether that it lives depends on the database.
    pub health_asks: bool,
    /// Whether that it is ready does.
    pub readiness_asks: bool,
    /// Whether an error is told of.
    pub tells: bool,
    /// Whether an error is told of with all that there is to know.
    pub tells_all: bool,
    /// Whether nothing is encrypted that is to be.
    pub ignores_tls: bool,
    /// How a file's greetings come into the database.
    pub seeding: Seeding,
}

impl Default for Backing {
    fn default() -> Self {
        Self {
            limit: LIMIT,
            most_connections: 16,
            takes_turns: false,
            looks_at_kept: true,
            tries_again: true,
            keeps_failed: false,
            cancels: true,
            connects_once: false,
            needs_it_at_start: false,
            reads: Reads::Now,
            list: "SELECT lang, text FROM greetings ORDER BY lang COLLATE \"C\"",
            answer: |_| {},
            asks_key: true,
            failure: |_| {},
            is_described: true,
            health_asks: false,
            readiness_asks: true,
            tells: true,
            tells_all: false,
            ignores_tls: false,
            seeding: Seeding::AtOnce,
        }
    }
}

/// When rows are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// For each request, in one statement.
    Now,
    /// For each request, each greeting in a statement of its own.
    OneByOne,
    /// At the first request.
    Once,
}

/// How a file's greetings come into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeding {
    /// In one transaction, in place of what was there.
    AtOnce,
    /// One by one, after what was there is removed.
    RowByRow,
    /// Beside what was there.
    Added,
    /// The table is made whether it is there or not.
    TwiceFails,
    /// What was there is removed before the file is read.
    RemovedFirst,
    /// A table of the first who made it is not waited for.
    WithoutLock,
}
