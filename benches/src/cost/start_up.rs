//! How long a server takes from nothing to its first answer, beside what any process takes.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Result;
use quartet_conformance::servers::Process;
use serde_json::Value;

use super::{PATH, end};
use crate::cores::Placement;
use crate::probe::checked_get;

/// How often each server is started.
pub const STARTS: usize = 30;

/// In which order servers are started in a round: each comes first equally often, and follows its
/// neighbour as often as it precedes it.
pub(super) fn order(servers: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..servers).collect();
    if servers > 0 {
        order.rotate_left(round / 2 % servers);
    }
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

/// From before `start` to the first complete and right answer, nanoseconds. Ends the server.
///
/// # Errors
/// Where it cannot be started, answers wrongly, or cannot be ended.
pub(super) fn once(start: impl FnOnce() -> Result<Process>, expected: &Value) -> Result<u64> {
    let begun = Instant::now();
    let process = start()?;
    checked_get(process.address(), PATH, expected)?;
    let taken = nanoseconds(begun.elapsed());
    end(process)?;
    Ok(taken)
}

/// From starting `true` to its end on the servers' cores, nanoseconds: the part of a start-up that
/// is no server's. Where there is no such program, nothing is known.
pub fn cost_of_a_process(placement: &Placement) -> Option<u64> {
    let run = || -> io::Result<Duration> {
        let begun = Instant::now();
        Command::new("true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        Ok(begun.elapsed())
    };
    let cost = placement.on_server_cores(|| Ok(run()?)).ok()?;
    Some(nanoseconds(cost))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_comes_first_equally_often_and_every_round_has_all() {
        let mut first = [0; 5];
        for round in 0..STARTS {
            let mut order = order(5, round);
            first[order[0]] += 1;
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3, 4]);
        }
        assert_eq!(first, [STARTS / 5; 5]);
        assert_eq!(order(0, 3), Vec::<usize>::new());
    }

    #[test]
    fn a_process_that_does_nothing_costs_something() {
        let anywhere = Placement {
            server: Vec::new(),
            generator: Vec::new(),
            warnings: Vec::new(),
        };
        assert!(cost_of_a_process(&anywhere).is_some_and(|cost| cost > 0));
    }
}
