//! A limit to how fast a server is sent to.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// At most so many sends a second, over all connections: each waits for its turn.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    /// A pace of at most `rate` sends a second.
    pub fn new(rate: u32) -> Self {
        Self {
            interval: Duration::from_secs(1) / rate.max(1),
            next: Mutex::new(Instant::now()),
        }
    }

    /// How long so many sends take at least.
    pub(crate) fn time_of(&self, sends: u32) -> Duration {
        self.interval.saturating_mul(sends)
    }

    /// Waits for the next turn.
    pub(crate) fn wait(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = Instant::now().max(*next);
            *next = turn + self.interval;
            turn
        };
        std::thread::sleep(turn.saturating_duration_since(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_apart() {
        let pace = Pace::new(100);
        let start = Instant::now();
        for _ in 0..11 {
            pace.wait();
        }
        assert!(start.elapsed() >= pace.time_of(10));
    }
}
