//! Kinds of request, and how each is loaded. It knows nothing of who answers.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// GET /greetings/en: one greeting by its path parameter.
    #[serde(alias = "one")]
    Item,
    /// GET /greetings: the whole list.
    List,
    /// GET of a greeting that does not exist, by a well-formed language tag: a 404 problem.
    Miss,
    /// GET /greetings/en with `If-None-Match` and the current entity tag: a 304.
    Revalidate,
    /// GET /greetings/en with `Connection: close` on a connection of its own: it is opened, used
    /// once, read to its end and closed.
    Connect,
    /// GET /greetings with a data file of 10,000 locales.
    Large,
    /// GET /greetings/en, of a server that reads the greeting from PostgreSQL.
    #[serde(rename = "db-item")]
    DbItem,
    /// GET /greetings, of a server that reads the list from PostgreSQL.
    #[serde(rename = "db-list")]
    DbList,
    /// GET of a path of the user's own, of servers in any language, as the plan's `custom` says.
    Custom,
    /// POST /bytes with 1,000 bytes of JSON, which the program takes in as bytes (`cargo compare features`).
    #[serde(rename = "bytes-1k")]
    Bytes1k,
    /// POST /json with the same content, which the framework's JSON extractor takes in.
    #[serde(rename = "json-1k")]
    Json1k,
    /// POST /bytes with 100,000 bytes of JSON.
    #[serde(rename = "bytes-100k")]
    Bytes100k,
    /// POST /json with the same content.
    #[serde(rename = "json-100k")]
    Json100k,
}

impl Lane {
    /// Every kind there is.
    pub const ALL: [Self; 13] = [
        Self::Item,
        Self::List,
        Self::Miss,
        Self::Revalidate,
        Self::Connect,
        Self::Large,
        Self::DbItem,
        Self::DbList,
        Self::Custom,
        Self::Bytes1k,
        Self::Json1k,
        Self::Bytes100k,
        Self::Json100k,
    ];

    /// Those whose greetings are in the server's memory.
    pub const IN_MEMORY: [Self; 6] = [
        Self::Item,
        Self::List,
        Self::Miss,
        Self::Revalidate,
        Self::Connect,
        Self::Large,
    ];

    /// Those whose greetings are in a database.
    pub const OVER_DATABASE: [Self; 2] = [Self::DbItem, Self::DbList];

    /// Those with content, which the programs of `cargo compare features` alone answer.
    pub const POSTED: [Self; 4] = [Self::Bytes1k, Self::Json1k, Self::Bytes100k, Self::Json100k];

    /// How many bytes of content a request has; none of a GET.
    pub fn posted(self) -> Option<usize> {
        match self {
            Self::Bytes1k | Self::Json1k => Some(1_000),
            Self::Bytes100k | Self::Json100k => Some(100_000),
            _ => None,
        }
    }

    /// The same content taken in as bytes, where this lane takes it in as JSON.
    pub fn as_bytes(self) -> Option<Self> {
        match self {
            Self::Json1k => Some(Self::Bytes1k),
            Self::Json100k => Some(Self::Bytes100k),
            _ => None,
        }
    }

    /// The same request where the greetings are in memory; none where they are there already.
    pub fn in_memory(self) -> Option<Self> {
        match self {
            Self::DbItem => Some(Self::Item),
            Self::DbList => Some(Self::List),
            _ => None,
        }
    }

    /// Whether the greetings are in a database.
    pub fn is_over_database(self) -> bool {
        self.in_memory().is_some()
    }

    /// The path of the contract, or of the programs of `cargo compare features`, that is requested. None where the run has the path: see [`Plan::path`](super::Plan::path).
    pub fn path(self) -> Option<&'static str> {
        match self {
            Self::Item | Self::Revalidate | Self::Connect | Self::DbItem => Some("/greetings/en"),
            Self::List | Self::Large | Self::DbList => Some("/greetings"),
            Self::Miss => Some("/greetings/qaa"),
            Self::Bytes1k | Self::Bytes100k => Some("/bytes"),
            Self::Json1k | Self::Json100k => Some("/json"),
            Self::Custom => None,
        }
    }

    /// What is asked, as headings have it. Of the lane `custom` [`Plan::request`](super::Plan::request) knows more.
    pub fn request(self) -> &'static str {
        match self {
            Self::Custom => "GET of a path of one's own",
            Self::Item => "GET /greetings/en",
            Self::List => "GET /greetings",
            Self::Miss => "GET /greetings/qaa, which does not exist: 404",
            Self::Revalidate => "GET /greetings/en, unchanged: 304",
            Self::Connect => "GET /greetings/en, each on a new connection",
            Self::Large => "GET /greetings, of 10,000 locales",
            Self::DbItem => "GET /greetings/en, from PostgreSQL",
            Self::DbList => "GET /greetings, from PostgreSQL",
            Self::Bytes1k => "POST /bytes, 1 kB",
            Self::Json1k => "POST /json, 1 kB",
            Self::Bytes100k => "POST /bytes, 100 kB",
            Self::Json100k => "POST /json, 100 kB",
        }
    }

    /// The name in the groups of criterion's benches, which do not change.
    pub fn bench(self) -> &'static str {
        match self {
            Self::Item => "one",
            other => other.name(),
        }
    }

    /// The name on the command line, in records and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::List => "list",
            Self::Miss => "miss",
            Self::Revalidate => "revalidate",
            Self::Connect => "connect",
            Self::Large => "large",
            Self::DbItem => "db-item",
            Self::DbList => "db-list",
            Self::Custom => "custom",
            Self::Bytes1k => "bytes-1k",
            Self::Json1k => "json-1k",
            Self::Bytes100k => "bytes-100k",
            Self::Json100k => "json-100k",
        }
    }
}

/// How a lane is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneLoad {
    /// Connections to each server, each with one request in flight.
    pub connections: usize,
    /// The counted part of a slice, milliseconds.
    pub slice_ms: u64,
    /// The uncounted part before it, milliseconds.
    pub ramp_ms: u64,
}

impl LaneLoad {
    /// Of the lane `large`: an answer takes about a millisecond, so that a slice must be longer to
    /// hold as many, and fewer connections keep the core as busy.
    pub const LARGE: Self = Self {
        connections: 8,
        slice_ms: 60,
        ramp_ms: 12,
    };

    /// Of the lanes over a database, on so many connections: where PostgreSQL and the generator take
    /// turns on one core, a slice must be longer than their turns.
    pub fn over_database(connections: usize) -> Self {
        Self {
            connections,
            slice_ms: 60,
            ramp_ms: 12,
        }
    }

    /// Of the lanes with much content, on so many connections: a request takes up to half a millisecond.
    pub fn posted(connections: usize) -> Self {
        Self {
            connections,
            slice_ms: 60,
            ramp_ms: 12,
        }
    }

    /// How long a slice sends requests.
    pub fn length(self) -> Duration {
        Duration::from_millis(self.slice_ms + self.ramp_ms)
    }
}
