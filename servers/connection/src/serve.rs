//! Serving a hyper service: connections and drain. No framework is known here.

use std::{error::Error, future::Future, io, pin::pin};

use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::Service,
};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use quartet_common::{Api, HeadLimits, Listener, Program, Timeouts, shutdown_signal};
use tokio::{
    select,
    time::{sleep, timeout},
};

use crate::{
    listeners::Listeners,
    timed_stream::{HeadRead, TimedStream},
};

/// Serves a program's API by the service that `app` makes of it, until the program is told to end.
///
/// # Errors
/// Where there are no resources for it.
pub async fn run<S, B>(program: Program, app: impl FnOnce(&'static Api) -> S) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let limits = program.api.limits;
    let service = app(program.api);
    // A task runs on a worker. The future that `block_on` is given runs beside them, and hands over each connection.
    let serving = tokio::spawn(async move {
        let shutdown = shutdown_signal(program.ready);
        serve(
            program.listeners,
            service,
            &limits,
            &program.timeouts,
            shutdown,
        )
        .await
    });
    serving.await?
}

/// Serves HTTP/1.1 from `listeners` until `shutdown`, then for the drain timeout at most. This future accepts all
/// connections; the runtime decides which worker serves each.
///
/// # Errors
/// Where there are no resources for it.
pub async fn serve<S, B>(
    listeners: Vec<Listener>,
    service: S,
    limits: &HeadLimits,
    timeouts: &Timeouts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut listeners = Listeners::new(listeners)?;
    let mut http = http1::Builder::new();
    http.max_buf_size(buffer_size(limits))
        // The stream's deadlines stand in for it.
        .header_read_timeout(None);
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, _) = select! {
            accepted = listeners.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = TimedStream::new(stream, timeouts);
        let service = Telling {
            head_read: stream.head_read(),
            service: service.clone(),
        };
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
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

/// The service of one connection, whose stream it tells of each head.
struct Telling<S> {
    head_read: HeadRead,
    service: S,
}

impl<R, S: Service<R>> Service<R> for Telling<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, request: R) -> S::Future {
        self.head_read.set();
        self.service.call(request)
    }
}

/// hyper's `max_buf_size`, which bounds what is read of a head, and how much of answers waits to be written before
/// the next request is read. hyper takes no less than 8,192 octets.
fn buffer_size(limits: &HeadLimits) -> usize {
    limits.head_bound().max(8192)
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

    use hyper::service::service_fn;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::Instant,
    };

    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        header: Duration::from_secs(10),
        idle: Duration::from_secs(20),
        drain: Duration::from_secs(10),
        shutdown_delay: Duration::ZERO,
    };

    /// How long the handler waits: for longer than the connection may, for whatever it may.
    const WAIT: Duration = Duration::from_secs(100);

    const GET: &str = "GET / HTTP/1.1\r\n\r\n";

    /// A client of a server whose handler waits, and reads no content.
    fn connect() -> DuplexStream {
        let (client, server) = duplex(1024);
        let stream = TimedStream::new(server, &TIMEOUTS);
        let handler = service_fn(async |_: Request<Incoming>| {
            sleep(WAIT).await;
            Ok::<_, Infallible>(Response::new(String::new()))
        });
        let service = Telling {
            head_read: stream.head_read(),
            service: handler,
        };
        let mut http = http1::Builder::new();
        http.header_read_timeout(None);
        tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
        client
    }

    /// How many answers there are before the connection is closed, and how long that takes.
    async fn until_closed(client: &mut DuplexStream) -> (usize, Duration) {
        let start = Instant::now();
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        (answers.matches("HTTP/1.1 200").count(), start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_may_take_longer_than_its_client() {
        let mut client = connect();
        client.write_all(GET.as_bytes()).await.unwrap();
        assert_eq!(
            until_closed(&mut client).await,
            (1, WAIT + TIMEOUTS.idle),
            "answered, and then idle"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn so_may_the_handler_of_each_pipelined_request() {
        let mut client = connect();
        client.write_all(GET.repeat(3).as_bytes()).await.unwrap();
        assert_eq!(
            until_closed(&mut client).await,
            (3, 3 * WAIT + TIMEOUTS.idle)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_head_after_a_long_wait_has_the_header_timeout() {
        let mut client = connect();
        client.write_all(GET.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        client.read_exact(&mut first).await.unwrap();
        client.write_all(&GET.as_bytes()[..4]).await.unwrap();
        assert_eq!(until_closed(&mut client).await, (0, TIMEOUTS.header));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_content_that_no_handler_reads() {
        let mut client = connect();
        let head = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n";
        client.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(until_closed(&mut client).await, (1, WAIT));
    }
}
