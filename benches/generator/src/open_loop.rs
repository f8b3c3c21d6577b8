//! An open loop: requests are sent when they are due, answered or not.

use std::{
    collections::VecDeque,
    fmt,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use mio::Token;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::{
    dialogue::{Dialogue, check_deadline},
    error::Error,
    exchange::Exchange,
    round::Peers,
    share::Share,
    slice::{SAME_BOUNDS, empty_histogram, record},
};

/// What an open loop offers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// Requests per second. They are due at equal intervals.
    pub per_second: f64,
    /// When the first is due, as a share of the interval, from 0 to 1: drawn at random, so that
    /// requests keep no step with anything. Of several threads this is the first one's; those of
    /// the others are drawn with it as the seed.
    pub phase: f64,
    /// How long requests are sent before they count.
    pub ramp: Duration,
    /// How long requests that count are due.
    pub window: Duration,
}

impl Offer {
    /// What a thread is to offer of it, one of so many, counted from 0.
    pub(super) fn part(self, thread: usize, threads: usize) -> Self {
        let phase = match thread {
            0 => self.phase,
            _ => StdRng::seed_from_u64(self.phase.to_bits() ^ thread as u64).random(),
        };
        Self {
            per_second: self.per_second / threads as f64,
            phase,
            ..self
        }
    }
}

/// What one turn of open-loop load measured. Of several threads, counts and histograms are the
/// sums of theirs, and `total` is the longest.
#[derive(Clone)]
pub struct OpenLoopSlice {
    /// Requests that were due within the window. Each was sent and answered, however late.
    pub offered: u64,
    /// Answers that came within the window.
    pub achieved: u64,
    /// Every request, those of the ramp included.
    pub total_requests: u64,
    /// From the slice's beginning to its last answer.
    pub total: Duration,
    /// Latency in nanoseconds of the requests that were due within the window: from when a request
    /// was due, not from when it was sent, to the last byte of its answer.
    pub latency: Histogram<u64>,
    /// From when these requests were due to when they were sent, nanoseconds. A request that finds
    /// every connection waiting for an answer waits for one, which is in this as in its latency.
    pub lateness: Histogram<u64>,
    /// For how long the generator did not look at its connections though it had nothing else to do:
    /// something else had its core. Nothing of it is the server's. Of several threads, the most that
    /// one of them did not.
    pub stall: Duration,
}

/// Without the histograms' tens of thousands of counts.
impl fmt::Debug for OpenLoopSlice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenLoopSlice")
            .field("offered", &self.offered)
            .field("achieved", &self.achieved)
            .field("total_requests", &self.total_requests)
            .field("total", &self.total)
            .field("median_latency", &self.latency.value_at_quantile(0.5))
            .field("median_lateness", &self.lateness.value_at_quantile(0.5))
            .field("stall", &self.stall)
            .finish_non_exhaustive()
    }
}

impl Share {
    /// As [`super::Connections::open_loop`], on these connections.
    pub(super) fn open_loop(
        &mut self,
        exchange: &Exchange,
        offer: Offer,
        peers: Peers<'_>,
    ) -> Result<OpenLoopSlice, Error> {
        let mut free: VecDeque<usize> = (0..self.connections.len()).collect();
        let mut dialogue = Dialogue::new(exchange, &mut self.buffer);
        let mut schedule = Schedule::new(offer);
        let mut last = schedule.started;
        let mut slice = OpenLoopSlice {
            offered: 0,
            achieved: 0,
            total_requests: 0,
            total: Duration::ZERO,
            latency: empty_histogram(),
            lateness: empty_histogram(),
            stall: Duration::ZERO,
        };
        // Nothing happens between two looks: where one ends, the next begins.
        let mut now = schedule.started;
        while schedule.next.is_some() || dialogue.sent() > slice.total_requests {
            peers.check()?;
            let mut look = Look::begin(now);
            while let Some(due) = schedule.next.filter(|&due| due <= now) {
                let Some(index) = free.pop_front() else {
                    break;
                };
                if schedule.counts(due) {
                    slice.offered += 1;
                    record(&mut slice.lateness, now - due);
                }
                self.connections[index].due_at = due;
                dialogue.send(&mut self.connections[index])?;
                look.exchanges += 1;
                schedule.advance();
                now = Instant::now();
            }
            let answered = slice.total_requests;
            for event in self.poller.events()? {
                look.exchanges += 1;
                let Token(index) = event.token();
                let connection = &mut self.connections[index];
                if dialogue.advance(connection, event)? {
                    last = Instant::now();
                    slice.total_requests += 1;
                    slice.achieved += u64::from(schedule.counts(last));
                    if schedule.counts(connection.due_at) {
                        record(&mut slice.latency, last - connection.due_at);
                    }
                    free.push_back(index);
                }
            }
            now = Instant::now();
            // Until the first request is due nothing is measured that a stall could delay.
            if dialogue.sent() > 0 {
                slice.stall += look.stall(now);
            }
            let outstanding = dialogue.sent() - slice.total_requests;
            if slice.total_requests == answered && outstanding > 0 {
                // The oldest request in flight was sent after the last answer or soon before it.
                check_deadline(now - last, self.timeout, outstanding)?;
            }
        }
        slice.total = last - schedule.started;
        Ok(slice)
    }
}

impl OpenLoopSlice {
    /// What threads measured at the same time.
    pub(super) fn and(mut self, others: &[Self]) -> Self {
        for other in others {
            self.offered += other.offered;
            self.achieved += other.achieved;
            self.total_requests += other.total_requests;
            self.total = self.total.max(other.total);
            self.latency.add(&other.latency).expect(SAME_BOUNDS);
            self.lateness.add(&other.lateness).expect(SAME_BOUNDS);
            self.stall = self.stall.max(other.stall);
        }
        self
    }
}

/// One look at all connections, and what was done about what it found.
struct Look {
    began: Instant,
    /// Requests sent and answers read.
    exchanges: u32,
}

impl Look {
    /// More than sending a request or reading an answer takes.
    const EXCHANGE: Duration = Duration::from_micros(10);

    fn begin(now: Instant) -> Self {
        Self {
            began: now,
            exchanges: 0,
        }
    }

    /// How much longer it took than what was done in it does.
    fn stall(&self, now: Instant) -> Duration {
        let work = Self::EXCHANGE * (self.exchanges + 1);
        (now - self.began).saturating_sub(work)
    }
}

/// When requests are due.
struct Schedule {
    started: Instant,
    opens: Instant,
    closes: Instant,
    interval: f64,
    phase: f64,
    number: u64,
    next: Option<Instant>,
}

impl Schedule {
    fn new(offer: Offer) -> Self {
        let started = Instant::now();
        let opens = started + offer.ramp;
        let mut schedule = Self {
            started,
            opens,
            closes: opens + offer.window,
            interval: 1.0 / offer.per_second,
            phase: offer.phase.clamp(0.0, 1.0),
            number: 0,
            next: None,
        };
        schedule.next = schedule.due();
        schedule
    }

    /// Whether a moment is within the window.
    fn counts(&self, moment: Instant) -> bool {
        self.opens <= moment && moment < self.closes
    }

    /// Makes the next request due. Each moment is worked out from the beginning, so that no error
    /// of rounding adds up.
    fn advance(&mut self) {
        self.number += 1;
        self.next = self.due();
    }

    fn due(&self) -> Option<Instant> {
        let seconds = (self.number as f64 + self.phase) * self.interval;
        let due = Duration::try_from_secs_f64(seconds).ok()?;
        let due = self.started.checked_add(due)?;
        (due < self.closes).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_stalls_for_as_long_as_it_takes_beyond_its_work() {
        let began = Instant::now();
        let mut look = Look::begin(began);
        let stall = |look: &Look, micros| look.stall(began + Duration::from_micros(micros));
        // Without an exchange there is the look itself.
        assert_eq!(stall(&look, 10), Duration::ZERO);
        assert_eq!(stall(&look, 1_010), Duration::from_micros(1_000));
        look.exchanges = 3;
        assert_eq!(stall(&look, 40), Duration::ZERO);
        assert_eq!(stall(&look, 1_040), Duration::from_micros(1_000));
        // A clock that is a little behind is no stall.
        let before = began.checked_sub(Duration::from_micros(1)).unwrap();
        assert_eq!(look.stall(before), Duration::ZERO);
    }
}
