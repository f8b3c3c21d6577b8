//! A connection with timeouts. What HTTP is, beyond that a head has been read, is not known here.

use std::{
    future::Future as _,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use quartet_common::Timeouts;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// A connection that fails with [`io::ErrorKind::TimedOut`] when its client is too slow:
///
/// - the header timeout runs from connecting, or from a request's first octet, until
///   [`HeadRead::set`] says that the request's head has been read;
/// - the idle timeout runs from an answer's last octet to the next request's first, and from
///   one octet of an answer to the next.
///
/// Nothing runs in between: how long a handler may take is the handler's to limit. So is how long a
/// request's content may take: hyper waits for it while a handler reads it, and closes the connection
/// after the answer if it is not there when no handler does.
///
/// A request that comes in one piece costs one look at the clock, when its answer is written, after
/// which hyper does not read again until it is woken. The timer is not reset for each: it is set no
/// further ahead than the shorter timeout, and finds out when it fires whether the client is late.
#[derive(Debug)]
pub(crate) struct TimedStream<S> {
    stream: S,
    timer: Pin<Box<Sleep>>,
    /// Whom the timer wakes.
    waker: Option<Waker>,
    waiting_for: WaitingFor,
    head_read: HeadRead,
    header: Duration,
    idle: Duration,
}

/// What the client is waited for, unless a request is being answered.
#[derive(Clone, Copy, Debug)]
enum WaitingFor {
    /// The end of a head, since then; none until the server has to wait.
    Head(Option<Instant>),
    /// A request, or that an answer is read, since then.
    Next(Instant),
}

/// Whether a connection's request has been read as far as its head, and is being answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadRead(Arc<AtomicBool>);

// One task reads, answers and writes: there is nothing to order.
impl HeadRead {
    /// Says that the request's head has been read. Its answer's first octet takes it back.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S> TimedStream<S> {
    /// A connection that was accepted just now.
    pub(crate) fn new(stream: S, timeouts: &Timeouts) -> Self {
        Self {
            stream,
            timer: Box::pin(sleep(timeouts.header.min(timeouts.idle))),
            waker: None,
            waiting_for: WaitingFor::Head(Some(Instant::now())),
            head_read: HeadRead::default(),
            header: timeouts.header,
            idle: timeouts.idle,
        }
    }

    /// For whoever sees the requests to tell this stream of their heads.
    pub(crate) fn head_read(&self) -> HeadRead {
        self.head_read.clone()
    }

    /// When the client is late; none while it waits itself.
    fn deadline(&mut self) -> Option<Instant> {
        if self.head_read.get() {
            return None;
        }
        Some(match &mut self.waiting_for {
            WaitingFor::Head(since) => *since.get_or_insert_with(Instant::now) + self.header,
            WaitingFor::Next(since) => *since + self.idle,
        })
    }

    /// Ready when the client is late. Pending, and waking the task in time, when it is not.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let deadline = self.deadline();
        let is_armed = self
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()));
        if is_armed && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            // The client may be waited for at any moment, and its deadline must not be slept through.
            let tick = now + self.header.min(self.idle);
            let next = deadline.map_or(tick, |deadline| deadline.min(tick));
            self.timer.as_mut().reset(next);
        }
    }

    fn poll_written(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        // Of an answer that is not read, the time runs from its start, or from what was read last.
        if written.is_ready() || self.head_read.get() {
            self.head_read.0.store(false, Ordering::Relaxed);
            self.waiting_for = WaitingFor::Next(Instant::now());
        }
        match written {
            Poll::Ready(_) => written,
            Poll::Pending => self.poll_late(cx).map(Err),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(result) => {
                if buf.filled().len() > filled && matches!(self.waiting_for, WaitingFor::Next(_)) {
                    self.waiting_for = WaitingFor::Head(None);
                }
                Poll::Ready(result)
            }
            Poll::Pending => self.poll_late(cx).map(Err),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.poll_written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.poll_written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::advance,
    };

    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        header: Duration::from_secs(10),
        idle: Duration::from_secs(60),
        drain: Duration::from_secs(10),
        shutdown_delay: Duration::ZERO,
    };

    fn connect() -> (DuplexStream, TimedStream<DuplexStream>) {
        let (client, server) = duplex(16);
        (client, TimedStream::new(server, &TIMEOUTS))
    }

    /// Reads until the timeout; the seconds that took.
    async fn seconds_until_late(server: &mut TimedStream<DuplexStream>) -> u64 {
        let start = Instant::now();
        let error = server.read_u8().await.expect_err("nothing is sent");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_late_after_the_header_timeout() {
        let (_client, mut server) = connect();
        assert_eq!(seconds_until_late(&mut server).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn dripping_a_request_gains_no_time() {
        let (mut client, mut server) = connect();
        for _ in 0..3 {
            client.write_u8(b'x').await.unwrap();
            server.read_u8().await.unwrap();
            advance(Duration::from_secs(3)).await;
        }
        assert_eq!(seconds_until_late(&mut server).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_client_is_late_after_the_idle_timeout() {
        let (_client, mut server) = connect();
        server.write_u8(b'x').await.unwrap();
        assert_eq!(seconds_until_late(&mut server).await, 60);
    }

    #[tokio::test(start_paused = true)]
    async fn the_idle_timeout_runs_from_the_answer_where_nothing_is_read_after_it() {
        let (_client, mut server) = connect();
        let start = Instant::now();
        tokio::time::timeout(Duration::from_secs(2), server.read_u8())
            .await
            .expect_err("nothing is sent");
        server.write_u8(b'x').await.unwrap();
        // hyper's next read is when the timer wakes it, which was set for the first request.
        advance(Duration::from_secs(8)).await;
        seconds_until_late(&mut server).await;
        assert_eq!(start.elapsed(), Duration::from_secs(2 + 60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_request_has_the_header_timeout() {
        let (mut client, mut server) = connect();
        server.write_u8(b'x').await.unwrap();
        // The timer is armed for the idle connection first.
        tokio::select! {
            _ = server.read_u8() => unreachable!("nothing is sent yet"),
            () = tokio::time::sleep(Duration::from_secs(34)) => {}
        }
        client.write_u8(b'x').await.unwrap();
        server.read_u8().await.unwrap();
        assert_eq!(seconds_until_late(&mut server).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_late_after_the_idle_timeout() {
        let (_client, mut server) = connect();
        server.write_all(&[0; 16]).await.unwrap();
        let start = Instant::now();
        let error = server.write_u8(0).await.expect_err("the buffer is full");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_any_time_to_begin() {
        let (mut client, mut server) = connect();
        client.write_u8(b'x').await.unwrap();
        server.read_u8().await.unwrap();
        server.head_read().set();
        tokio::time::timeout(Duration::from_secs(1000), server.read_u8())
            .await
            .expect_err("nothing is sent, and nobody late");
        server.write_u8(b'x').await.unwrap();
        assert_eq!(seconds_until_late(&mut server).await, 60);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_cannot_begin_has_the_idle_timeout() {
        let (_client, mut server) = connect();
        server.write_all(&[0; 16]).await.unwrap();
        advance(Duration::from_secs(50)).await;
        server.head_read().set();
        let start = Instant::now();
        let error = server.write_u8(0).await.expect_err("the buffer is full");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 60);
    }
}
