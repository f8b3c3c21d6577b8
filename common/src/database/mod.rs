//! The greetings in PostgreSQL.
//!
//! - `options`, `settings`, `password`, `tls`: which database, and how to connect to it
//! - `pipeline`: one connection, on which many queries wait for their answers at the same time
//! - `pipelines`: the few connections of one runtime, which of them a query goes to, and their replacement
//! - `seed`: making the table and filling it

mod options;
mod password;
mod pipeline;
mod pipelines;
#[cfg(feature = "deadpool")]
mod pool;
mod queue;
mod seed;
mod settings;
mod tls;
mod url_error;

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::{self, Handle},
    time::{Instant, sleep, timeout_at},
};
use tokio_postgres::{Row, error::SqlState};

pub(crate) use self::{
    options::{DatabaseOptions, DatabaseTimeouts},
    seed::{SeedError, command, seed},
    url_error::UrlError,
};
use self::{
    pipeline::{Question, Ticket},
    pipelines::Pipelines,
    settings::Settings,
};
use crate::{Greeting, Lang, Problem, Versioned, versioned::etag_of};

/// How long the database is not looked at after it could be read.
const LOOK: Duration = Duration::from_millis(500);

/// The same after it could not.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The greetings in a database. Queries of one runtime share a few connections.
#[derive(Clone, Debug)]
pub(crate) struct Database(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Settings,
    timeouts: DatabaseTimeouts,
    most_connections: usize,
    /// actix-web has a runtime for each worker. A connection lives on one, and neither dies with another nor
    /// waits for it.
    pipelines: Mutex<HashMap<runtime::Id, Arc<Pipelines>>>,
    /// Runtimes that have no connection and cannot open one.
    cut_off: AtomicUsize,
    /// Whether the last look succeeded.
    is_readable: AtomicBool,
    #[cfg(feature = "deadpool")]
    pool: Option<pool::Pool>,
}

impl Database {
    /// A database that is not connected to before it is used.
    ///
    /// # Errors
    /// If the URL or a file that it names cannot be used.
    pub(crate) fn new(options: &DatabaseOptions, program: &str) -> Result<Option<Self>, UrlError> {
        let Some(url) = &options.url else {
            return Ok(None);
        };
        let settings = Settings::new(url, program)?;
        Ok(Some(Self(Arc::new(Shared {
            #[cfg(feature = "deadpool")]
            pool: options
                .deadpool
                .map(|size| pool::Pool::new(&settings, size)),
            settings,
            timeouts: options.timeouts,
            most_connections: options.connections,
            pipelines: Mutex::default(),
            cut_off: AtomicUsize::new(0),
            is_readable: AtomicBool::new(false),
        }))))
    }

    /// Every greeting, sorted by lang. A row whose name is no language tag has no URL and is left out.
    pub(crate) async fn list(&self) -> Result<Versioned<Vec<Greeting>>, Problem> {
        let rows = self.read(Question::List).await?;
        let greetings = rows.iter().map(|row| {
            let (lang, text) = (row.try_get::<_, String>(0)?, row.try_get(1)?);
            Ok((Lang::try_from(lang), text))
        });
        let mut list = Vec::with_capacity(rows.len());
        for greeting in greetings {
            match greeting.map_err(Unavailable::unreadable)? {
                (Ok(lang), text) => list.push(Greeting { lang, text }),
                (Err(error), _) => {
                    static TOLD: Seldom = Seldom::new();
                    if TOLD.is_due() {
                        tracing::warn!("a row is left out: its name is {error}");
                    }
                }
            }
        }
        Ok(Versioned {
            etag: etag_of(&list),
            value: list,
        })
    }

    // [database]
    /// The greeting of one language, or the problem that there is none.
    pub(crate) async fn get(&self, lang: &Lang) -> Result<Versioned<Greeting>, Problem> {
        let rows = self.read(Question::Get(lang.as_str())).await?;
        let row = rows.first().ok_or_else(|| Problem::unknown_lang(lang))?;
        let greeting = Greeting {
            lang: lang.clone(),
            text: row.try_get(0).map_err(Unavailable::unreadable)?,
        };
        Ok(Versioned {
            etag: etag_of(&greeting),
            value: greeting,
        })
    }
    // [/database]

    /// Whether the database could be read when it was last looked at.
    pub(crate) fn readiness(&self) -> Result<(), Problem> {
        let is_ready = self.0.is_readable.load(Ordering::Relaxed)
            && self.0.cut_off.load(Ordering::Relaxed) == 0;
        is_ready.then_some(()).ok_or(Unavailable::Away.into())
    }

    /// Looks at the database once, and goes on to look at it.
    pub(crate) async fn watch(&self) {
        self.look().await;
        let database = self.clone();
        tokio::spawn(async move {
            loop {
                let is_readable = database.0.is_readable.load(Ordering::Relaxed);
                sleep(if is_readable { LOOK } else { LOOK_AGAIN }).await;
                database.look().await;
            }
        });
    }

    async fn look(&self) {
        let found = self.read(Question::Get("en")).await;
        self.0.is_readable.store(found.is_ok(), Ordering::Relaxed);
    }

    // [database]
    /// The rows that answer a question. If its connection fails it is asked again on another: reading twice does no
    /// harm.
    ///
    /// The first attempt has no timer of its own, which would be set for each request: whoever watches the
    /// connection closes it when it is late.
    async fn read(&self, question: Question<'_>) -> Result<Vec<Row>, Unavailable> {
        #[cfg(feature = "deadpool")]
        if let Some(pool) = &self.0.pool {
            return pool.ask(question).await.map_err(|_| Unavailable::Failed);
        }
        let pipelines = self.pipelines();
        let start = Instant::now();
        if let Some(ticket) = pipelines.enter(start)? {
            match ticket.ask(question).await {
                Ok(rows) => return Ok(rows),
                Err(error) => pipelines.failed(&ticket, &error)?,
            }
        }
        let deadline = start + self.0.timeouts.query + self.0.timeouts.connect;
        // Boxed: a request that is asked once has no room for this.
        Box::pin(read_again(deadline, &pipelines, question)).await
    }
    // [/database]

    /// The connections of the present runtime.
    fn pipelines(&self) -> Arc<Pipelines> {
        let mut all = self
            .0
            .pipelines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.entry(Handle::current().id())
            .or_insert_with(|| Arc::new(Pipelines::new(Arc::downgrade(&self.0))))
            .clone()
    }
}

/// As long as connections fail: each takes no further query, so that there is an end to it.
async fn read_again(
    deadline: Instant,
    pipelines: &Arc<Pipelines>,
    question: Question<'_>,
) -> Result<Vec<Row>, Unavailable> {
    let again = async {
        loop {
            let ticket: Ticket = pipelines.wait_to_enter().await?;
            match ticket.ask(question).await {
                Ok(rows) => return Ok(rows),
                Err(error) => pipelines.failed(&ticket, &error)?,
            }
        }
    };
    let again = timeout_at(deadline, again).await;
    again.unwrap_or(Err(Unavailable::Late))
}

impl Shared {
    /// A runtime lost its last connection, and cannot open another.
    fn is_cut_off(&self, why: &ConnectError) {
        if self.cut_off.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(
                "the database is away, and requests for greetings are answered 503: {why}"
            );
        }
    }

    /// A runtime that was cut off has a connection again.
    fn is_back(&self) {
        if self.cut_off.fetch_sub(1, Ordering::Relaxed) == 1 {
            tracing::warn!("the database is back");
        }
    }
}

/// What may happen at every request, and is said once a minute at most.
struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Whether it is to be said now.
    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= Duration::from_secs(60));
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
    /// There is no table, which is noticed when the statements are prepared.
    #[error("{}; `database seed` creates the table", Chain(.0))]
    NoTable(tokio_postgres::Error),
    /// It was refused, or failed.
    #[error("{}", Chain(.0))]
    Failed(tokio_postgres::Error),
    /// It took too long.
    #[error("no connection within {0:?}")]
    Late(Duration),
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(&SqlState::UNDEFINED_TABLE) => Self::NoTable(error),
            _ => Self::Failed(error),
        }
    }
}

/// Why the greetings cannot be read.
#[derive(Clone, Copy, Debug)]
enum Unavailable {
    Away,
    Overloaded,
    Late,
    Failed,
}

impl Unavailable {
    /// A row that is not what it must be.
    fn unreadable(error: tokio_postgres::Error) -> Self {
        static TOLD: Seldom = Seldom::new();
        if TOLD.is_due() {
            tracing::warn!("a row cannot be read: {}", Chain(&error));
        }
        Self::Failed
    }
}

impl From<Unavailable> for Problem {
    fn from(why: Unavailable) -> Self {
        Self::unavailable(match why {
            Unavailable::Away => "The database cannot be reached",
            Unavailable::Overloaded => "Too many requests wait for the database",
            Unavailable::Late => "The database did not answer in time",
            Unavailable::Failed => "The database failed to answer",
        })
    }
}

/// An error with its causes, in one line. No cause names a password.
struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut error = self.0;
        while let Some(source) = error.source() {
            write!(f, ": {source}")?;
            error = source;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
