//! How much of a time the machine had for what is tested.
//!
//! A bound of a second is the contract's, and a machine that is busy with other things is no fault of
//! a server's. So something is asked all the while that takes no time, of an instance that has no
//! database: by as much as that is late, what is tested may be late, too.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Context;

/// How long after one question the next is asked.
const PAUSE: Duration = Duration::from_millis(20);

/// How long both may take where nothing else goes on.
const USUAL: Duration = Duration::from_millis(25);

/// How many times as long as it should be something is waited for, at most.
const MOST: u32 = 6;

/// Asks until it is dropped.
#[derive(Debug)]
pub(super) struct Pulse {
    beats: Arc<Mutex<Beats>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What has been asked.
#[derive(Debug, Default)]
struct Beats {
    delays: Vec<Delay>,
    /// Since when the question lasts that is under way.
    asking_since: Option<Instant>,
}

/// A question that took longer than usual.
#[derive(Clone, Copy, Debug)]
struct Delay {
    from: Instant,
    to: Instant,
    /// What was beyond the usual.
    excess: Duration,
}

impl Delay {
    /// The delay of a question that lasted from the one to the other, if it has any.
    fn of(from: Instant, to: Instant) -> Option<Self> {
        let excess = to.saturating_duration_since(from).saturating_sub(USUAL);
        (!excess.is_zero()).then_some(Self { from, to, excess })
    }

    /// How much of the excess falls between the two.
    fn between(&self, from: Instant, to: Instant) -> Duration {
        let (first, last) = (self.from.max(from), self.to.min(to));
        let shared = last.saturating_duration_since(first);
        // It is longer than the usual, so not zero.
        let whole = self.to.saturating_duration_since(self.from);
        self.excess.mul_f64(shared.div_duration_f64(whole))
    }
}

impl Beats {
    /// How much of the time between the two was lost, as far as it is known now.
    fn lost(&self, from: Instant, to: Instant, now: Instant) -> Duration {
        let under_way = self.asking_since.and_then(|since| Delay::of(since, now));
        let delays = self.delays.iter().chain(&under_way);
        delays.map(|delay| delay.between(from, to)).sum()
    }
}

impl Pulse {
    /// Begins to ask the server under test, the instance without a database.
    pub(super) fn of(context: &Context) -> Self {
        let view = context.seen_at(context.target().base.clone());
        let (beats, is_over) = (Arc::<Mutex<Beats>>::default(), Arc::default());
        let (told, until): (_, Arc<AtomicBool>) = (beats.clone(), Arc::clone(&is_over));
        let ask = move || {
            while !until.load(Ordering::Relaxed) {
                let from = Instant::now();
                lock(&told).asking_since = Some(from);
                std::thread::sleep(PAUSE);
                // Whatever it answers: how long it takes counts.
                let _ = view.aside().get("/healthz");
                let mut beats = lock(&told);
                beats.asking_since = None;
                beats.delays.extend(Delay::of(from, Instant::now()));
            }
        };
        Self {
            beats,
            is_over,
            thread: Some(std::thread::spawn(ask)),
        }
    }

    /// How much of the time between was not there for anyone.
    pub(super) fn lost(&self, from: Instant, to: Instant) -> Duration {
        lock(&self.beats).lost(from, to, Instant::now())
    }

    /// How much of the time between was there.
    pub(super) fn had(&self, from: Instant, to: Instant) -> Duration {
        let whole = to.saturating_duration_since(from);
        whole.saturating_sub(self.lost(from, to))
    }

    /// Waits until this much time was there since.
    pub(super) fn wait(&self, since: Instant, time: Duration) {
        let end = since + time * MOST;
        loop {
            let now = Instant::now();
            let left = time.saturating_sub(self.had(since, now));
            if left.is_zero() || now >= end {
                return;
            }
            std::thread::sleep(left);
        }
    }
}

fn lock(beats: &Mutex<Beats>) -> MutexGuard<'_, Beats> {
    beats.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked, and nothing comes of it if it has.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_is_under_way_counts() {
        let from = Instant::now();
        let at = |millis| from + Duration::from_millis(millis);
        let beats = Beats {
            delays: Vec::from_iter(Delay::of(from, at(125))),
            asking_since: Some(at(200)),
        };
        assert_eq!(beats.lost(from, at(200), at(200)), at(100) - from);
        assert_eq!(beats.lost(from, at(425), at(425)), at(300) - from);
        // Of a time that is over it takes its share.
        let share = beats.lost(at(200), at(250), at(300));
        assert_eq!(share, Duration::from_micros(37_500));
        assert!(Delay::of(from, from + USUAL).is_none());
    }
}
