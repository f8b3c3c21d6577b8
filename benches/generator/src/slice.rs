//! What one turn of closed-loop load measured, and how it is added up. It knows nothing of connections.

use std::{
    fmt,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::round::Peers;

/// The longest latency a slice's histogram tells apart, in nanoseconds: a minute.
pub const MAX_LATENCY: u64 = 60_000_000_000;

/// Significant decimal digits of a latency: it is recorded to one part in a thousand.
pub const LATENCY_DIGITS: u8 = 3;

/// How often each connection must have been answered, on average, before the window opens, and how
/// often again before it closes, however long that takes. All connections send at once to begin
/// with, so that the first answers waited for less than those of a loop that has closed.
pub(super) const ROUNDS: u64 = 2;

/// What one turn of closed-loop load measured.
///
/// Of several threads, counts and histograms are the sums of theirs, and `total` is the longest.
#[derive(Clone)]
pub struct Slice {
    /// Answers that came within the window, of each thread within its own.
    pub requests: u64,
    /// The window as it really was. It opens with the first answer after the ramp, which is not
    /// counted, and closes with the first answer after its time is up, which is; so it is a little
    /// longer than asked for, and neither end cuts an interval between answers in two. Where
    /// answers take long it is much longer: ramp and window each last until every connection has
    /// been answered twice, on average.
    ///
    /// Of several threads it is the mean of theirs that makes `requests` / `window` the sum of
    /// their rates: `requests` / (r₁/w₁ + r₂/w₂ + …), for r answers within a window w.
    pub window: Duration,
    /// Every answer, those of the ramp and after the window included.
    pub total_requests: u64,
    /// From the first request to the last answer.
    pub total: Duration,
    /// Latency in nanoseconds of the answers that came within the window, from 1 to
    /// [`MAX_LATENCY`] with [`LATENCY_DIGITS`] digits.
    ///
    /// It runs from when the request was due, which is when the answer before it on the connection
    /// was complete, until the generator has read the answer's last byte. What request or answer
    /// waited while the generator served other connections is in it, so that latencies add up to
    /// the time that the connections were held (Little's law).
    pub latency: Histogram<u64>,
    /// Answers that took longer than [`MAX_LATENCY`] and stand in the histogram as that.
    pub beyond_max_latency: u64,
}

/// Without the histogram's tens of thousands of counts.
impl fmt::Debug for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slice")
            .field("requests", &self.requests)
            .field("window", &self.window)
            .field("total_requests", &self.total_requests)
            .field("total", &self.total)
            .field("median_latency", &self.latency.value_at_quantile(0.5))
            .field("beyond_max_latency", &self.beyond_max_latency)
            .finish_non_exhaustive()
    }
}

impl Slice {
    /// What threads measured at the same time.
    pub(super) fn and(mut self, others: &[Self]) -> Self {
        if others.is_empty() {
            return self;
        }
        let rate = self.rate() + others.iter().map(Self::rate).sum::<f64>();
        for other in others {
            self.requests += other.requests;
            self.total_requests += other.total_requests;
            self.total = self.total.max(other.total);
            self.latency.add(&other.latency).expect(SAME_BOUNDS);
            self.beyond_max_latency += other.beyond_max_latency;
        }
        // Without answers there is no such mean, and any window says so.
        self.window =
            Duration::try_from_secs_f64(self.requests as f64 / rate).unwrap_or(self.window);
        self
    }

    /// Requests per second within the window.
    pub fn rate(&self) -> f64 {
        match self.requests {
            0 => 0.0,
            requests => requests as f64 / self.window.as_secs_f64(),
        }
    }
}

/// Why histograms made by [`empty_histogram`] can be added.
pub(super) const SAME_BOUNDS: &str = "histograms of the same bounds hold the same values";

/// [`MAX_LATENCY`].
const LONGEST: Duration = Duration::from_nanos(MAX_LATENCY);

/// A histogram of latencies, 1 to [`MAX_LATENCY`] nanoseconds.
pub(super) fn empty_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, MAX_LATENCY, LATENCY_DIGITS)
        .expect("1 is a lower bound, the upper is more than twice it, and 5 digits are allowed")
}

/// Counts a latency; a longer one than [`MAX_LATENCY`] as that.
#[inline]
pub(super) fn record(histogram: &mut Histogram<u64>, latency: Duration) {
    let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
    histogram.saturating_record(nanoseconds);
}

/// A slice while one thread is measuring it.
pub(super) struct Tally<'a> {
    peers: Peers<'a>,
    started: Instant,
    ramp: Duration,
    asked: Duration,
    /// Answers that make [`ROUNDS`] on all connections.
    rounds: u64,
    window: Window,
    /// When the last answer came, or the slice began.
    last: Instant,
    requests: u64,
    total_requests: u64,
    latency: Histogram<u64>,
    beyond_max_latency: u64,
}

#[derive(Clone, Copy)]
enum Window {
    Ahead,
    Open(Instant),
    /// `at` is when sending ended: while other threads' windows are open, the last answer.
    Closed {
        at: Instant,
        width: Duration,
    },
}

impl<'a> Tally<'a> {
    pub(super) fn new(
        connections: usize,
        ramp: Duration,
        window: Duration,
        peers: Peers<'a>,
    ) -> Self {
        let latency = empty_histogram();
        let started = Instant::now();
        Self {
            peers,
            started,
            ramp,
            asked: window,
            rounds: ROUNDS * connections as u64,
            window: Window::Ahead,
            last: started,
            requests: 0,
            total_requests: 0,
            latency,
            beyond_max_latency: 0,
        }
    }

    /// Counts an answer that came at `now` to a request that was due at `due`.
    #[inline]
    pub(super) fn answered(&mut self, due: Instant, now: Instant) {
        self.total_requests += 1;
        self.last = now;
        match self.window {
            Window::Ahead => {
                let ramped = self.total_requests >= self.rounds;
                if ramped && now.duration_since(self.started) >= self.ramp {
                    self.window = Window::Open(now);
                }
            }
            Window::Open(opened) => {
                self.requests += 1;
                let latency = now.duration_since(due);
                self.beyond_max_latency += u64::from(latency > LONGEST);
                record(&mut self.latency, latency);
                let width = now.duration_since(opened);
                if self.requests >= self.rounds && width >= self.asked {
                    self.window = Window::Closed { at: now, width };
                    self.peers.closed();
                }
            }
            Window::Closed { width, .. } if self.peers.are_measuring() => {
                self.window = Window::Closed { at: now, width };
            }
            Window::Closed { .. } => {}
        }
    }

    /// Whether requests are still to be sent: until the last thread's window has closed.
    #[inline]
    pub(super) fn is_sending(&self) -> bool {
        !matches!(self.window, Window::Closed { .. }) || self.peers.are_measuring()
    }

    pub(super) fn total_requests(&self) -> u64 {
        self.total_requests
    }

    /// Since when the missing answers are awaited: the last answer while requests are sent, the
    /// end of that after it.
    pub(super) fn waiting_since(&self) -> Instant {
        match self.window {
            Window::Closed { at, .. } => at,
            _ => self.last,
        }
    }

    pub(super) fn finish(self) -> Slice {
        let window = match self.window {
            Window::Closed { width, .. } => width,
            _ => Duration::ZERO,
        };
        Slice {
            requests: self.requests,
            window,
            total_requests: self.total_requests,
            total: self.last.duration_since(self.started),
            latency: self.latency,
            beyond_max_latency: self.beyond_max_latency,
        }
    }
}
