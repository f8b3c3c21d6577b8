use std::{error::Error, future::Future, io, net::TcpListener, pin::pin, time::Duration};

use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::Service,
};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use quartet_common::{HeadLimits, Timeouts};
use tokio::{
    select,
    time::{sleep, timeout},
};

use crate::{TimedStream, buffer_size};

/// Serves HTTP/1.1 from `listener` until `shutdown`, then for the drain timeout at most.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    limits: &HeadLimits,
    timeouts: &Timeouts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut http = http1::Builder::new();
    http.max_header_size(limits.head_bound())
        .max_buf_size(buffer_size(limits))
        // The stream's deadlines stand in for it.
        .header_read_timeout(None);
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // The client's doing, and over.
            Err(error) if is_broken_off(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                // Out of descriptors, perhaps: some connection must end first.
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let stream = TokioIo::new(TimedStream::new(stream, timeouts));
        let connection = connections.watch(http.serve_connection(stream, service.clone()));
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

fn is_broken_off(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
