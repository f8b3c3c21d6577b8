//! Connections that the database ends or refuses, and a database that is not there yet.

use std::time::{Duration, Instant};

use super::stage::{Stage, is_served, is_unavailable};
use super::traffic::{RECOVERED, Traffic};
use super::{NEEDS_PROC, case};
use crate::model::check_problem;
use crate::postgres::{Options, PostgresError, Session, SessionError, Stop};
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "database/started-first",
        "A server that starts while its database is away listens, says on standard error that it \
         cannot read, and serves a second after the database's start.",
        started_first,
    ),
    case(
        "database/connections-ended",
        "Connections that the database has ended while they were not in use cost no request: each \
         gets its data.",
        connections_ended,
    ),
    case(
        "database/idle-session-timeout",
        "The same where the database ends each connection that is not in use \
         (idle_session_timeout).",
        idle_session_timeout,
    ),
    case(
        "database/max-connections",
        "While the database has no connection to give, each request for data gets 503; a second \
         after there are some everything is served again.",
        max_connections,
    ),
    case(
        "database/ready",
        "GET /readyz is 503 while the database is down, and 200 within a second of its return; GET \
         /healthz is 200 all the while.",
        ready,
    ),
    case(
        "database/health",
        "GET /healthz is answered at once while the database hangs.",
        health,
    )
    .needing(NEEDS_PROC),
];

/// How long a server is given to say something, or to notice that connections have ended.
const MOMENT: Duration = Duration::from_millis(300);

/// How many times connections are ended.
const ROUNDS: usize = 4;

/// How many ask at once, after each.
const AT_ONCE: usize = 8;

/// How long what does not ask the database may take.
const QUICK: Duration = Duration::from_millis(500);

fn started_first(context: &Context) -> Outcome {
    let mut stage = Stage::set(context)?;
    let obstructed = |error: PostgresError| context.obstructed(error);
    stage.cluster.stop(Stop::Fast).map_err(obstructed)?;
    let (process, view) = stage.start(&[])?;
    is_served(&view, "/healthz", view.model())?;
    let answer = view.get("/greetings")?;
    is_unavailable(&answer).map_err(|why| Deviation(format!("GET /greetings: {why}")))?;
    std::thread::sleep(MOMENT);
    ensure!(
        !process.stderr().trim().is_empty(),
        "it says nothing on standard error while its database is away"
    );
    let traffic = Traffic::begin(&view, &[view.model()]);
    traffic.go_on_for(MOMENT);
    stage.cluster.start_again().map_err(obstructed)?;
    let since = Instant::now();
    traffic.go_on_for(RECOVERED);
    traffic.end()?.recovered(since, "the database's start")?;
    Ok(Verdict::Conforms)
}

fn connections_ended(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    for _ in 0..ROUNDS {
        all_served(&view)?;
        stage.end_connections()?;
        std::thread::sleep(MOMENT);
        all_served(&view)?;
    }
    Ok(Verdict::Conforms)
}

/// Whether what is asked for at once, from several sides, is served.
fn all_served(view: &Context) -> Result<(), Deviation> {
    let langs: Vec<&String> = view.model().greetings().keys().collect();
    let ask = |number: usize| {
        let path = match number % 4 {
            0 => "/greetings".to_owned(),
            _ => format!("/greetings/{}", langs[number % langs.len()]),
        };
        let view = view.clone();
        std::thread::spawn(move || is_served(&view, &path, view.model()))
    };
    let asked: Vec<_> = (0..AT_ONCE).map(ask).collect();
    asked.into_iter().try_for_each(|asked| match asked.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

fn idle_session_timeout(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let major = stage.cluster.installation().major();
    if major < 14 {
        let why = format!("needs PostgreSQL 14 or later, and this is {major}");
        return Ok(Verdict::NotApplicable(why));
    }
    // Shorter than the pause below by what a machine may be late.
    stage.manage("ALTER ROLE quartet SET idle_session_timeout = '100ms'")?;
    let (_process, view) = stage.serve(&[])?;
    for _ in 0..ROUNDS {
        std::thread::sleep(2 * MOMENT);
        all_served(&view)?;
    }
    Ok(Verdict::Conforms)
}

fn max_connections(context: &Context) -> Outcome {
    let few = Options {
        settings: vec![("max_connections".to_owned(), "10".to_owned())],
        ..Options::default()
    };
    let stage = Stage::with(context, &few)?;
    let (_process, view) = stage.serve(&[])?;
    let traffic = Traffic::begin(&view, &[view.model()]);
    traffic.go_on_for(MOMENT);
    let taken = take_all(context, &stage)?;
    let from = Instant::now();
    traffic.go_on_for(5 * MOMENT);
    let to = Instant::now();
    drop(taken);
    let since = Instant::now();
    traffic.go_on_for(RECOVERED);
    let record = traffic.end()?;
    record.was_unavailable(from, to)?;
    record.recovered(since, "there are connections again")?;
    Ok(Verdict::Conforms)
}

/// Takes every connection that there is, also from the server.
fn take_all(context: &Context, stage: &Stage) -> Result<Vec<Session>, Deviation> {
    let all = stage.manage(
        "SELECT current_setting('max_connections')::int \
         - current_setting('superuser_reserved_connections')::int",
    )?;
    let all: usize = all.parse().map_err(|error| context.obstructed(error))?;
    let mut taken: Vec<Session> = Vec::new();
    let deadline = Instant::now() + 20 * MOMENT;
    while taken.len() < all {
        match stage.cluster.session() {
            Ok(session) => taken.push(session),
            Err(PostgresError::Session(SessionError::Refused { code, .. })) if code == "53300" => {
                let own = taken.iter().map(|session| session.process_id().to_string());
                let own: Vec<String> = own.collect();
                let ended = stage.cluster.manage(&format!(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                     WHERE usename = 'quartet' AND pid <> ALL (ARRAY[{}]::int[])",
                    own.join(",")
                ));
                match ended {
                    // Those that were ended a moment ago may still hold what is kept for superusers.
                    Err(PostgresError::Session(SessionError::Refused { code, .. }))
                        if code == "53300" => {}
                    ended => drop(ended.map_err(|error| context.obstructed(error))?),
                }
            }
            Err(error) => return Err(context.obstructed(error)),
        }
        if Instant::now() > deadline {
            return Err(context.obstructed("the database's connections cannot all be taken"));
        }
    }
    Ok(taken)
}

fn ready(context: &Context) -> Outcome {
    let obstructed = |error: PostgresError| context.obstructed(error);
    let mut stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let pulse = super::pulse::Pulse::of(context);
    let becomes = |status: u16, what: &str| {
        let since = Instant::now();
        loop {
            is_served(&view, "/healthz", view.model())?;
            let from = Instant::now();
            let answer = view.get("/readyz")?;
            if answer.status == status {
                return Ok(answer);
            }
            let after = pulse.had(since, from);
            ensure!(
                after <= super::traffic::IN_TIME,
                "{:.1} seconds after {what} GET /readyz is {}, not {status}",
                after.as_secs_f64(),
                answer.status
            );
            std::thread::sleep(MOMENT / 10);
        }
    };
    becomes(200, "the first request")?;
    for _ in 0..2 {
        stage.cluster.stop(Stop::Immediate).map_err(obstructed)?;
        let refusal = becomes(503, "the database's end")?;
        check_problem(&refusal).map_err(|why| Deviation(format!("GET /readyz: {why}")))?;
        ensure!(
            refusal.header("retry-after").is_some(),
            "GET /readyz is 503 without Retry-After"
        );
        stage.cluster.start_again().map_err(obstructed)?;
        becomes(200, "the database's return")?;
    }
    Ok(Verdict::Conforms)
}

fn health(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let traffic = Traffic::begin(&view, &[view.model()]);
    traffic.go_on_for(MOMENT);
    let frozen = stage.cluster.freeze();
    let frozen = frozen.map_err(|error| context.obstructed(error))?;
    let pulse = super::pulse::Pulse::of(context);
    for _ in 0..ROUNDS {
        traffic.go_on_for(MOMENT);
        let from = Instant::now();
        is_served(&view, "/healthz", view.model())?;
        let took = pulse.had(from, Instant::now());
        ensure!(
            took <= QUICK,
            "GET /healthz takes {:.1} seconds while the database hangs",
            took.as_secs_f64()
        );
    }
    drop(frozen);
    drop(traffic);
    Ok(Verdict::Conforms)
}
