//! Filling the database with the greetings of a file.

use std::path::Path;
use std::time::{Duration, Instant};

use super::case;
use super::stage::{Stage, is_served};
use super::traffic::Traffic;
use crate::cases::lifecycle::refusal::Ended;
use crate::cases::processes::scratch_file;
use crate::postgres::{Options, ROLE};
use crate::{Case, Context, Deviation, Model, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "database/seed-twice",
        "To fill the database a second time with the same file changes nothing.",
        seed_twice,
    ),
    case(
        "database/seed-replaces",
        "Filling the database with another file replaces what was there, at once: each list that is \
         served meanwhile is of one of the two.",
        seed_replaces,
    ),
    case(
        "database/seed-refuses",
        "A file that cannot be used is refused in one line that names it, with a non-zero status, and \
         leaves the data as they are.",
        seed_refuses,
    ),
    case(
        "database/seed-nul",
        "A file with a text that PostgreSQL cannot store (U+0000) is refused in one line, with a \
         non-zero status, and leaves the data as they are.",
        seed_nul,
    ),
    case(
        "database/seed-away",
        "While the database is down, filling it ends with a non-zero status and one line.",
        seed_away,
    ),
    case(
        "database/seed-together",
        "Several processes that fill the same database at the same time, a new one, all succeed.",
        seed_together,
    ),
];

/// How many greetings another file has: they take a moment to be written.
const OTHERS: usize = 2_000;

/// How many processes fill the database together.
const TOGETHER: usize = 4;

/// How long they may take until all wait for the first.
const ALL_WAIT: Duration = Duration::from_secs(3);

fn seed_twice(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let first = view.get("/greetings")?;
    stage.seed(view.model())?;
    is_served(&view, "/greetings", view.model())?;
    let second = view.get("/greetings")?;
    ensure!(
        first.header("etag") == second.header("etag"),
        "the list's entity tag changes though no greeting does"
    );
    Ok(Verdict::Conforms)
}

fn seed_replaces(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let others = (0..OTHERS).map(|number| (format!("x-{number}"), format!("text {number}")));
    let others = Model::new(others.collect());
    let both = [view.model(), &others];
    let traffic = Traffic::begin(&view, &both);
    for model in [&others, view.model(), &others] {
        stage.seed(model)?;
        traffic.go_on_for(Duration::from_millis(100));
    }
    let since = Instant::now();
    traffic.go_on_for(super::traffic::RECOVERED);
    traffic.end()?.recovered(since, "the database is filled")?;
    is_served(&view, "/greetings", &others)?;
    let gone = format!("/greetings/{}", view.model().present());
    is_served(&view, &gone, &others)?;
    Ok(Verdict::Conforms)
}

fn seed_refuses(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let huge = format!("{{\"en\": \"{}\"}}", "x".repeat(17 * 1024 * 1024));
    for (with, content) in [
        ("no JSON", "{\"en\": \"a\""),
        ("a list", "[]"),
        ("a greeting that is a number", "{\"es\": \"a\", \"en\": 5}"),
        ("a duplicate lang", "{\"en\": \"a\", \"en\": \"b\"}"),
        ("a malformed lang", "{\"en\": \"a\", \"e n\": \"b\"}"),
        ("an empty text", "{\"en\": \"a\", \"es\": \"\"}"),
        ("17 MiB", huge.as_str()),
    ] {
        let with = format!("a file of {with}");
        let file = scratch_file(context, content.as_bytes())?;
        let line = refused(&stage, file.path(), &with)?;
        let name = file.path().to_string_lossy();
        ensure!(
            line.contains(name.as_ref()),
            "with {with} standard error does not name the file: {line}"
        );
        is_served(&view, "/greetings", view.model())
            .map_err(|why| Deviation(format!("after {with}: {why}")))?;
    }
    let file = scratch_file(context, b"")?;
    let path = file.path().to_owned();
    drop(file);
    refused(&stage, &path, "no file")?;
    is_served(&view, "/greetings", view.model())?;
    Ok(Verdict::Conforms)
}

/// Checks that a file is refused, and returns the line that says so.
fn refused(stage: &Stage, file: &Path, with: &str) -> Result<String, Deviation> {
    let seeded = stage.try_seed(file)?;
    let ended = Ended {
        status: seeded.status,
        stdout: seeded.stdout,
        stderr: seeded.stderr,
    };
    ended.ensure_orderly(with)?;
    ended.only_line(with).map(str::to_owned)
}

fn seed_nul(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let file = scratch_file(context, br#"{"en": "a", "es": "one\u0000two"}"#)?;
    refused(&stage, file.path(), "a file with U+0000")?;
    is_served(&view, "/greetings", view.model())?;
    Ok(Verdict::Conforms)
}

fn seed_away(context: &Context) -> Outcome {
    let mut stage = Stage::set(context)?;
    let stopped = stage.cluster.stop(crate::postgres::Stop::Fast);
    stopped.map_err(|error| context.obstructed(error))?;
    let file = stage.file(&Model::embedded())?;
    refused(&stage, file.path(), "a database that is down")?;
    Ok(Verdict::Conforms)
}

fn seed_together(context: &Context) -> Outcome {
    let stage = Stage::empty(context, &Options::default());
    let stage = stage.map_err(|error| context.obstructed(error))??;
    // They meet where each makes the table, which another is about to have made.
    let mut first = stage.session()?;
    let begun = first.run("BEGIN; CREATE TABLE greetings (lang text)");
    begun.map_err(|error| context.obstructed(error))?;
    let file = stage.file(&Model::embedded())?;
    let results: Vec<Result<crate::over::Seeded, Deviation>> = std::thread::scope(|scope| {
        let seeding: Vec<_> = (0..TOGETHER)
            .map(|_| scope.spawn(|| stage.try_seed(file.path())))
            .collect();
        let deadline = Instant::now() + ALL_WAIT;
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE usename = '{ROLE}' AND wait_event_type = 'Lock'"
        );
        while Instant::now() < deadline && stage.manage(&waiting).ok() != Some(TOGETHER.to_string())
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        // It fails only where the connection is gone, and the table with it.
        let _ = first.run("ROLLBACK");
        let results = seeding.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    });
    for seeded in results {
        let seeded = seeded?;
        ensure!(
            seeded.status.success(),
            "of {TOGETHER} processes that fill the database together one ends with {}: {}",
            seeded.status,
            seeded.stderr.trim()
        );
    }
    stage.serve(&[])?;
    Ok(Verdict::Conforms)
}
