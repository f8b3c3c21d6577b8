//! What starting a process costs that does nothing.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cores::Placement;
use crate::numbers::nanoseconds;

/// From starting `true` to its end on the servers' cores, nanoseconds: the part of a start-up that
/// is no server's. Where there is no such program, nothing is known.
pub(crate) fn cost_of_a_process(placement: &Placement) -> Option<u64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_does_nothing_costs_something() {
        let anywhere = Placement::default();
        assert!(cost_of_a_process(&anywhere).is_some_and(|cost| cost > 0));
    }
}
