//! Which cases run at the same time.
//!
//! Most cases wait for most of their time: for a timeout, a process, a browser. So many may run at
//! once, of which a few [work](working). A case that would be disturbed has its [turn](Turns) alone.

use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use crate::slots::Slots;
use crate::{Case, Need};

/// How long a case is taken to work at most. One that has not ended by then waits, for a timeout
/// perhaps, and another may work.
pub(crate) fn works(case: &Case) -> Duration {
    Duration::from_millis(if waits(case) { 50 } else { 250 })
}

/// How many cases may be at one instance of a server at once.
pub(crate) fn at_once() -> usize {
    2 * available_parallelism().map_or(2, NonZeroUsize::get)
}

/// How many cases may run at once where most start a process of their own, and wait.
pub(crate) fn with_those_that_wait() -> usize {
    4 * at_once()
}

/// Those who work, in this whole program: more would only be late.
pub(crate) fn working() -> &'static Slots {
    static WORKING: LazyLock<Slots> = LazyLock::new(|| Slots::new(at_once()));
    &WORKING
}

/// Those who have a database of their own, in this whole program: each is a dozen processes.
pub(crate) fn databases() -> &'static Slots {
    static DATABASES: LazyLock<Slots> = LazyLock::new(|| Slots::new(2 * at_once()));
    &DATABASES
}

/// Whether a case spends its time waiting, for a timeout, a process to end or a browser.
pub(crate) fn waits(case: &Case) -> bool {
    case.needs.iter().any(|need| {
        matches!(
            need,
            Need::Browser
                | Need::HeaderTimeout
                | Need::IdleTimeout
                | Need::DrainTimeout
                | Need::ShutdownDelay
                | Need::Signals
                | Need::Postgres
        )
    })
}

/// The order in which cases start, where many run: first those that wait, so that the others run
/// meanwhile, and last those that run alone, each of which waits for all that run.
pub(crate) fn order(case: &Case) -> impl Ord + use<> {
    (case.exclusive, !waits(case), Reverse(case.limit))
}

/// Turns of those who may run together, and of those who run alone.
///
/// Unlike with a [`RwLock`](std::sync::RwLock), one who waits to be alone holds nobody up: whoever
/// may run together goes first.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    running: Mutex<Running>,
    changed: Condvar,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Running {
    #[default]
    Nobody,
    Together(usize),
    Alone,
}

/// A turn, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits until nobody runs alone.
    pub(crate) fn together(&self) -> Turn<'_> {
        let mut running = self.wait_while(|running| *running == Running::Alone);
        *running = match *running {
            Running::Together(count) => Running::Together(count + 1),
            _ => Running::Together(1),
        };
        Turn(self)
    }

    /// Waits until nobody runs.
    pub(crate) fn alone(&self) -> Turn<'_> {
        *self.wait_while(|running| *running != Running::Nobody) = Running::Alone;
        Turn(self)
    }

    fn wait_while(&self, has_to_wait: impl Fn(&Running) -> bool) -> MutexGuard<'_, Running> {
        let running = lock(&self.running);
        let running = self
            .changed
            .wait_while(running, |running| has_to_wait(running));
        running.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut running = lock(&self.0.running);
        *running = match *running {
            Running::Together(count @ 2..) => Running::Together(count - 1),
            _ => Running::Nobody,
        };
        self.0.changed.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::cases;

    /// Runs this on so many threads, and returns the most that were in it at once.
    fn crowd(threads: usize, enter: impl Fn(&dyn Fn()) + Sync) -> usize {
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let visit = || {
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
        };
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for _ in 0..100 {
                        enter(&visit);
                    }
                });
            }
        });
        most.into_inner()
    }

    #[test]
    fn who_runs_alone_does() {
        let turns = Turns::default();
        let most = crowd(8, |visit| {
            let _turn = turns.alone();
            visit();
        });
        assert_eq!(most, 1);
        let beside = AtomicUsize::new(0);
        crowd(8, |visit| {
            {
                let _turn = turns.together();
                beside.fetch_add(1, Ordering::SeqCst);
                visit();
                beside.fetch_sub(1, Ordering::SeqCst);
            }
            let _turn = turns.alone();
            assert_eq!(beside.load(Ordering::SeqCst), 0);
        });
        assert_eq!(turns.running.into_inner().unwrap(), Running::Nobody);
    }

    #[test]
    fn one_who_waits_to_be_alone_holds_nobody_up() {
        let turns = Turns::default();
        let first = turns.together();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| drop(turns.alone()));
            // Whether it waits by now or not: these would wait for each other if it came before them.
            for _ in 0..100 {
                drop(turns.together());
                std::thread::yield_now();
            }
            assert!(!waits.is_finished());
            drop(first);
        });
    }

    #[test]
    fn what_waits_starts_first_and_what_runs_alone_last() {
        let mut cases: Vec<&Case> = cases::all().collect();
        cases.sort_by_key(|case| order(case));
        let place = |id| cases.iter().position(|case| case.id == id).unwrap();
        let of_all = place("lifecycle/later-head-time") < place("contract/list-status")
            && place("wire/garbage") < place("lifecycle/slowloris");
        assert!(of_all);
        assert!(cases.last().is_some_and(|case| case.exclusive));
    }
}
