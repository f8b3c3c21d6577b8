//! What callers use: connections to one server, and the loops that can be run on them.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use crate::{
    crew::{self, Helper, Parts},
    error::Error,
    exchange::Exchange,
    open_loop::{Offer, OpenLoopSlice},
    round::Peers,
    share::Share,
    slice::Slice,
};

/// How many connections are opened at once. A listener's queue may be as short as 128, as the standard library has it, and
/// who finds it full waits for a second.
const AT_ONCE: usize = 64;

/// How long the server then has to accept them.
const REST: Duration = Duration::from_millis(2);

/// Connections held open to one server, and the threads that poll them.
pub struct Connections {
    /// What the calling thread polls.
    own: Share,
    /// The threads that poll the others.
    helpers: Vec<Helper>,
    usable: bool,
}

impl Connections {
    /// Opens `count` connections, to be polled by the calling thread alone.
    ///
    /// `timeout` bounds the opening of them all and, in a slice, the wait for any answer.
    ///
    /// # Errors
    /// The server does not accept, or not in time; the system is out of ports or descriptors;
    /// `count` is 0.
    pub fn open(address: SocketAddr, count: usize, timeout: Duration) -> Result<Self, Error> {
        Self::open_among(address, count, timeout, &[])
    }

    /// Opens `count` connections and deals them out in turn to the calling thread and to a further
    /// one for each of `helpers`, on the core it names or else on any. Threads that would have
    /// none are not started.
    ///
    /// The further threads end with the connections. Times are as in [`Connections::open`].
    ///
    /// # Errors
    /// As [`Connections::open`]; or a thread cannot be started, or not confined to its core.
    pub fn open_among(
        address: SocketAddr,
        count: usize,
        timeout: Duration,
        helpers: &[Option<usize>],
    ) -> Result<Self, Error> {
        let threads = count.min(1 + helpers.len());
        let mut shares = (0..threads)
            .map(|_| Share::new(address, count.div_ceil(threads), timeout))
            .collect::<Result<Vec<_>, _>>()?;
        let deadline = Instant::now() + timeout;
        for index in 0..count {
            let left = deadline.saturating_duration_since(Instant::now());
            shares[index % threads].open(left)?;
            if (index + 1) % AT_ONCE == 0 && index + 1 < count {
                thread::sleep(REST);
            }
        }
        let mut shares = shares.into_iter();
        let own = shares.next().ok_or(Error::NoConnections)?;
        let helpers = shares
            .zip(helpers)
            .map(|(share, &core)| Helper::start(share, core))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            own,
            helpers,
            usable: true,
        })
    }

    /// How many threads poll them, the calling one among them.
    pub fn threads(&self) -> usize {
        1 + self.helpers.len()
    }

    /// Has every thread sleep while there is nothing to read, for others that have to share its core,
    /// or poll without a pause, as it does unless told otherwise. Where it sleeps, latencies contain
    /// the time that it takes to wake up.
    ///
    /// # Errors
    /// A slice has failed before.
    pub fn leave_core(&mut self, leave: bool) -> Result<(), Error> {
        self.once_more(move |share, _, _| {
            share.poller.sleep(leave);
            Ok(())
        })?;
        Ok(())
    }

    /// Keeps one request in flight on each connection: a closed loop.
    ///
    /// Sends for `ramp`, which is not counted, then for `window`, which is, each of them as much
    /// longer as it takes to answer every connection twice, on average; then waits until every
    /// request in flight has its answer. The calling thread polls without a pause, so it should
    /// have a core of its own.
    ///
    /// Of several threads, all begin at once, and each has a ramp and a window of its own, by its
    /// own connections. All go on sending until the last window has closed, so that none of them
    /// is measured under less load than the others. [`Slice`] says how they are added up.
    ///
    /// # Errors
    /// An answer is wrong or malformed, a connection ends, or answers are missing for longer than
    /// the timeout; on any thread. The connections are of no further use then.
    pub fn closed_loop(
        &mut self,
        exchange: &Exchange,
        ramp: Duration,
        window: Duration,
    ) -> Result<Slice, Error> {
        let exchange = exchange.clone();
        let parts = self
            .once_more(move |share, _, peers| share.closed_loop(&exchange, ramp, window, peers))?;
        Ok(parts.own.and(&parts.others))
    }

    /// Opens a connection for each request, at any moment as many as are held open: a closed loop.
    /// Those that are held open stay as they are.
    ///
    /// A request begins with opening its connection and ends with the connection's end: the server
    /// closes first, so that the port it came from is free again at once. `exchange` must ask for
    /// that ([`Exchange::closes`]). Times and threads are as in [`Connections::closed_loop`].
    ///
    /// # Errors
    /// The server does not accept, does not close, or answers wrongly; answers are missing for
    /// longer than the timeout; the system is out of ports or descriptors. The connections are of
    /// no further use then.
    pub fn connect_loop(
        &mut self,
        exchange: &Exchange,
        ramp: Duration,
        window: Duration,
    ) -> Result<Slice, Error> {
        let exchange = exchange.clone();
        let parts = self
            .once_more(move |share, _, peers| share.connect_loop(&exchange, ramp, window, peers))?;
        Ok(parts.own.and(&parts.others))
    }

    /// Sends requests when they are due, whether or not those before them are answered: an open
    /// loop. A latency counts from when its request was due, so that a server which stalls is
    /// charged for every request it kept waiting (no coordinated omission).
    ///
    /// The calling thread looks at the clock without a pause, because a timer's granularity is
    /// larger than the latencies measured. Requests go to the connection that has been free for
    /// longest.
    ///
    /// Of several threads each offers an equal part of the rate on its own connections, from a
    /// moment of its own on.
    ///
    /// # Errors
    /// As [`Connections::closed_loop`]; or the rate is not positive.
    pub fn open_loop(&mut self, exchange: &Exchange, offer: Offer) -> Result<OpenLoopSlice, Error> {
        if !(offer.per_second.is_finite() && offer.per_second > 0.0) {
            return Err(Error::NoRate);
        }
        let exchange = exchange.clone();
        let threads = self.threads();
        let parts = self.once_more(move |share, thread, peers| {
            share.open_loop(&exchange, offer.part(thread, threads), peers)
        })?;
        Ok(parts.own.and(&parts.others))
    }

    /// Runs a slice, and none after one that failed.
    fn once_more<T: Send + 'static>(
        &mut self,
        part: impl Fn(&mut Share, usize, Peers<'_>) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<Parts<T>, Error> {
        if !self.usable {
            return Err(Error::Unusable);
        }
        self.usable = false;
        let measured = crew::together(&mut self.own, &self.helpers, part)?;
        self.usable = true;
        Ok(measured)
    }
}
