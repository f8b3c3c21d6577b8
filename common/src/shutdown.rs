//! When a program is ready, and when it is told to end. How a server drains is not known here.

use std::{
    future::pending,
    io::{self, Write as _},
    process,
    time::Duration,
};

use tokio::{select, time::sleep};

use crate::Api;

/// A program that can be announced once it can be stopped.
#[derive(Debug)]
pub struct Ready {
    places: Vec<String>,
    api: &'static Api,
    delay: Duration,
}

impl Ready {
    /// A program that listens at these places and, when told to end, is not ready for `delay` before
    /// it drains.
    pub(crate) fn new(places: Vec<String>, api: &'static Api, delay: Duration) -> Self {
        Self { places, api, delay }
    }

    fn announce(&self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        for place in &self.places {
            writeln!(stdout, "listening on {place}")?;
        }
        stdout.flush()
    }
}

/// Announces on standard output where the program listens, a line for each place, then waits for
/// SIGTERM or SIGINT (Ctrl-C on Windows) and, if there is one, for the delay after it. Signals are
/// heard before the announcement: whoever waits for that line can connect and can stop the program.
///
/// A further signal cuts the delay short. One that comes after it ends the process at once, for
/// whoever does not want to wait for the drain.
pub async fn shutdown_signal(ready: Ready) {
    let signals = Signals::listen();
    ready.api.greetings.watch().await;
    if let Err(error) = ready.announce() {
        tracing::error!(%error, "cannot announce the listening address");
    }
    let mut signals = match signals {
        Ok(signals) => signals,
        // A server that cannot hear signals still serves; the default action ends it.
        Err(error) => {
            tracing::error!(%error, "cannot listen for signals: stopping will not drain");
            return pending().await;
        }
    };
    signals.next().await;
    ready.api.ending.begin();
    if !ready.delay.is_zero() {
        tracing::info!(delay = ?ready.delay, "no longer ready");
        select! {
            () = sleep(ready.delay) => {}
            () = signals.next() => {}
        }
    }
    tracing::info!("draining");
    tokio::spawn(async move {
        signals.next().await;
        process::exit(130);
    });
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        let _ = self.0.recv().await; // None only after the runtime's end
    }
}
