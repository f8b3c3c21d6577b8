//! The floor: the contract's data routes on bare hyper, which is what leaving the framework out
//! would save.

mod answer;

use std::{future::Future, io, net::TcpListener, pin::pin, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use quartet_common::{Api, Timeouts};
use quartet_connection::TimedStream;
use tokio::{
    select,
    time::{sleep, timeout},
};

pub use crate::answer::answer;

/// The least that hyper takes as `max_buf_size`.
const MIN_BUFFER_SIZE: usize = 8192;

/// Serves the API from `listener` until `shutdown`, then drains.
pub async fn run(
    listener: TcpListener,
    api: Arc<Api>,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut http = http1::Builder::new();
    http.max_buf_size(api.limits.buffer_size().max(MIN_BUFFER_SIZE));
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                // Out of descriptors, perhaps: some connection must end first.
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let api = api.clone();
        let service = service_fn(move |request| answer(api.clone(), request));
        let stream = TokioIo::new(TimedStream::new(stream, &timeouts));
        let connection = connections.watch(http.serve_connection(stream, service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection failed");
            }
        });
    }
    drop(listener);
    // What is left after that ends with the runtime.
    let drained = timeout(timeouts.drain, connections.shutdown()).await;
    if drained.is_err() {
        tracing::warn!("connections were cut off at the drain timeout");
    }
    Ok(())
}
