//! What becomes of connections when a process is told to end.

use std::time::{Duration, Instant};

use super::CONTRACT;
use crate::cases::processes::{AT_ONCE, LARGE, Large, ends_well, serves, signal, start};
use crate::http::{Broken, Connection, Request};
use crate::servers::{Setting, Signal};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/drain-in-flight",
        CONTRACT,
        "Responses that have begun when SIGTERM arrives are sent completely.",
        drain_in_flight,
    )
    .needing(&[Need::Process, Need::Signals, Need::DataFile])
    .within(Duration::from_secs(60)),
    Case::must(
        "lifecycle/drain-idle-keep-alive",
        "the contract; RFC 9112 §9.5",
        "Idle kept connections do not delay the end of the process.",
        drain_idle_keep_alive,
    )
    .needing(&[Need::Process, Need::Signals, Need::Model])
    .within(Duration::from_secs(30)),
    Case::should(
        "lifecycle/drain-unused",
        CONTRACT,
        "Connections that have sent nothing do not delay the end of the process.",
        drain_unused,
    )
    .needing(&[Need::Process, Need::Signals, Need::Model])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/drain-half-request",
        CONTRACT,
        "Incomplete requests delay the end of the process by the drain timeout at most.",
        drain_half_request,
    )
    .needing(&[Need::Process, Need::Signals, Need::DrainTimeout])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/drain-refuses-new",
        CONTRACT,
        "A draining process closes its sockets. New connections are refused.",
        drain_refuses_new,
    )
    .needing(&[Need::Process, Need::Signals, Need::DataFile])
    .within(Duration::from_secs(60)),
];

/// How many connections there are of a kind.
const CONNECTIONS: usize = 4;

/// How long a process may take until it turns new connections away.
const TURNING_AWAY: Duration = Duration::from_secs(3);

/// How long a new connection waits for an answer.
const ANSWER: Duration = Duration::from_millis(500);

fn drain_in_flight(context: &Context) -> Outcome {
    let mut large = Large::start(context, LARGE, &[])?;
    let answers: Vec<_> = (0..CONNECTIONS)
        .map(|_| large.ask())
        .collect::<Result<_, _>>()?;
    signal(context, &mut large.process, Signal::Terminate)?;
    wait_until_draining(&large.view);
    for answer in answers {
        large
            .finish(answer)
            .map_err(|why| Deviation(format!("a response that had begun before SIGTERM: {why}")))?;
    }
    ends_well(&mut large.process, AT_ONCE, "SIGTERM and the last response")?;
    Ok(Verdict::Conforms)
}

fn drain_idle_keep_alive(context: &Context) -> Outcome {
    let (mut process, view) = start(context, &[])?;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = view.connect()?;
        let request = view.prepare(Request::get("/greetings"));
        let response = connection.exchange("GET", &request.to_bytes())?;
        ensure!(response.status < 500, "the status is {}", response.status);
        connections.push(connection);
    }
    signal(context, &mut process, Signal::Terminate)?;
    let after = "SIGTERM, with connections that wait for a further request,";
    ends_well(&mut process, AT_ONCE, after)?;
    closes_without_an_answer(connections)
}

fn drain_unused(context: &Context) -> Outcome {
    let (mut process, view) = start(context, &[])?;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(view.connect()?);
    }
    // Those before it in the queue have been accepted once this is answered.
    serves(&view)?;
    signal(context, &mut process, Signal::Terminate)?;
    let after = "SIGTERM, with connections that have sent nothing,";
    ends_well(&mut process, AT_ONCE, after)?;
    closes_without_an_answer(connections)
}

fn closes_without_an_answer(connections: Vec<Connection>) -> Outcome {
    for mut connection in connections {
        let (received, _) = connection.rest(AT_ONCE);
        ensure!(
            received.is_empty(),
            "a connection without a request gets {} octets at the end",
            received.len()
        );
    }
    Ok(Verdict::Conforms)
}

fn drain_half_request(context: &Context) -> Outcome {
    const DRAIN: u32 = 1;
    let whole = Request::new("POST", "/greetings").content("x".repeat(100));
    let whole = context.prepare(whole).to_bytes();
    for length in [whole.len() / 3, whole.len() - 50] {
        let (mut process, view) = start(context, &[Setting::DrainTimeout(DRAIN)])?;
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut connection = view.connect()?;
            connection.send(&whole[..length])?;
            connections.push(connection);
        }
        // Those before it in the queue have been accepted once this is answered.
        view.get("/greetings")?;
        signal(context, &mut process, Signal::Terminate)?;
        let limit = Duration::from_secs(DRAIN.into()) + AT_ONCE;
        ends_well(&mut process, limit, "SIGTERM, with requests half sent,")?;
    }
    Ok(Verdict::Conforms)
}

fn drain_refuses_new(context: &Context) -> Outcome {
    let mut large = Large::start(context, LARGE, &[])?;
    // It holds the drain up for as long as it is not read.
    let answer = large.ask()?;
    signal(context, &mut large.process, Signal::Terminate)?;
    let turned_away = wait_while(&large.view, |turned_away| {
        turned_away != TurnedAway::Refused
    });
    ensure!(
        large.process.exited().is_none(),
        "after SIGTERM it does not wait for a response in progress"
    );
    large.finish(answer)?;
    let does = match turned_away {
        TurnedAway::Refused => return Ok(Verdict::Conforms),
        TurnedAway::Closed => "accepts and closes",
        TurnedAway::Ignored => "neither refuses nor answers",
        TurnedAway::No => "answers",
    };
    Err(Deviation(format!(
        "{TURNING_AWAY:?} after SIGTERM it still {does} new connections"
    )))
}

/// What becomes of a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TurnedAway {
    /// It is refused.
    Refused,
    /// It is closed without an answer, as those are that wait to be accepted when a socket is closed.
    Closed,
    /// It is not answered.
    Ignored,
    /// It is answered.
    No,
}

/// Waits until a process that was told to end no longer answers new connections.
pub(super) fn wait_until_draining(view: &Context) -> TurnedAway {
    wait_while(view, |turned_away| turned_away == TurnedAway::No)
}

/// Opens connections while that becomes of them, for as long as a process may take to turn them away.
fn wait_while(view: &Context, goes_on: impl Fn(TurnedAway) -> bool) -> TurnedAway {
    let deadline = Instant::now() + TURNING_AWAY;
    loop {
        let aside = view.aside();
        let turned_away = match aside.connect() {
            Err(_) => TurnedAway::Refused,
            Ok(connection) => try_request(&aside, connection),
        };
        if !goes_on(turned_away) || Instant::now() > deadline {
            return turned_away;
        }
    }
}

fn try_request(view: &Context, mut connection: Connection) -> TurnedAway {
    let request = view.prepare(Request::get("/healthz").header("Connection", "close"));
    match connection.send(&request.to_bytes()) {
        Err(Broken::TimedOut) => return TurnedAway::Ignored,
        Err(_) => return TurnedAway::Closed,
        Ok(()) => {}
    }
    match connection.rest(ANSWER) {
        (received, _) if !received.is_empty() => TurnedAway::No,
        (_, true) => TurnedAway::Closed,
        (_, false) => TurnedAway::Ignored,
    }
}
