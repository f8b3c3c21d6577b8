//! Filling the reference's database.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{Backing, Place, Seeding};
use crate::postgres::Session;

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The table, which is made unless it is there.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS greetings \
                     (lang text COLLATE \"C\" PRIMARY KEY, text text NOT NULL)";

/// Keeps those apart who make the table at the same time. The number is one's own.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7411936)";

/// Has the database hold the greetings that `read` returns.
///
/// # Errors
/// What there is to say of it, in a line.
pub(crate) fn seed(
    place: &Place,
    backing: &Backing,
    read: impl FnOnce() -> Result<BTreeMap<String, String>, String>,
) -> Result<(), String> {
    let connect = || {
        let session = place.connect(Instant::now() + LIMIT, backing);
        session.map_err(|error| format!("cannot connect to the database: {}", error.0))
    };
    let run = |session: &mut Session, statements: &str| {
        let run = session.run(statements);
        run.map(drop)
            .map_err(|error| format!("the database refuses it: {error}"))
    };
    if backing.seeding == Seeding::RemovedFirst {
        run(&mut connect()?, "DELETE FROM greetings")?;
    }
    let greetings = read()?;
    let mut session = connect()?;
    let mut insert = String::new();
    for (lang, text) in &greetings {
        let (lang, text) = (quoted(lang)?, quoted(text)?);
        let values = format!("({lang}, {text})");
        // It cannot fail: memory is all that is written to.
        let _ = match (insert.is_empty(), backing.seeding) {
            (false, Seeding::AtOnce | Seeding::WithoutLock) => write!(insert, ", {values}"),
            _ => write!(insert, ";INSERT INTO greetings VALUES {values}"),
        };
    }
    let statements = match backing.seeding {
        Seeding::AtOnce => {
            format!("BEGIN; {LOCK}; {TABLE}; DELETE FROM greetings{insert}; COMMIT")
        }
        Seeding::WithoutLock => {
            format!("BEGIN; {TABLE}; DELETE FROM greetings{insert}; COMMIT")
        }
        Seeding::TwiceFails => {
            let table = TABLE.replace("IF NOT EXISTS ", "");
            format!("BEGIN; {table}; DELETE FROM greetings{insert}; COMMIT")
        }
        Seeding::Added => {
            let on_conflict = " ON CONFLICT (lang) DO UPDATE SET text = excluded.text";
            let insert = insert.replace(";INSERT", &format!("{on_conflict};INSERT"));
            let insert = insert.strip_prefix(on_conflict).unwrap_or(&insert);
            let last = if insert.is_empty() { "" } else { on_conflict };
            format!("{TABLE}{insert}{last}")
        }
        Seeding::RowByRow | Seeding::RemovedFirst => {
            run(&mut session, &format!("{TABLE}; DELETE FROM greetings"))?;
            for statement in insert.split(";INSERT").skip(1) {
                run(&mut session, &format!("INSERT{statement}"))?;
            }
            return Ok(());
        }
    };
    run(&mut session, &statements)
}

/// A text as SQL has it.
fn quoted(text: &str) -> Result<String, String> {
    if text.contains('\0') {
        return Err("PostgreSQL stores no U+0000".to_owned());
    }
    Ok(format!("'{}'", text.replace('\'', "''")))
}
