//! What salvo's acceptor lacks: deadlines of two kinds, and an end.
//!
//! salvo's `FuseConfig` has deadlines, of which that for a head is hyper's own and covers the wait
//! for it, too: with 10 s for a head, no connection could idle for 60 s.

use std::{
    future::{Future, pending},
    io,
    pin::Pin,
    sync::Arc,
};

use quartet_common::{Listener, Timeouts};
use quartet_connection::{Listeners, Stream, TimedStream};
use salvo::{
    conn::{Accepted, Acceptor, ConnCtrl, Holding, SocketAddr, tcp::TcpCoupler},
    fuse::ArcFusePolicy,
    http::uri::Scheme,
};
use tokio::{select, sync::Notify};

/// Accepts connections with deadlines until it is told to stop, and then closes the listening
/// sockets. salvo only ceases to accept: clients would connect and wait for as long as it drains.
pub(crate) struct ClosingAcceptor<S> {
    listeners: Option<Listeners>,
    timeouts: Timeouts,
    shutdown: Pin<Box<S>>,
    closed: Arc<Notify>,
}

impl<S> ClosingAcceptor<S> {
    /// Accepts from `listeners` until `shutdown`; the notification says that they are closed.
    pub(crate) fn new(
        listeners: Vec<Listener>,
        timeouts: Timeouts,
        shutdown: S,
    ) -> io::Result<(Self, Arc<Notify>)> {
        let closed = Arc::new(Notify::new());
        let acceptor = Self {
            listeners: Some(Listeners::new(listeners)?),
            timeouts,
            shutdown: Box::pin(shutdown),
            closed: closed.clone(),
        };
        Ok((acceptor, closed))
    }
}

impl<S: Future<Output = ()> + Send> Acceptor for ClosingAcceptor<S> {
    type Coupler = TcpCoupler<Self::Stream>;
    type Stream = TimedStream<Stream>;

    /// What salvo logs; where it listens has been said.
    fn holdings(&self) -> &[Holding] {
        &[]
    }

    async fn accept(
        &mut self,
        _: Option<ArcFusePolicy>,
    ) -> io::Result<Accepted<Self::Coupler, Self::Stream>> {
        if let Some(listeners) = &mut self.listeners {
            select! {
                (stream, peer) = listeners.accept() => {
                    return Ok(Accepted {
                        coupler: TcpCoupler::new(),
                        // hyper tells no head that is late from one that is yet to come
                        // (hyperium/hyper#1628).
                        stream: TimedStream::new(stream, &self.timeouts),
                        fuse_config: None,
                        conn_ctrl: ConnCtrl::new(),
                        local_addr: SocketAddr::Unknown,
                        remote_addr: peer.map_or(SocketAddr::Unknown, SocketAddr::from),
                        http_scheme: Scheme::HTTP,
                    });
                }
                () = &mut self.shutdown => {}
            }
            self.listeners = None;
            self.closed.notify_one();
        }
        pending().await
    }
}
