//! Queries that wait for their answers. No connection is known here.

use std::collections::VecDeque;

use tokio::time::Instant;

/// The queries of one connection that are not answered yet, in the order in which they were sent, which is the
/// order of their answers.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    /// How many have left at the front.
    left: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    since: Instant,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    /// Nobody waits for the answer any more, which will come all the same.
    Abandoned,
    Answered,
}

impl Queue {
    /// Adds a query; its number.
    pub(super) fn enter(&mut self, now: Instant) -> u64 {
        self.entries.push_back(Entry {
            since: now,
            state: State::Waiting,
        });
        self.left + self.entries.len() as u64 - 1
    }

    /// A query is answered, and so are those before it that nobody waited for.
    pub(super) fn answered(&mut self, number: u64) {
        self.set(number, State::Answered);
        while let Some(first) = self.entries.front() {
            let is_over = match first.state {
                State::Waiting => false,
                State::Abandoned => self.left < number,
                State::Answered => true,
            };
            if !is_over {
                break;
            }
            self.entries.pop_front();
            self.left += 1;
        }
    }

    /// Nobody waits for a query's answer any more.
    pub(super) fn abandoned(&mut self, number: u64) {
        self.set(number, State::Abandoned);
    }

    fn set(&mut self, number: u64, state: State) {
        let index = number.checked_sub(self.left);
        let entry = index.and_then(|index| self.entries.get_mut(usize::try_from(index).ok()?));
        if let Some(entry) = entry
            && entry.state == State::Waiting
        {
            entry.state = state;
        }
    }

    /// When the query was sent that has waited longest.
    pub(super) fn since(&self) -> Option<Instant> {
        self.entries.front().map(|first| first.since)
    }

    /// Whether nobody waits for the first answer, so that nobody would notice it.
    pub(super) fn is_unobserved(&self) -> bool {
        let first = self.entries.front();
        first.is_some_and(|first| first.state == State::Abandoned)
    }

    /// How many are not answered.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn queue(count: usize) -> (Queue, Vec<Instant>) {
        let mut queue = Queue::default();
        let start = Instant::now();
        let times = (0..count as u64).map(|number| start + Duration::from_secs(number));
        let times: Vec<_> = times.collect();
        for (number, time) in times.iter().enumerate() {
            assert_eq!(queue.enter(*time), number as u64);
        }
        (queue, times)
    }

    #[test]
    fn answers_leave_in_order() {
        let (mut queue, times) = queue(3);
        queue.answered(0);
        assert_eq!((queue.len(), queue.since()), (2, Some(times[1])));
        // Two threads may be told of their answers in the other order.
        queue.answered(2);
        assert_eq!((queue.len(), queue.since()), (2, Some(times[1])));
        queue.answered(1);
        assert_eq!((queue.len(), queue.since()), (0, None));
        assert_eq!(queue.enter(times[0]), 3);
        queue.answered(3);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn what_nobody_waits_for_is_in_the_queue_until_a_later_answer() {
        let (mut queue, times) = queue(4);
        queue.abandoned(0);
        queue.abandoned(1);
        assert!(queue.is_unobserved());
        assert_eq!((queue.len(), queue.since()), (4, Some(times[0])));
        queue.answered(2);
        assert_eq!((queue.len(), queue.since()), (1, Some(times[3])));
        assert!(!queue.is_unobserved());
        queue.abandoned(3);
        assert!(queue.is_unobserved());
        let ping = queue.enter(times[3]);
        queue.answered(ping);
        assert_eq!(queue.len(), 0);
    }
}
