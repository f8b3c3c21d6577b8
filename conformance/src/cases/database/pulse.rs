//! How much of a time the machine had for what is tested.
//!
//! A bound of a second is the contract's, and a machine that is busy with other things is no fault of
//! a server's. So something is asked all the while that takes no time, of an instance that has no
//! database: by as much as that is late, what is tested may be late, too.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
    delays: Arc<Mutex<Vec<Delay>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy, Debug)]
struct Delay {
    from: Instant,
    to: Instant,
    /// What was beyond the usual.
    excess: Duration,
}

impl Pulse {
    /// Begins to ask the server under test, the instance without a database.
    pub(super) fn of(context: &Context) -> Self {
        let view = context.seen_at(context.target().base.clone());
        let (delays, is_over) = (Arc::<Mutex<Vec<Delay>>>::default(), Arc::default());
        let (to, until): (_, Arc<AtomicBool>) = (delays.clone(), Arc::clone(&is_over));
        let ask = move || {
            while !until.load(Ordering::Relaxed) {
                let from = Instant::now();
                std::thread::sleep(PAUSE);
                // Whatever it answers: how long it takes counts.
                let _ = view.aside().get("/healthz");
                let now = Instant::now();
                let excess = (now - from).saturating_sub(USUAL);
                if !excess.is_zero() {
                    let mut delays = to.lock().unwrap_or_else(PoisonError::into_inner);
                    delays.push(Delay {
                        from,
                        to: now,
                        excess,
                    });
                }
            }
        };
        Self {
            delays,
            is_over,
            thread: Some(std::thread::spawn(ask)),
        }
    }

    /// How much of the time between was not there for anyone.
    pub(super) fn lost(&self, from: Instant, to: Instant) -> Duration {
        let delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = delays.iter().map(|delay| {
            let (first, last) = (delay.from.max(from), delay.to.min(to));
            let shared = last.saturating_duration_since(first);
            let whole = delay.to - delay.from;
            match whole.is_zero() {
                true => Duration::ZERO,
                false => delay.excess.mul_f64(shared.div_duration_f64(whole)),
            }
        });
        lost.sum()
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

impl Drop for Pulse {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked, and nothing comes of it if it has.
            let _ = thread.join();
        }
    }
}
