use std::{
    convert::Infallible,
    error::Error,
    future::{Future, Ready, ready},
    io,
    net::TcpListener,
};

use axum_server::{Handle, accept::Accept};
use hyper::{
    Request, Response,
    body::{Body, Incoming},
};
use quartet_common::{HeadLimits, Timeouts};
use tokio::net::TcpStream;
use tower::{Service, make::Shared};

use crate::TimedStream;

/// Serves HTTP/1.1 from `listener` until `shutdown`, then for the drain timeout at most.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    limits: &HeadLimits,
    timeouts: &Timeouts,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let handle = Handle::new();
    tokio::spawn({
        let (handle, drain) = (handle.clone(), timeouts.drain);
        async move {
            shutdown.await;
            handle.graceful_shutdown(Some(drain));
        }
    });
    let mut server = axum_server::from_tcp(listener)?
        .http1_only()
        .acceptor(TimedAcceptor(*timeouts))
        .handle(handle);
    server
        .http_builder()
        .http1()
        .max_buf_size(limits.buffer_size().max(MIN_BUFFER_SIZE))
        // TimedStream's deadlines stand in for it.
        .header_read_timeout(None);
    server.serve(Shared::new(service)).await
}

/// The least that hyper takes as `max_buf_size`.
const MIN_BUFFER_SIZE: usize = 8192;

#[derive(Clone, Copy)]
struct TimedAcceptor(Timeouts);

impl<S> Accept<TcpStream, S> for TimedAcceptor {
    type Stream = TimedStream<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(Ok((TimedStream::new(stream, &self.0), service)))
    }
}
