//! The greetings, in memory or in a database. No request is known here.

use std::{borrow::Cow, path::Path};

#[cfg(feature = "database")]
use crate::database::Database;
use crate::{
    DataError, EntityTag, Greeting, Lang, Problem, Versioned, data_file, versioned::etag_of,
};

/// The greetings, by language: in memory, or in a database.
#[derive(Debug)]
pub struct Greetings(Backing);

#[derive(Debug)]
enum Backing {
    Memory(Memory),
    #[cfg(feature = "database")]
    Database(Database),
}

impl Greetings {
    /// The seven greetings that are compiled in.
    pub fn embedded() -> Self {
        Memory::new(data_file::embedded()).into()
    }

    /// The greetings in a JSON file: one object from locale name to text.
    pub fn load(file: &Path) -> Result<Self, DataError> {
        Ok(Memory::new(data_file::load(file)?).into())
    }

    /// Every greeting, sorted by lang.
    pub async fn list(&self) -> Result<Versioned<Cow<'_, [Greeting]>>, Problem> {
        match &self.0 {
            Backing::Memory(memory) => Ok(memory.list()),
            // Boxed, so that a connection that waits for its next request does not hold room for it.
            #[cfg(feature = "database")]
            Backing::Database(database) => Box::pin(database.list()).await.map(owned),
        }
    }

    /// The greeting of one language, or the problem that there is none.
    pub async fn get(&self, lang: &Lang) -> Result<Versioned<Cow<'_, Greeting>>, Problem> {
        #[cfg(feature = "fault-injection")]
        inject_fault(lang).await;

        match &self.0 {
            Backing::Memory(memory) => memory.get(lang),
            #[cfg(feature = "database")]
            Backing::Database(database) => Box::pin(database.get(lang)).await.map(owned),
        }
    }

    /// Whether the greetings can be read, as far as is known.
    pub(crate) fn readiness(&self) -> Result<(), Problem> {
        match &self.0 {
            Backing::Memory(_) => Ok(()),
            #[cfg(feature = "database")]
            Backing::Database(database) => database.readiness(),
        }
    }

    /// Begins to look after a database, on the runtime that this is called on.
    pub(crate) async fn watch(&self) {
        #[cfg(feature = "database")]
        if let Backing::Database(database) = &self.0 {
            database.watch().await;
        }
    }
}

#[cfg(feature = "database")]
fn owned<T: ToOwned + ?Sized>(value: Versioned<T::Owned>) -> Versioned<Cow<'static, T>> {
    Versioned {
        value: Cow::Owned(value.value),
        etag: value.etag,
    }
}

impl From<Memory> for Greetings {
    fn from(memory: Memory) -> Self {
        Self(Backing::Memory(memory))
    }
}

#[cfg(feature = "database")]
impl From<Database> for Greetings {
    fn from(database: Database) -> Self {
        Self(Backing::Database(database))
    }
}

/// Greetings in memory.
#[derive(Debug)]
struct Memory {
    // Sorted by lang. Two vectors, because the list is serialised as one slice.
    greetings: Vec<Greeting>,
    etags: Vec<EntityTag>,
    list_etag: EntityTag,
}

impl Memory {
    /// Greetings that are sorted by lang.
    fn new(greetings: Vec<Greeting>) -> Self {
        Self {
            etags: greetings.iter().map(|one| etag_of(one).leaked()).collect(),
            list_etag: etag_of(&greetings).leaked(),
            greetings,
        }
    }

    fn list(&self) -> Versioned<Cow<'_, [Greeting]>> {
        Versioned {
            value: Cow::Borrowed(self.greetings.as_slice()),
            etag: self.list_etag.clone(),
        }
    }

    fn get(&self, lang: &Lang) -> Result<Versioned<Cow<'_, Greeting>>, Problem> {
        let index = self
            .greetings
            .binary_search_by(|greeting| greeting.lang.cmp(lang))
            .map_err(|_| Problem::unknown_lang(lang))?;
        Ok(Versioned {
            value: Cow::Borrowed(&self.greetings[index]),
            etag: self.etags[index].clone(),
        })
    }
}

#[cfg(feature = "fault-injection")]
async fn inject_fault(lang: &Lang) {
    match lang.as_str() {
        "x-panic" => panic!("a fault was asked for"),
        "x-wait" => tokio::time::sleep(std::time::Duration::from_secs(3)).await,
        _ => {}
    }
}
