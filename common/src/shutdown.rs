use std::{
    future::pending,
    io::{self, Write as _},
    net::SocketAddr,
    process,
};

/// Where a program listens, to be announced once it can be stopped.
#[derive(Debug)]
pub struct Ready(pub(crate) SocketAddr);

impl Ready {
    fn announce(self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "listening on http://{}", self.0)?;
        stdout.flush()
    }
}

/// Announces on standard output where the program listens, then waits for SIGTERM or SIGINT
/// (Ctrl-C on Windows). Signals are heard before the announcement: whoever waits for that line can
/// connect and can stop the program. A second signal ends the process at once, for whoever does
/// not want to wait for the drain.
pub async fn shutdown_signal(ready: Ready) {
    let signals = Signals::listen();
    if let Err(error) = ready.announce() {
        tracing::error!(%error, "cannot say where it listens");
    }
    let mut signals = match signals {
        Ok(signals) => signals,
        // A server that cannot hear signals still serves; the default action ends it.
        Err(error) => {
            tracing::error!(%error, "cannot hear signals: stopping will not drain");
            return pending().await;
        }
    };
    signals.next().await;
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
        tokio::select! {
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
