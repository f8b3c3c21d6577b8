//! What a process does between being told to end and draining, where it is told to wait.

use std::time::{Duration, Instant};

use super::CONTRACT;
use crate::cases::processes::{AT_ONCE, ends_well, serves, signal, start};
use crate::http::Request;
use crate::model::check_problem;
use crate::servers::{Process, Setting, Signal};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "lifecycle/delay-serves",
        "From SIGTERM to the end of the delay GET /readyz is 503 with Retry-After, and all else is \
         answered, on new connections as on old ones.",
        delay_serves,
    ),
    case(
        "lifecycle/delay-says-close",
        "During the delay answers say that their connection is closed, so that clients leave \
         before \
         it is.",
        delay_says_close,
    ),
    case(
        "lifecycle/delay-ends",
        "A process ends with exit status 0 once the delay is over, and not before.",
        delay_ends,
    ),
    case(
        "lifecycle/delay-sigint",
        "SIGINT starts the delay like SIGTERM, and either signal ends it.",
        delay_sigint,
    ),
    case(
        "lifecycle/delay-second-signal",
        "A second signal ends the delay, not the drain: the exit status is 0.",
        delay_second_signal,
    ),
];

const fn case(id: &'static str, requirement: &'static str, run: fn(&Context) -> Outcome) -> Case {
    Case::must(id, CONTRACT, requirement, run)
        .needing(&[
            Need::Process,
            Need::Signals,
            Need::Model,
            Need::ShutdownDelay,
        ])
        .within(Duration::from_secs(60))
}

/// A delay in seconds that no experiment outlasts.
const LONG: u32 = 40;

/// How often a process is asked whether it is ready.
const LOOK: Duration = Duration::from_millis(10);

/// Sends SIGTERM and waits until the process says that it is not ready.
fn tell_to_end(context: &Context, process: &mut Process, view: &Context) -> Result<(), Deviation> {
    tell_by(Signal::Terminate, context, process, view)
}

/// Sends this signal and waits until the process says that it is not ready.
fn tell_by(
    first: Signal,
    context: &Context,
    process: &mut Process,
    view: &Context,
) -> Result<(), Deviation> {
    let told = first.as_str();
    let ready = view.get("/readyz")?.status;
    ensure!(
        ready == 200,
        "before {told} GET /readyz is {ready}, not 200"
    );
    signal(context, process, first)?;
    let deadline = Instant::now() + AT_ONCE;
    loop {
        let answer = view.aside().get("/readyz");
        let answer = answer.map_err(|why| Deviation(format!("after {told}: {why}")))?;
        match answer.status {
            503 => return Ok(()),
            200 if Instant::now() < deadline => std::thread::sleep(LOOK),
            status => {
                return Err(Deviation(format!(
                    "after {told} GET /readyz is {status}, not 503"
                )));
            }
        }
    }
}

fn delay_serves(context: &Context) -> Outcome {
    let (mut process, view) = start(context, &[Setting::ShutdownDelay(LONG)])?;
    let request = view.prepare(Request::get("/greetings")).to_bytes();
    let expected = view.model().answer("GET", "/greetings");
    let mut old = view.connect()?;
    expected.check(&old.exchange("GET", &request)?)?;

    tell_to_end(context, &mut process, &view)?;
    let during = |what: &str, why: &dyn std::fmt::Display| {
        Deviation(format!("during the delay after SIGTERM, {what}: {why}"))
    };
    let refusal = view.get("/readyz")?;
    check_problem(&refusal).map_err(|why| during("GET /readyz", &why))?;
    ensure!(
        refusal.header("retry-after").is_some(),
        "the 503 has no Retry-After"
    );
    for method in ["HEAD", "OPTIONS", "DELETE"] {
        let answer = view.send(Request::new(method, "/readyz"))?;
        let (status, allow) = (answer.status, answer.list("allow"));
        let is_right = match method {
            "HEAD" => status == 503 && answer.body.is_empty(),
            "OPTIONS" => matches!(status, 200 | 204) && allow.len() == 3,
            _ => status == 405,
        };
        ensure!(is_right, "{method} /readyz is {status} during the delay");
    }
    let health = view.get("/healthz")?.status;
    ensure!(health == 200, "GET /healthz is {health} during the delay");
    serves(&view).map_err(|why| during("on a new connection", &why))?;
    let answer = old.exchange("GET", &request);
    let answer = answer.map_err(|why| during("on an old connection", &why))?;
    let checked = expected.check(&answer);
    checked.map_err(|why| during("on an old connection", &why))?;
    Ok(Verdict::Conforms)
}

fn delay_says_close(context: &Context) -> Outcome {
    let (mut process, view) = start(context, &[Setting::ShutdownDelay(LONG)])?;
    tell_to_end(context, &mut process, &view)?;
    for path in [
        "/greetings",
        "/greetings/_",
        "/no-such-path",
        "/healthz",
        "/readyz",
    ] {
        let mut connection = view.connect()?;
        let request = view.prepare(Request::get(path));
        let answer = connection.exchange("GET", &request.to_bytes())?;
        let options = answer.list("connection");
        ensure!(
            options
                .iter()
                .any(|option| option.eq_ignore_ascii_case("close")),
            "during the delay GET {path} is {} with Connection {options:?}",
            answer.status
        );
        let (_, closed) = connection.rest(AT_ONCE);
        ensure!(
            closed,
            "the response to GET {path} has `close`, but the connection is kept"
        );
    }
    Ok(Verdict::Conforms)
}

fn delay_ends(context: &Context) -> Outcome {
    const SHORT: u32 = 1;
    let delay = Duration::from_secs(SHORT.into());
    let (mut process, view) = start(context, &[Setting::ShutdownDelay(SHORT)])?;
    serves(&view)?;
    let sent = Instant::now();
    signal(context, &mut process, Signal::Terminate)?;
    ends_well(&mut process, delay + AT_ONCE, "SIGTERM")?;
    let took = sent.elapsed();
    ensure!(
        took >= delay,
        "it ends {took:?} after SIGTERM, with a delay of {delay:?}"
    );
    Ok(Verdict::Conforms)
}

fn delay_sigint(context: &Context) -> Outcome {
    use Signal::{Interrupt, Terminate};
    for (first, second) in [(Interrupt, Terminate), (Interrupt, Interrupt)] {
        let (mut process, view) = start(context, &[Setting::ShutdownDelay(LONG)])?;
        tell_by(first, context, &mut process, &view)?;
        serves(&view).map_err(|why| {
            Deviation(format!("during the delay after {}: {why}", first.as_str()))
        })?;
        signal(context, &mut process, second)?;
        let after = format!("{}, during the delay after SIGINT,", second.as_str());
        ends_well(&mut process, AT_ONCE, &after)?;
    }
    Ok(Verdict::Conforms)
}

fn delay_second_signal(context: &Context) -> Outcome {
    let (mut process, view) = start(context, &[Setting::ShutdownDelay(LONG)])?;
    tell_to_end(context, &mut process, &view)?;
    signal(context, &mut process, Signal::Terminate)?;
    ends_well(&mut process, AT_ONCE, "a second SIGTERM, during the delay,")?;
    Ok(Verdict::Conforms)
}
