//! Statements that take long, and requests that wait for them.

use std::time::{Duration, Instant};

use super::pulse::Pulse;
use super::stage::{Locked, Stage, is_served, is_unavailable};
use super::traffic::{CLIENTS, IN_TIME, RECOVERED, Traffic};
use super::{NEEDS, case};
use crate::cases::processes::{ends_well, signal};
use crate::http::{Connection, Request};
use crate::servers::{Process, Setting, Signal};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "database/slow-statements",
        "While statements take longer than a second, each request gets 503 within one; a second \
         after the last of them everything is served again.",
        slow_statements,
    ),
    case(
        "database/statements-end",
        "A statement whose request has been answered with 503 does not go on in the database: no \
         more statements wait there than requests are in flight (four times as many are allowed).",
        statements_end,
    ),
    case(
        "database/together",
        "A hundred requests that wait for the database for a tenth of a second are answered \
         together, with their data, and hold up no other.",
        together,
    ),
    case(
        "database/client-gone",
        "After clients have gone away while their statements ran, no statement goes on, and no \
         request gets another's data.",
        client_gone,
    ),
    case(
        "database/drain",
        "SIGTERM while statements run: their requests get their data, and the process ends with \
         status 0.",
        drain,
    )
    .needing(NEEDS_SIGNALS),
    case(
        "database/drain-ends",
        "SIGTERM while statements run that do not end: their requests get 503 within a second, and \
         the process ends with status 0.",
        drain_ends,
    )
    .needing(NEEDS_SIGNALS),
    case(
        "database/header-timeout",
        "The time limit of a request's head does not include the time for which the request waits \
         for the database.",
        header_timeout,
    )
    .needing(&[
        Need::Process,
        Need::Postgres,
        Need::Database,
        Need::HeaderTimeout,
    ]),
];

const NEEDS_SIGNALS: &[Need] = &[NEEDS[0], NEEDS[1], NEEDS[2], Need::Signals];

/// How long a table is locked that is locked for long: longer than a request may wait.
const LONG: Duration = Duration::from_millis(2600);

/// How long it is locked where requests are to wait for it, and to be answered.
const SHORT: Duration = Duration::from_millis(120);

/// Beyond this, on a busy machine, a request may rightly be answered with 503.
const TOO_LONG: Duration = Duration::from_millis(400);

/// How often an experiment is made that a busy machine spoils.
const TRIES: usize = 6;

/// How many requests wait together.
const MANY: usize = 100;

/// How long they may take once the database answers: one after the other they take ten seconds.
const ALL_TOGETHER: Duration = Duration::from_secs(2);

/// How long a moment is in which octets that were sent have arrived.
const MOMENT: Duration = Duration::from_millis(150);

/// How long statements may take to end that nobody waits for.
const TIDY: Duration = Duration::from_secs(3);

fn slow_statements(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let traffic = Traffic::begin(&view, &[view.model()]);
    traffic.go_on_for(MOMENT);
    let locked = stage.lock()?;
    let from = Instant::now();
    traffic.go_on_for(LONG);
    let to = Instant::now();
    drop(locked);
    let since = Instant::now();
    traffic.go_on_for(RECOVERED);
    let record = traffic.end()?;
    record.was_unavailable(from, to)?;
    record.recovered(since, "the last slow statement")?;
    Ok(Verdict::Conforms)
}

fn statements_end(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let traffic = Traffic::begin(&view, &[view.model()]);
    let locked = stage.lock()?;
    let mut most = 0;
    // Five times as long as a request may wait: if statements do not end, each client has left five by
    // then.
    for _ in 0..8 {
        traffic.go_on_for(LONG / 4);
        most = most.max(running(&stage)?);
    }
    drop(locked);
    traffic.end()?;
    ensure!(
        most <= 4 * CLIENTS,
        "{most} statements wait in the database while {CLIENTS} requests are in flight"
    );
    Ok(Verdict::Conforms)
}

/// How many statements of the server's run, or wait.
fn running(stage: &Stage) -> Result<usize, Deviation> {
    let count = stage.manage(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE usename = 'quartet' AND state = 'active'",
    )?;
    count.parse().map_err(|error| stage.over.obstructed(error))
}

/// Requests that are in flight, each on a connection of its own.
struct InFlight {
    requests: Vec<(Connection, String)>,
    view: Context,
}

impl InFlight {
    fn open(view: &Context, count: usize) -> Result<Self, Deviation> {
        let langs: Vec<&String> = view.model().greetings().keys().collect();
        let open = |number: usize| {
            let path = match number % 2 {
                0 => "/greetings".to_owned(),
                _ => format!("/greetings/{}", langs[number / 2 % langs.len()]),
            };
            Ok((view.aside().connect()?, path))
        };
        Ok(Self {
            requests: (0..count).map(open).collect::<Result<_, Deviation>>()?,
            view: view.clone(),
        })
    }

    fn send(&mut self) -> Result<(), Deviation> {
        for (connection, path) in &mut self.requests {
            let request = self.view.prepare(Request::get(path.as_str()));
            connection.send(&request.to_bytes())?;
        }
        Ok(())
    }

    /// Whether each gets what it asked for.
    fn are_answered(&mut self) -> Result<(), Deviation> {
        for (connection, path) in &mut self.requests {
            let answer = connection
                .receive("GET")
                .map_err(|why| Deviation(format!("GET {path}: {why}")))?;
            let expected = self.view.model().answer("GET", path);
            let checked = expected.check(&answer);
            checked.map_err(|why| Deviation(format!("GET {path}: {why}")))?;
        }
        Ok(())
    }

    /// Whether each gets that the database cannot be read.
    fn are_refused(&mut self) -> Result<(), Deviation> {
        for (connection, path) in &mut self.requests {
            let answer = connection
                .receive("GET")
                .map_err(|why| Deviation(format!("GET {path}: {why}")))?;
            is_unavailable(&answer).map_err(|why| Deviation(format!("GET {path}: {why}")))?;
        }
        Ok(())
    }
}

/// Makes an experiment that says how long requests had to wait, with what the machine was late, until
/// that is no longer than it should be: on a machine that is too busy each time, nothing is found out.
fn unspoiled(
    mut experiment: impl FnMut() -> Result<(Duration, Result<(), Deviation>), Deviation>,
) -> Outcome {
    for _ in 0..TRIES {
        let (waited, result) = experiment()?;
        if result.is_ok() {
            return Ok(Verdict::Conforms);
        }
        if waited < TOO_LONG {
            result?;
        }
    }
    Ok(Verdict::NotApplicable(
        "this machine was too busy to tell".to_owned(),
    ))
}

fn together(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let pulse = Pulse::of(context);
    unspoiled(|| {
        let mut requests = InFlight::open(&view, MANY)?;
        let locked = stage.lock()?;
        let sent = Instant::now();
        requests.send()?;
        let asked = Instant::now();
        let health = is_served(&view, "/healthz", view.model());
        let others = pulse.had(asked, Instant::now());
        std::thread::sleep(SHORT.saturating_sub(asked.elapsed()));
        let waited = sent.elapsed();
        drop(locked);
        let since = Instant::now();
        let result = health.and_then(|()| {
            ensure!(
                others <= IN_TIME,
                "while requests wait for the database, GET /healthz takes {:.1} seconds",
                others.as_secs_f64()
            );
            requests.are_answered()?;
            let took = pulse.had(since, Instant::now());
            ensure!(
                took <= ALL_TOGETHER,
                "of {MANY} requests the last is answered {:.1} seconds after the database answers",
                took.as_secs_f64()
            );
            Ok(())
        });
        Ok((waited, result))
    })
}

fn client_gone(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    for locked_for in [SHORT, IN_TIME] {
        let locked = stage.lock()?;
        let mut requests = InFlight::open(&view, 2 * CLIENTS)?;
        requests.send()?;
        std::thread::sleep(MOMENT);
        drop(requests);
        std::thread::sleep(locked_for);
        drop(locked);
        let since = Instant::now();
        let traffic = Traffic::begin(&view, &[view.model()]);
        traffic.go_on_for(RECOVERED);
        traffic
            .end()?
            .recovered(since, "the statements that clients left")?;
    }
    let deadline = Instant::now() + TIDY;
    loop {
        let running = running(&stage)?;
        if running == 0 {
            return Ok(Verdict::Conforms);
        }
        ensure!(
            Instant::now() < deadline,
            "{running} statements go on that nobody waits for"
        );
        std::thread::sleep(MOMENT);
    }
}

/// A server with requests that wait for the table, which has been sent SIGTERM.
fn draining(
    context: &Context,
    stage: &Stage,
) -> Result<(Process, InFlight, Locked, Instant), Deviation> {
    let (mut process, view) = stage.serve(&[])?;
    let locked = stage.lock()?;
    let mut requests = InFlight::open(&view, 2 * CLIENTS)?;
    let sent = Instant::now();
    requests.send()?;
    std::thread::sleep(MOMENT);
    signal(context, &mut process, Signal::Terminate)?;
    Ok((process, requests, locked, sent))
}

fn drain(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let pulse = Pulse::of(context);
    unspoiled(|| {
        let (mut process, mut requests, locked, sent) = draining(context, &stage)?;
        std::thread::sleep(MOMENT / 2);
        let waited = sent.elapsed();
        drop(locked);
        let answered = requests.are_answered();
        // A request that waits for longer than this has not been answered for another reason.
        let waited = waited + pulse.lost(sent, Instant::now().min(sent + IN_TIME));
        let result = answered
            .map_err(|why| Deviation(format!("after SIGTERM, {why}")))
            .and_then(|()| ends_well(&mut process, TIDY, "SIGTERM").map(drop));
        Ok((waited, result))
    })
}

fn drain_ends(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let pulse = Pulse::of(context);
    let (mut process, mut requests, locked, sent) = draining(context, &stage)?;
    let refused = requests.are_refused();
    refused.map_err(|why| Deviation(format!("after SIGTERM, {why}")))?;
    let took = pulse.had(sent, Instant::now());
    ensure!(
        took <= IN_TIME,
        "after SIGTERM what waits for the database is answered after {:.1} seconds",
        took.as_secs_f64()
    );
    ends_well(&mut process, TIDY, "SIGTERM")?;
    drop(locked);
    Ok(Verdict::Conforms)
}

/// The limit of a head, and when its last octet is sent and the database answers, after the first.
const HEAD: u32 = 2;
const HEAD_SENT: Duration = Duration::from_millis(1500);
const ANSWERABLE: Duration = Duration::from_millis(2150);

fn header_timeout(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[Setting::HeaderTimeout(HEAD)])?;
    let pulse = Pulse::of(context);
    for _ in 0..TRIES {
        let octets = view.prepare(Request::get("/greetings")).to_bytes();
        let (first, last) = octets.split_at(octets.len() / 2);
        let since = Instant::now();
        let mut connection = view.connect()?;
        connection.send(first)?;
        std::thread::sleep(HEAD_SENT);
        let locked = stage.lock()?;
        connection.send(last)?;
        let sent = Instant::now();
        let was_in_time = sent - since < HEAD_SENT + MOMENT;
        std::thread::sleep(ANSWERABLE.saturating_sub(since.elapsed()));
        drop(locked);
        let answer = connection.receive("GET");
        // What was late before then has made the limit later, too: it begins with the connection.
        let was_read_in_time = pulse.lost(sent, Instant::now()) < MOMENT;
        let result = match answer {
            Ok(answer) if answer.status == 503 => is_unavailable(&answer),
            Ok(answer) => view
                .model()
                .answer("GET", "/greetings")
                .check(&answer)
                .map(drop),
            Err(why) => Err(Deviation(why.to_string())),
        };
        match result {
            Ok(()) => return Ok(Verdict::Conforms),
            Err(why) if was_in_time && was_read_in_time => {
                return Err(Deviation(format!(
                    "a request whose head takes {HEAD_SENT:?} of {HEAD} seconds, and which then \
                     waits for the database, is not answered: {why}"
                )));
            }
            Err(_) => {}
        }
    }
    Ok(Verdict::NotApplicable(
        "this machine was too busy to tell".to_owned(),
    ))
}
