//! Making the table and filling it. No server is known here.

use std::{io, path::PathBuf, time::Duration};

use clap::{Args as _, FromArgMatches as _};
use tokio::{runtime::Builder, time::timeout};
use tokio_postgres::Client;

use super::{Chain, UrlError, settings::Settings};
use crate::{DataError, Greeting, Options, data_file};

/// The statements that made the schema what it is, in order. None is changed once it was released.
const MIGRATIONS: &[&str] = &[include_str!("migrations/1_greetings.sql")];

/// What the lock is called under which migrations run: "quartet" in ASCII.
const LOCK: i64 = 0x0071_7561_7274_6574;

/// How long connecting may take, and waiting for another's lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// `database seed`.
#[derive(clap::Args)]
struct Seed {
    /// JSON object from locale name to text [default: the seven built-in greetings]
    #[arg(long, value_name = "FILE")]
    greetings: Option<PathBuf>,
}

/// `database` and what is below it.
pub(crate) fn command() -> clap::Command {
    let seed = Seed::augment_args(clap::Command::new("seed")).about(
        "Make the table, and fill it with the greetings of a file in one transaction: those that are not in it are \
         removed",
    );
    clap::Command::new("database")
        .about("Prepare the database that --database names")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(seed)
}

/// Why a database was not filled. One line each; the database is then as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SeedError {
    #[error("name the database with --database or QUARTET_DATABASE_URL")]
    NoUrl,
    #[error(transparent)]
    Url(#[from] UrlError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("the greeting of {0:?} has the character U+0000, which PostgreSQL does not store")]
    Nul(String),
    #[error("cannot connect to the database within {PATIENCE:?}")]
    Late,
    #[error("the database was made by a newer version of this program: its schema is {0}, and the newest known here is {newest}", newest = MIGRATIONS.len())]
    Newer(i32),
    #[error("the database: {}", Chain(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error("cannot start: {0}")]
    Runtime(#[from] io::Error),
}

/// Does what `database` and what is below it asked for, and returns how many greetings the table has then.
pub(crate) fn seed(
    matches: &clap::ArgMatches,
    options: &Options,
    program: &str,
) -> Result<usize, SeedError> {
    let seed = matches.subcommand_matches("seed");
    let seed = seed.and_then(|matches| Seed::from_arg_matches(matches).ok());
    // The server's own option has the variable as well.
    let file = seed
        .and_then(|seed| seed.greetings)
        .or_else(|| options.greetings.clone());
    let url = options.database.url.as_ref().ok_or(SeedError::NoUrl)?;
    let settings = Settings::new(url, program)?;
    let greetings = match file {
        Some(file) => data_file::load(&file)?,
        None => data_file::embedded(),
    };
    if let Some(greeting) = greetings.iter().find(|g| g.text.contains('\0')) {
        return Err(SeedError::Nul(greeting.lang.to_string()));
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut client, connection) = timeout(PATIENCE, settings.connect())
            .await
            .map_err(|_| SeedError::Late)??;
        let connection = tokio::spawn(connection);
        fill(&mut client, &greetings).await?;
        drop(client);
        // It says goodbye. What it ends with does not matter any more.
        let _ = connection.await;
        Ok(greetings.len())
    })
}

async fn fill(client: &mut Client, greetings: &[Greeting]) -> Result<(), SeedError> {
    let transaction = client.transaction().await?;
    let limit = format!("SET LOCAL lock_timeout = {}", PATIENCE.as_millis());
    transaction.batch_execute(&limit).await?;
    // Ends with the transaction.
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS quartet_migrations (
                version integer PRIMARY KEY,
                applied timestamptz NOT NULL DEFAULT now()
            )",
        )
        .await?;
    let version: Option<i32> = transaction
        .query_one("SELECT max(version) FROM quartet_migrations", &[])
        .await?
        .try_get(0)?;
    let version = version.unwrap_or(0);
    let applied = usize::try_from(version).unwrap_or(0);
    if applied > MIGRATIONS.len() {
        return Err(SeedError::Newer(version));
    }
    for (version, migration) in (1..).zip(MIGRATIONS).skip(applied) {
        transaction.batch_execute(migration).await?;
        transaction
            .execute(
                "INSERT INTO quartet_migrations (version) VALUES ($1)",
                &[&version],
            )
            .await?;
    }
    let langs: Vec<&str> = greetings.iter().map(|g| g.lang.as_str()).collect();
    let texts: Vec<&str> = greetings.iter().map(|g| g.text.as_str()).collect();
    transaction
        .execute(
            "DELETE FROM greetings WHERE NOT EXISTS
                (SELECT FROM unnest($1::text[]) AS kept (lang) WHERE kept.lang = greetings.lang)",
            &[&langs],
        )
        .await?;
    transaction
        .execute(
            "INSERT INTO greetings (lang, text) SELECT * FROM unnest($1::text[], $2::text[])
                ON CONFLICT (lang) DO UPDATE SET text = excluded.text
                WHERE greetings.text <> excluded.text",
            &[&langs, &texts],
        )
        .await?;
    transaction.batch_execute("ANALYZE greetings").await?;
    transaction.commit().await?;
    Ok(())
}
