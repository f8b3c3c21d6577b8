use std::{error::Error, future::Future, io, pin::pin, sync::Arc};

use hyper::{
    Request, Response,
    body::{Body, Incoming},
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use quartet_common::{Api, Listener, Timeouts};
use tokio::{
    select,
    time::{sleep, timeout},
};

use crate::{Listeners, TimedStream, buffer_size};

/// Serves HTTP/1.1 from `listeners` until `shutdown`, then for the drain timeout at most.
pub async fn serve<S, B>(
    listeners: Vec<Listener>,
    service: S,
    api: Arc<Api>,
    timeouts: &Timeouts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut listeners = Listeners::new(listeners)?;
    let mut http = http1::Builder::new();
    http.max_header_size(api.limits.head_bound())
        .max_buf_size(buffer_size(&api.limits))
        // The stream's deadlines stand in for it.
        .header_read_timeout(None);
    let service = service_fn(move |request| {
        let is_ending = api.ending.has_begun();
        let answer = service.call(request);
        async move {
            let mut response = answer.await?;
            if is_ending {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, S::Error>(response)
        }
    });
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, _) = select! {
            accepted = listeners.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = TokioIo::new(TimedStream::new(stream, timeouts));
        let connection = connections.watch(http.serve_connection(stream, service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection failed");
            }
        });
    }
    drop(listeners);
    sleep(timeouts.last_requests()).await;
    // What is left after that ends with the runtime.
    let drained = timeout(timeouts.drain, connections.shutdown()).await;
    if drained.is_err() {
        tracing::warn!("connections were cut off at the drain timeout");
    }
    Ok(())
}
