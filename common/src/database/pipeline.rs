//! One connection to the database, with many queries on their way. Which greetings they ask for is in the query.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, task::JoinHandle, time::Instant};
use tokio_postgres::{Client, Error, Row, Statement};

use super::{queue::Queue, settings::Settings};

// The casts keep the types of the answer when a column's type is changed: PostgreSQL would refuse each further
// execution ("cached plan must not change result type"). The collation is the order of code points, whatever the
// database's or the column's.
pub(super) const GET: &str =
    r#"SELECT text::text FROM greetings WHERE lang::text COLLATE "C" = $1::text"#;
pub(super) const LIST: &str =
    r#"SELECT lang::text, text::text FROM greetings ORDER BY lang::text COLLATE "C""#;

/// The most queries that wait on one connection. More are refused.
const MOST_WAITING: usize = 1024;

/// With so many unanswered queries a connection is busy, and another is used if there may be one.
///
/// Queries that share a connection share its system calls, and PostgreSQL's: one connection is cheaper than several
/// as long as one PostgreSQL process keeps up.
const MANY_WAITING: usize = 32;

/// The same if its first answer has taken so long.
const SLOW: Duration = Duration::from_millis(10);

/// What is asked of the table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'a> {
    /// The text of one language.
    Get(&'a str),
    /// Language and text of all.
    List,
}

/// One connection, on which queries are sent without waiting for the answers to those before.
pub(super) struct Pipeline {
    client: Client,
    get: Statement,
    list: Statement,
    queue: Mutex<Queue>,
    /// Whether whoever watches it waits for the first query.
    is_idle: AtomicBool,
    used: Arc<Notify>,
    is_pinged: AtomicBool,
    opened: Instant,
}

impl Pipeline {
    /// Connects. What is on the connection's other side is polled by the task.
    pub(super) async fn open(
        settings: &Settings,
        query_timeout: Duration,
    ) -> Result<(Arc<Self>, JoinHandle<()>), Error> {
        let (client, connection) = settings.connect().await?;
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(
                    "a connection to the database ended: {}",
                    super::Chain(&error)
                );
            }
        });
        // Without the task, what is awaited here would not end; with it, it would outlive what is given up here.
        let task = AbortOnDrop(Some(task));
        // What waits for a lock ends by itself, also when nobody waits for it any more. It is sent first: to prepare a
        // statement waits for locks, too.
        let limit = format!("SET statement_timeout = {}", query_timeout.as_millis());
        let ((), get, list) = tokio::try_join!(
            client.batch_execute(&limit),
            client.prepare(GET),
            client.prepare(LIST),
        )?;
        let pipeline = Self {
            client,
            get,
            list,
            queue: Mutex::default(),
            is_idle: AtomicBool::new(false),
            used: Arc::default(),
            is_pinged: AtomicBool::new(false),
            opened: Instant::now(),
        };
        Ok((Arc::new(pipeline), task.keep()))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago it was opened.
    pub(super) fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Whether it can be sent to.
    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// A place in its queue, or how busy it is.
    pub(super) fn enter_unless_busy(self: &Arc<Self>, now: Instant) -> Result<Ticket, Load> {
        let mut queue = self.queue();
        let load = Load {
            is_slow: queue.since().is_some_and(|since| now - since > SLOW),
            waiting: queue.len(),
        };
        if load.is_slow || load.waiting >= MANY_WAITING {
            return Err(load);
        }
        Ok(self.ticket(queue.enter(now)))
    }

    /// A place in its queue; none if that is full.
    pub(super) fn enter(self: &Arc<Self>, now: Instant) -> Option<Ticket> {
        let mut queue = self.queue();
        let has_room = queue.len() < MOST_WAITING;
        has_room.then(|| self.ticket(queue.enter(now)))
    }

    fn ticket(self: &Arc<Self>, number: u64) -> Ticket {
        if self.is_idle.swap(false, Ordering::Relaxed) {
            self.used.notify_one();
        }
        Ticket {
            pipeline: self.clone(),
            number,
        }
    }

    /// Asks for a sign of life, which also tells that what was sent before is answered.
    pub(super) fn ping(self: &Arc<Self>, now: Instant) {
        if self.is_pinged.swap(true, Ordering::Relaxed) {
            return;
        }
        // Also into a full queue: where nobody else waits, nobody else notices that it is answered.
        let number = self.queue().enter(now);
        let ticket = self.ticket(number);
        tokio::spawn(async move {
            let pipeline = &ticket.pipeline;
            if pipeline.client.check_connection().await.is_ok() {
                pipeline.queue().answered(ticket.number);
                pipeline.is_pinged.store(false, Ordering::Relaxed);
            }
        });
    }

    /// How long it has not answered a query; none if there is none.
    pub(super) fn waits(&self, now: Instant) -> Option<Duration> {
        self.queue().since().map(|since| now - since)
    }

    /// Whether the first answer will be noticed by nobody.
    pub(super) fn is_unobserved(&self) -> bool {
        self.queue().is_unobserved()
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// How busy a connection is, the least busy first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Load {
    is_slow: bool,
    waiting: usize,
}

/// A place in a connection's queue.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) pipeline: Arc<Pipeline>,
    number: u64,
}

impl Ticket {
    /// Asks, and waits for the answer. An error of the database is an answer as well.
    pub(super) async fn ask(&self, question: Question<'_>) -> Result<Vec<Row>, Error> {
        let Pipeline {
            client, get, list, ..
        } = &*self.pipeline;
        let answer = match question {
            Question::Get(lang) => client.query(get, &[&lang]).await,
            Question::List => client.query(list, &[]).await,
        };
        if !matches!(&answer, Err(error) if error.is_closed()) {
            self.pipeline.queue().answered(self.number);
        }
        answer
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.pipeline.queue().abandoned(self.number);
    }
}

/// Watches a connection until it is closed, and closes it when it is late.
pub(super) async fn watch(
    pipeline: Weak<Pipeline>,
    mut connection: JoinHandle<()>,
    limit: Duration,
    suspect: impl Fn(),
) {
    /// How late it is noticed that a connection is late.
    const TICK: Duration = Duration::from_millis(20);

    let Some(used) = pipeline.upgrade().map(|pipeline| pipeline.used.clone()) else {
        return;
    };
    loop {
        if tokio::time::timeout(TICK, &mut connection).await.is_ok() {
            return;
        }
        // Gone once nobody waits on it and nobody will. It ends by itself once what was abandoned is answered.
        let Some(pipeline) = pipeline.upgrade() else {
            if tokio::time::timeout(limit, &mut connection).await.is_err() {
                connection.abort();
            }
            return;
        };
        let now = Instant::now();
        match pipeline.waits(now) {
            None => {
                pipeline.is_idle.store(true, Ordering::Relaxed);
                let is_still_idle = pipeline.waits(now).is_none();
                drop(pipeline);
                if is_still_idle {
                    tokio::select! {
                        () = used.notified() => {}
                        _ = &mut connection => return,
                    }
                }
            }
            Some(waits) => {
                if waits > limit + 2 * TICK {
                    tracing::debug!(?waits, "a connection to the database is late");
                    connection.abort();
                    return;
                }
                if waits > limit / 2 {
                    suspect();
                }
                if pipeline.is_unobserved() {
                    pipeline.ping(now);
                }
            }
        }
    }
}

/// A task that ends with this, unless it is kept.
struct AbortOnDrop(Option<JoinHandle<()>>);

impl AbortOnDrop {
    fn keep(mut self) -> JoinHandle<()> {
        self.0.take().expect("it is taken once")
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
