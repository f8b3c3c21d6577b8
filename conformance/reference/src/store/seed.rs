//! Filling the reference's database.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Backing, Place, Seeding};
use quartet_conformance::postgres::Session;

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
    let row = |(lang, text): (&String, &String)| {
        let (lang, text) = (quoted(lang)?, quoted(text)?);
        Ok(format!("({lang}, {text})"))
    };
    let rows: Vec<String> = greetings.iter().map(row).collect::<Result<_, String>>()?;
    let insert = |rows: &[String]| match rows {
        [] => String::new(),
        rows => format!("INSERT INTO greetings VALUES {}", rows.join(", ")),
    };
    let replace = format!("DELETE FROM greetings; {}", insert(&rows));
    let statements = match backing.seeding {
        Seeding::AtOnce => format!("BEGIN; {LOCK}; {TABLE}; {replace}; COMMIT"),
        Seeding::WithoutLock => format!("BEGIN; {TABLE}; {replace}; COMMIT"),
        Seeding::TwiceFails => {
            let table = TABLE.replace("IF NOT EXISTS ", "");
            format!("BEGIN; {table}; {replace}; COMMIT")
        }
        Seeding::Added => match rows.is_empty() {
            true => TABLE.to_owned(),
            false => format!(
                "{TABLE}; {} ON CONFLICT (lang) DO UPDATE SET text = excluded.text",
                insert(&rows)
            ),
        },
        Seeding::RowByRow | Seeding::RemovedFirst => {
            run(&mut session, &format!("{TABLE}; DELETE FROM greetings"))?;
            return rows
                .chunks(1)
                .try_for_each(|row| run(&mut session, &insert(row)));
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
