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
}

impl Lane {
    /// Every kind there is.
    pub const ALL: [Self; 6] = [
        Self::Item,
        Self::List,
        Self::Miss,
        Self::Revalidate,
        Self::Connect,
        Self::Large,
    ];

    /// The path requested.
    pub fn path(self) -> &'static str {
        match self {
            Self::Item | Self::Revalidate | Self::Connect => "/greetings/en",
            Self::List | Self::Large => "/greetings",
            Self::Miss => "/greetings/qaa",
        }
    }

    /// What is asked, as headings have it.
    pub fn request(self) -> &'static str {
        match self {
            Self::Item => "GET /greetings/en",
            Self::List => "GET /greetings",
            Self::Miss => "GET /greetings/qaa, which does not exist: 404",
            Self::Revalidate => "GET /greetings/en, unchanged: 304",
            Self::Connect => "GET /greetings/en, each on a new connection",
            Self::Large => "GET /greetings, of 10,000 locales",
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

    /// How long a slice sends requests.
    pub fn length(self) -> Duration {
        Duration::from_millis(self.slice_ms + self.ramp_ms)
    }
}
