//! What requests cost that are in flight for long. It knows nothing of other costs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many requests are in flight at once, each on a connection of its own.
pub const WAITING: [usize; 2] = [1_000, 10_000];

/// For how long their handler waits, milliseconds.
pub const WAIT_MS: u64 = 100;

/// One start of a server whose handler waits for `wait_ms` before it answers, while each of `connections` has one such
/// request in flight. No other server runs meanwhile.
///
/// Memory is what the server holds of its own (`Pss_Anon`), bytes. What the kernel keeps for a connection is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingStart {
    /// How many connections.
    pub connections: usize,
    /// For how long the handler waits, milliseconds.
    pub wait_ms: u64,
    /// Memory after the first answer, without connections.
    pub without: u64,
    /// Memory with the connections, each of which was used once and waits for nothing.
    pub connected: u64,
    /// The most memory that was seen while requests were in flight.
    pub waiting: u64,
    /// How often memory was looked at for that.
    pub looks: u64,
    /// Requests answered meanwhile.
    pub requests: u64,
    /// How long that took, nanoseconds.
    pub total_ns: u64,
    /// CPU time of the server over that time, nanoseconds. Absent where the system does not tell.
    pub cpu_ns: Option<u64>,
}

impl WaitingStart {
    /// Memory of a connection that waits for nothing, bytes.
    pub fn per_connection(&self) -> f64 {
        (self.connected as f64 - self.without as f64) / self.connections.max(1) as f64
    }

    /// What a request in flight adds to that, bytes; negative where memory was given back.
    pub fn per_request(&self) -> f64 {
        (self.waiting as f64 - self.connected as f64) / self.connections.max(1) as f64
    }

    /// CPU time of a request, nanoseconds.
    pub fn cpu_per_request(&self) -> Option<f64> {
        let cpu = self.cpu_ns?;
        (self.requests > 0).then(|| cpu as f64 / self.requests as f64)
    }

    /// Requests per second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / (self.total_ns.max(1) as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_costs_what_it_adds_to_its_connection() {
        let start = WaitingStart {
            connections: 1_000,
            wait_ms: 100,
            without: 1_000_000,
            connected: 11_000_000,
            waiting: 14_000_000,
            looks: 3,
            requests: 20_000,
            total_ns: 2_000_000_000,
            cpu_ns: Some(100_000_000),
        };
        let close = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(close(start.per_connection(), 10_000.0));
        assert!(close(start.per_request(), 3_000.0));
        assert!(close(start.cpu_per_request().unwrap(), 5_000.0));
        assert!(close(start.rate(), 10_000.0));
        let none = WaitingStart {
            requests: 0,
            ..start
        };
        assert_eq!(none.cpu_per_request(), None);
    }
}
