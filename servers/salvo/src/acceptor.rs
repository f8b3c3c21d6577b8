//! What salvo's acceptor lacks: deadlines of two kinds, and an end.
//!
//! salvo's `FuseConfig` has deadlines, of which that for a head is hyper's own and covers the wait
//! for it, too: with 10 s for a head, no connection could idle for 60 s.

use std::{
    future::{Future, pending},
    io,
    net::TcpListener,
    pin::Pin,
    sync::Arc,
};

use quartet_common::Timeouts;
use quartet_connection::TimedStream;
use salvo::{
    conn::{
        Accepted, Acceptor, Holding, StraightStream,
        tcp::{TcpAcceptor, TcpCoupler},
    },
    fuse::ArcFusePolicy,
};
use tokio::{net::TcpStream, select, sync::Notify};

/// Accepts connections with deadlines until it is told to stop, and then closes the listening
/// socket. salvo only ceases to accept: clients would connect and wait for as long as it drains.
pub(crate) struct ClosingAcceptor<S> {
    inner: Option<TcpAcceptor>,
    timeouts: Timeouts,
    shutdown: Pin<Box<S>>,
    closed: Arc<Notify>,
}

impl<S> ClosingAcceptor<S> {
    /// Accepts from `listener` until `shutdown`; the notification says that it is closed.
    pub(crate) fn new(
        listener: TcpListener,
        timeouts: Timeouts,
        shutdown: S,
    ) -> io::Result<(Self, Arc<Notify>)> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let closed = Arc::new(Notify::new());
        let acceptor = Self {
            inner: Some(listener.try_into()?),
            timeouts,
            shutdown: Box::pin(shutdown),
            closed: closed.clone(),
        };
        Ok((acceptor, closed))
    }
}

impl<S: Future<Output = ()> + Send> Acceptor for ClosingAcceptor<S> {
    type Coupler = TcpCoupler<Self::Stream>;
    type Stream = TimedStream<StraightStream<TcpStream>>;

    fn holdings(&self) -> &[Holding] {
        self.inner.as_ref().map_or(&[], Acceptor::holdings)
    }

    async fn accept(
        &mut self,
        fuse_policy: Option<ArcFusePolicy>,
    ) -> io::Result<Accepted<Self::Coupler, Self::Stream>> {
        if let Some(inner) = &mut self.inner {
            select! {
                accepted = inner.accept(fuse_policy) => {
                    // hyper tells no head that is late from one that is yet to come
                    // (hyperium/hyper#1628).
                    let timed = |stream| TimedStream::new(stream, &self.timeouts);
                    return Ok(accepted?.map_into(|_| TcpCoupler::new(), timed));
                }
                () = &mut self.shutdown => {}
            }
            self.inner = None;
            self.closed.notify_one();
        }
        pending().await
    }
}
