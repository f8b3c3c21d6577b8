//! How long a server takes from nothing to its first answer, beside what any process takes.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::process::First;
use crate::host::Started;
use crate::numbers::nanoseconds;

/// How often each server is started, unless that takes long.
const STARTS: usize = 30;

/// A server whose starts took so long together, with its ends, is not started again
const ENOUGH: Duration = Duration::from_secs(10);

/// unless it was started less often than this.
const FEWEST: usize = 5;

/// Whose start is timed how often.
#[derive(Debug)]
pub(super) struct Turns {
    taken: Vec<(usize, Duration)>,
}

impl Turns {
    /// Servers that were started so often already, which took so long together.
    pub(super) fn after(taken: impl Iterator<Item = (usize, Duration)>) -> Self {
        Self {
            taken: taken.collect(),
        }
    }

    /// Those that are started in this round, in their order: each comes first equally often, and
    /// follows its neighbour as often as it precedes it.
    pub(super) fn round(&self, round: usize) -> Vec<usize> {
        let mut due: Vec<usize> = (0..self.taken.len())
            .filter(|&server| Self::starts(self.taken[server]) > self.taken[server].0)
            .collect();
        if !due.is_empty() {
            let first = round / 2 % due.len();
            due.rotate_left(first);
        }
        if round % 2 == 1 {
            due.reverse();
        }
        due
    }

    /// A server was started and ended, which took so long.
    pub(super) fn took(&mut self, server: usize, length: Duration) {
        let (times, together) = &mut self.taken[server];
        *times += 1;
        *together += length;
    }

    /// How long the starts still to come take, about.
    pub(super) fn remaining(&self) -> Duration {
        let servers = self.taken.iter().filter(|(times, _)| *times > 0);
        servers
            .map(|&(times, together)| {
                let left = Self::starts((times, together)).saturating_sub(times);
                together / times as u32 * left as u32
            })
            .sum()
    }

    /// How often a server is started in all, by what its starts took so far.
    fn starts((times, together): (usize, Duration)) -> usize {
        if times == 0 {
            return STARTS;
        }
        let each = together.as_secs_f64() / times as f64;
        let within = (ENOUGH.as_secs_f64() / each.max(f64::MIN_POSITIVE)) as usize;
        within.clamp(FEWEST, STARTS)
    }
}

/// From before `start` to the first complete and right answer, nanoseconds, by the clock of the server's machine. Ends the server.
///
/// # Errors
/// Where it cannot be started, answers wrongly, or cannot be ended.
pub(super) fn once(start: impl FnOnce() -> Result<Started>, first: &First<'_>) -> Result<u64> {
    let begun = Instant::now();
    let started = start()?;
    first.ask(started.server.address())?;
    let taken = started.start_up.unwrap_or_else(|| begun.elapsed());
    started.server.end()?;
    Ok(nanoseconds(taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: (usize, Duration) = (0, Duration::ZERO);

    /// How often each server was started, and came first, where a start takes so many seconds.
    fn play(seconds: &[f64]) -> (Vec<usize>, Vec<usize>) {
        let mut turns = Turns::after(seconds.iter().map(|_| NEVER));
        let (mut started, mut first) = (vec![0; seconds.len()], vec![0; seconds.len()]);
        let mut round = 0;
        while let due = turns.round(round)
            && let Some(&leader) = due.first()
        {
            first[leader] += 1;
            for server in due {
                turns.took(server, Duration::from_secs_f64(seconds[server]));
                started[server] += 1;
            }
            round += 1;
        }
        (started, first)
    }

    #[test]
    fn every_server_comes_first_equally_often_and_every_round_has_all() {
        let (started, first) = play(&[0.01; 5]);
        assert_eq!(started, [STARTS; 5]);
        assert_eq!(first, [STARTS / 5; 5]);
        assert_eq!(play(&[]), (vec![], vec![]));
    }

    #[test]
    fn a_server_that_takes_long_is_started_less_often() {
        let (started, _) = play(&[0.01, 1.0, 60.0, 0.0]);
        assert_eq!(started, [STARTS, 10, FEWEST, STARTS]);
    }

    #[test]
    fn what_remains_is_told_after_the_first_round() {
        let mut turns = Turns::after([NEVER; 2].into_iter());
        assert_eq!(turns.remaining(), Duration::ZERO);
        turns.took(0, Duration::from_millis(100));
        turns.took(1, Duration::from_secs(2));
        assert_eq!(
            turns.remaining(),
            Duration::from_millis(29 * 100 + 4 * 2000)
        );
    }

    #[test]
    fn what_was_started_before_is_started_as_often_as_is_left() {
        let so_often = |times| (times, Duration::from_millis(10) * times as u32);
        let before = [so_often(STARTS - 1), so_often(STARTS), NEVER];
        let mut turns = Turns::after(before.into_iter());
        assert_eq!(turns.round(0), [0, 2]);
        turns.took(0, Duration::from_millis(10));
        assert_eq!(turns.round(0), [2]);
    }
}
