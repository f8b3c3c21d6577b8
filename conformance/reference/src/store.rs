//! The greetings of a reference that has them in a database, read anew for each request.

mod backing;
mod place;
mod seed;

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub use backing::{Backing, Reads, Seeding};
pub use place::Place;
pub(super) use seed::seed;
use serde_json::{Value, json};

use quartet_conformance::postgres::{Row, Session, SessionError};

/// The statements, by the names that they are prepared under.
const ITEM: (&str, &str) = ("item", "SELECT lang, text FROM greetings WHERE lang = $1");
const LANGS: (&str, &str) = ("langs", "SELECT lang FROM greetings");
const LOOK: (&str, &str) = ("look", "SELECT count(*) FROM greetings");

/// What could not be read, and why: for the log.
#[derive(Debug)]
pub(super) struct Unavailable(pub(super) String);

impl From<SessionError> for Unavailable {
    fn from(error: SessionError) -> Self {
        Self(error.to_string())
    }
}

/// The database, and the connections that are kept to it.
#[derive(Debug)]
pub(super) struct Store {
    place: Place,
    backing: Backing,
    idle: Mutex<Vec<Session>>,
    /// How many connections may be opened beside those that are.
    free: Mutex<usize>,
    freed: Condvar,
    /// Held by who asks, where a fault has them ask one at a time.
    turn: Mutex<()>,
    /// Whether it has had a connection, for a fault that connects but once.
    has_connected: Mutex<bool>,
    /// The first list, for a fault that asks but once.
    first: Mutex<Option<Value>>,
}

impl Store {
    pub(super) fn new(place: Place, backing: Backing) -> Self {
        Self {
            place,
            backing,
            idle: Mutex::default(),
            free: Mutex::new(backing.most_connections),
            freed: Condvar::new(),
            turn: Mutex::new(()),
            has_connected: Mutex::new(false),
            first: Mutex::default(),
        }
    }

    pub(super) fn backing(&self) -> &Backing {
        &self.backing
    }

    /// Whether the database can be asked.
    pub(super) fn look(&self) -> Result<(), Unavailable> {
        self.rows(LOOK, &[]).map(drop)
    }

    /// All greetings in order.
    pub(super) fn list(&self) -> Result<Value, Unavailable> {
        let list = match self.backing.reads {
            Reads::Now => self.whole_list()?,
            Reads::OneByOne => {
                let langs = self.rows(LANGS, &[])?;
                let mut langs: Vec<String> = langs.into_iter().flatten().flatten().collect();
                langs.sort();
                let items = langs.iter().map(|lang| self.item(lang));
                let items: Result<Vec<Option<Value>>, Unavailable> = items.collect();
                items?.into_iter().flatten().collect()
            }
            Reads::Once => {
                let first = lock(&self.first).clone();
                match first {
                    Some(list) => list,
                    None => lock(&self.first).insert(self.whole_list()?).clone(),
                }
            }
        };
        Ok(list)
    }

    /// The greeting of a language, if there is one.
    pub(super) fn item(&self, lang: &str) -> Result<Option<Value>, Unavailable> {
        if self.backing.reads == Reads::Once {
            let list = self.list()?;
            let items = list.as_array().into_iter().flatten();
            return Ok(items.into_iter().find(|item| item["lang"] == lang).cloned());
        }
        let rows = self.rows(ITEM, &[lang])?;
        Ok(rows.iter().map(greeting).next())
    }

    fn whole_list(&self) -> Result<Value, Unavailable> {
        let rows = self.rows(("list", self.backing.list), &[])?;
        Ok(rows.iter().map(greeting).collect())
    }

    /// Asks, on a connection that was kept if there is one; where that fails once more on a new one.
    fn rows(&self, statement: (&str, &str), parameters: &[&str]) -> Result<Vec<Row>, Unavailable> {
        let deadline = Instant::now() + self.backing.limit;
        let _turn = self.backing.takes_turns.then(|| {
            let turn = lock(&self.turn);
            std::thread::sleep(backing::TURN);
            turn
        });
        let _room = self.room(deadline)?;
        loop {
            let (mut session, is_kept) = self.session(deadline)?;
            session.until(deadline);
            let asked = match session.prepare_once(statement.0, statement.1) {
                Ok(()) => session.execute(statement.0, parameters),
                Err(error) => Err(error),
            };
            let error = match asked {
                Ok(rows) => {
                    lock(&self.idle).push(session);
                    return Ok(rows);
                }
                Err(error) => error,
            };
            if is_late(&error) && self.backing.cancels {
                // Where it cannot be asked, there is nobody to cancel anything.
                let _ = session.cancel();
            }
            if self.backing.keeps_failed {
                lock(&self.idle).push(session);
            }
            let is_last = !is_kept || !self.backing.tries_again || is_late(&error);
            if is_last || self.backing.keeps_failed {
                return Err(error.into());
            }
        }
    }

    /// A connection, and whether it has been used before.
    fn session(&self, deadline: Instant) -> Result<(Session, bool), Unavailable> {
        loop {
            let kept = lock(&self.idle).pop();
            match kept {
                Some(session) if !self.backing.looks_at_kept || session.is_quiet() => {
                    return Ok((session, true));
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut has_connected = lock(&self.has_connected);
        if *has_connected && self.backing.connects_once {
            return Err(Unavailable("the connection is gone".to_owned()));
        }
        *has_connected = true;
        drop(has_connected);
        let session = self.place.connect(deadline, &self.backing)?;
        Ok((session, false))
    }

    /// Waits until one more may ask.
    fn room(&self, deadline: Instant) -> Result<Room<'_>, Unavailable> {
        let mut free = lock(&self.free);
        while *free == 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Unavailable("all connections are in use".to_owned()));
            }
            let waited = self.freed.wait_timeout(free, left);
            free = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= 1;
        Ok(Room(self))
    }
}

/// A place among those who ask.
struct Room<'a>(&'a Store);

impl Drop for Room<'_> {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

/// Whether a step failed because it took too long.
fn is_late(error: &SessionError) -> bool {
    use io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error, SessionError::Io(error) if matches!(error.kind(), TimedOut | WouldBlock))
}

fn greeting(row: &Row) -> Value {
    let mut columns = row.iter();
    json!({"lang": columns.next(), "text": columns.next()})
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
