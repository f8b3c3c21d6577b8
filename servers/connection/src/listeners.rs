//! Accepting from several sockets. What a connection says is not known here.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    task::{Context, Poll},
    time::Duration,
};

use quartet_common::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// A connection over TCP or over a Unix socket.
#[cfg(unix)]
pub(crate) type Stream = tokio_util::either::Either<TcpStream, tokio::net::UnixStream>;

/// A connection over TCP.
#[cfg(not(unix))]
pub(crate) type Stream = TcpStream;

/// How long to wait after a connection could not be accepted. The system is out of descriptors,
/// perhaps: some connection must end first.
const RETRY: Duration = Duration::from_millis(50);

/// The sockets that a server listens on.
#[derive(Debug)]
pub(crate) struct Listeners {
    listeners: Vec<Tokio>,
    /// Which is asked first: each in turn, so that none is kept waiting by another.
    turn: usize,
}

#[derive(Debug)]
enum Tokio {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

impl Listeners {
    /// Hands these sockets to the runtime.
    ///
    /// # Errors
    /// The runtime cannot wait for one of them.
    pub(crate) fn new(listeners: Vec<Listener>) -> io::Result<Self> {
        let listeners = listeners.into_iter().map(|listener| match listener {
            Listener::Tcp(listener) => TcpListener::from_std(listener).map(Tokio::Tcp),
            #[cfg(unix)]
            Listener::Unix(listener) => {
                tokio::net::UnixListener::from_std(listener).map(Tokio::Unix)
            }
        });
        Ok(Self {
            listeners: listeners.collect::<io::Result<_>>()?,
            turn: 0,
        })
    }

    /// The next connection, and who opened it if over TCP. What fails is tried again.
    pub(crate) async fn accept(&mut self) -> (Stream, Option<SocketAddr>) {
        loop {
            match poll_fn(|cx| self.poll_accept(cx)).await {
                Ok(accepted) => return accepted,
                // The client's doing, and over.
                Err(error) if is_broken_off(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(RETRY).await;
                }
            }
        }
    }

    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Stream, Option<SocketAddr>)>> {
        let count = self.listeners.len();
        for index in (0..count).map(|offset| (self.turn + offset) % count) {
            if let Poll::Ready(accepted) = self.listeners[index].poll_accept(cx) {
                self.turn = index + 1;
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }
}

impl Tokio {
    #[cfg(unix)]
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Option<SocketAddr>)>> {
        match self {
            Self::Tcp(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, peer)| (Stream::Left(stream), Some(peer))),
            Self::Unix(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, _)| (Stream::Right(stream), None)),
        }
    }

    #[cfg(not(unix))]
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Option<SocketAddr>)>> {
        let Self::Tcp(listener) = self;
        listener
            .poll_accept(cx)
            .map_ok(|(stream, peer)| (stream, Some(peer)))
    }
}

fn is_broken_off(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn listener() -> (Listener, SocketAddr) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        (Listener::Tcp(listener), address)
    }

    #[tokio::test]
    async fn no_listener_is_kept_waiting_by_another() {
        let ((busy, at_busy), (quiet, at_quiet)) = (listener(), listener());
        let mut listeners = Listeners::new(vec![busy, quiet]).unwrap();
        let clients: Vec<_> = [at_busy, at_busy, at_busy, at_quiet]
            .map(|address| TcpStream::connect(address).unwrap())
            .into();
        let quiet = clients[3].local_addr().unwrap();
        let mut accepted = Vec::new();
        for _ in &clients {
            accepted.extend(listeners.accept().await.1);
        }
        let place = accepted.iter().position(|peer| *peer == quiet);
        assert!(
            place.is_some_and(|place| place < 2),
            "{accepted:?}, {quiet}"
        );
    }
}
