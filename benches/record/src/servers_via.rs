//! How the servers' machine was reached, where an agent started them. It knows nothing of what was measured there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;

/// How servers were started that are not this process's own: by an agent, at the other end of a command
/// (`--servers-via`). The record's `machine` is the servers'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServersVia {
    /// The command, without what is nobody's business.
    pub command: String,
    /// What the load generator ran on.
    pub generator: Machine,
    /// Whether that is the same machine, with the servers in a container or a network namespace, or beside the generator.
    /// Core numbers of servers and generator are those of one machine then.
    pub same_machine: bool,
    /// Whether the generator reached the servers over loopback.
    pub loopback: bool,
    /// The shortest time that a connection took to be opened, nanoseconds: one round trip.
    pub round_trip_ns: u64,
}

impl ServersVia {
    /// One clause for people.
    pub fn sentence(&self) -> String {
        let generator = match self.same_machine {
            true => "on the same machine".to_owned(),
            false => format!("on {}", self.generator.sentence()),
        };
        let way = match self.loopback {
            true => "over loopback",
            false => "over a network",
        };
        let microseconds = self.round_trip_ns as f64 / 1e3;
        format!(
            "servers were started by an agent; the load generator was {generator} and reached them {way}, with a round trip of \
             {microseconds:.0} µs"
        )
    }
}
