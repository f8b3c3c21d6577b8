//! Timeouts, told apart by their values.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use super::CONTRACT;
use super::slow::Slow;
use crate::cases::processes::{AT_ONCE, LARGE, Large, connect_narrowly, ends, signal, start};
use crate::http::Request;
use crate::servers::{Process, Setting, Signal, TIMES};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/silent-header-time",
        CONTRACT,
        "A connection that never sends a request gets the header timeout, not the idle timeout.",
        silent,
    )
    .needing(BOTH),
    Case::must(
        "lifecycle/idle-time",
        CONTRACT,
        "A connection that waits for its next request gets the idle timeout, not the header \
         timeout.",
        idle,
    )
    .needing(BOTH),
    Case::must(
        "lifecycle/head-time",
        CONTRACT,
        "A request whose head stalls gets the header timeout, not the idle timeout.",
        head,
    )
    .needing(BOTH),
    Case::must(
        "lifecycle/later-head-time",
        CONTRACT,
        "A request on a kept connection gets the full header timeout, however long the connection \
         was idle before.",
        later_head,
    )
    .needing(BOTH)
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/slow-handler",
        CONTRACT,
        "A request is answered however long its handler takes: the header timeout ends with the \
         head, and the idle timeout begins with the response.",
        slow_handler,
    )
    .needing(&[
        Need::Process,
        Need::Fault,
        Need::HeaderTimeout,
        Need::IdleTimeout,
    ])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/timeout-fractions",
        CONTRACT,
        "A time that is no whole number of seconds is kept as it is told: one of 1.5 s is not over \
         before, and one of 0.1 s is over before a second is.",
        fractions,
    )
    .needing(&[
        Need::Process,
        Need::Signals,
        Need::DataFile,
        Need::Milliseconds,
    ])
    .within(Duration::from_secs(60)),
    Case::should(
        "lifecycle/unread-answer",
        CONTRACT,
        "A client that does not read its response loses its connection after the idle timeout at \
         most.",
        unread_answer,
    )
    .needing(&[Need::Process, Need::DataFile, Need::IdleTimeout])
    .within(Duration::from_secs(30)),
    Case::should(
        "lifecycle/answer-read-slowly",
        CONTRACT,
        "A client that reads its response slowly gets all of it, also if that takes longer than the \
         idle timeout.",
        answer_read_slowly,
    )
    .needing(&[Need::Process, Need::DataFile, Need::IdleTimeout])
    .within(Duration::from_secs(30)),
];

const BOTH: &[Need] = &[Need::Process, Need::HeaderTimeout, Need::IdleTimeout];

/// The shorter time, in seconds: what must be closed is, within this and what a busy machine takes.
const SHORT: u32 = 1;

/// The longer, likewise: longer than a busy machine takes for the shorter.
const LONG: u32 = 30;

/// For how long a slow client reads a response, in seconds: several times the shorter time.
const READING: u32 = 4;

/// How often it reads in that time.
const READS: u32 = 40;

/// Octets of its greeting: more than a system buffers of a connection whose client reads, and what is read in the shorter time.
const LONG_READ: usize = 12 * 1024 * 1024;

/// A time after which what has the longer time must be open still, in seconds.
const STILL_OPEN: u64 = 3;

/// Holds two clients, each of a process with other times, to being closed early and to being left
/// open: both at once.
fn tell_apart(
    context: &Context,
    [closed, open]: [[Setting<'_>; 2]; 2],
    client: impl Fn(&Context) -> Result<Slow, Deviation> + Sync,
) -> Outcome {
    let soon = || {
        let (_process, view) = start(context, &closed)?;
        let limit = Duration::from_secs(SHORT.into()) + AT_ONCE;
        client(&view)?.until_closed(limit).map(drop)
    };
    let late = || {
        let (_process, view) = start(context, &open)?;
        let mut slow = client(&view)?;
        // That it is open still is what is hoped for.
        match slow.until_closed(Duration::from_secs(STILL_OPEN)) {
            Ok((_, took)) if took < Duration::from_secs(STILL_OPEN) => Err(Deviation(format!(
                "{}: closed after {took:?}; its timeout is {LONG} s, the other one {SHORT} s",
                slow.name()
            ))),
            _ => Ok(()),
        }
    };
    let (soon, late) = std::thread::scope(|scope| {
        let soon = scope.spawn(soon);
        let late = scope.spawn(late);
        (soon.join(), late.join())
    });
    for result in [soon, late] {
        match result {
            Ok(result) => result?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    Ok(Verdict::Conforms)
}

/// The settings where what has a head's time is closed, and where what has the idle time is.
const fn settings() -> [[Setting<'static>; 2]; 2] {
    [
        [Setting::HeaderTimeout(SHORT), Setting::IdleTimeout(LONG)],
        [Setting::HeaderTimeout(LONG), Setting::IdleTimeout(SHORT)],
    ]
}

fn silent(context: &Context) -> Outcome {
    tell_apart(context, settings(), |view| {
        Slow::new(view, "a client that sends nothing", b"", b"")
    })
}

fn idle(context: &Context) -> Outcome {
    let [short_head, short_idle] = settings();
    tell_apart(context, [short_idle, short_head], |view| {
        let client = Slow::after_an_answer(view, "a client after its first response", b"", b"")?;
        client.ok_or_else(|| Deviation("the connection is closed after a response".to_owned()))
    })
}

fn head(context: &Context) -> Outcome {
    tell_apart(context, settings(), |view| {
        let line = format!("GET {} HTTP/1.1\r\nHost: ", view.path("/greetings"));
        Slow::new(view, "a head without its end", line.as_bytes(), b"")
    })
}

fn later_head(context: &Context) -> Outcome {
    // A machine that is busy for more than half a second may make the client late: not each time.
    const ATTEMPTS: usize = 3;
    let mut outcome = later_head_once(context);
    for _ in 1..ATTEMPTS {
        if outcome.is_ok() {
            break;
        }
        outcome = later_head_once(context);
    }
    outcome
}

fn later_head_once(context: &Context) -> Outcome {
    const HEAD: u32 = 2;
    /// How long the connection waits, and how long the head then takes, in milliseconds. A timer that
    /// looks at the client as often as a head may take looks within the head.
    const WAITS: u64 = 3000;
    const TAKES: u64 = 1400;
    let settings = [Setting::HeaderTimeout(HEAD), Setting::IdleTimeout(LONG)];
    let (_process, view) = start(context, &settings)?;
    let request = view.prepare(Request::get("/greetings")).to_bytes();
    let (start, end) = request.split_at(request.len() / 2);
    let mut connection = view.connect()?;
    let first = connection.exchange("GET", &request)?;
    let closes = |option: &&str| option.eq_ignore_ascii_case("close");
    if first.list("connection").iter().any(closes) {
        let why = "no connection accepts a further request".to_owned();
        return Ok(Verdict::NotApplicable(why));
    }
    connection.pause(Duration::from_millis(WAITS));
    connection.send(start)?;
    connection.pause(Duration::from_millis(TAKES));
    let answer = connection.exchange("GET", end).map_err(|broken| {
        Deviation(format!(
            "a request whose head took {TAKES} ms of {HEAD} s, on a connection that was idle for \
             longer: {broken}"
        ))
    })?;
    ensure!(
        answer.status == first.status,
        "a request whose head took {TAKES} ms of {HEAD} s is {}, the first one {}",
        answer.status,
        first.status
    );
    Ok(Verdict::Conforms)
}

fn slow_handler(context: &Context) -> Outcome {
    const WAITS: &str = "/greetings/x-wait";
    let settings = [Setting::HeaderTimeout(SHORT), Setting::IdleTimeout(SHORT)];
    let (_process, view) = start(context, &settings)?;
    let request = view.prepare(Request::get(WAITS)).to_bytes();
    let mut connection = view.connect()?;
    for count in ["first", "second"] {
        let start = Instant::now();
        let answer = connection.exchange("GET", &request).map_err(|broken| {
            let took = start.elapsed();
            Deviation(format!(
                "GET {WAITS}, the {count} request of its connection, has no response after \
                 {took:.1?}; both timeouts are {SHORT} s: {broken}"
            ))
        })?;
        ensure!(
            answer.status == 404,
            "GET {WAITS} is {}, not 404",
            answer.status
        );
        if start.elapsed() < Duration::from_secs(SHORT.into()) {
            return Ok(Verdict::NotApplicable(format!(
                "GET {WAITS} is answered within {SHORT} s"
            )));
        }
    }
    Ok(Verdict::Conforms)
}

/// More than a second, and less than two.
const LONGER: Duration = Duration::from_millis(1500);

/// Less than a second, with time to spare.
const SHORTER: Duration = Duration::from_millis(100);

fn fractions(context: &Context) -> Outcome {
    let server = &context.launch()?.server;
    let is_told = |which: &Need| server.setting(Setting::Time(*which, LONGER)).is_some();
    let told = TIMES.into_iter().filter(is_told);
    let results: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = told
            .flat_map(|which| [(which, LONGER), (which, SHORTER)])
            .map(|(which, time)| scope.spawn(move || keeps(context, which, time)))
            .collect();
        running.into_iter().map(|it| it.join()).collect()
    });
    for result in results {
        match result {
            Ok(result) => result?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    Ok(Verdict::Conforms)
}

/// Checks that this time is neither cut to whole seconds nor rounded up to them.
fn keeps(context: &Context, which: Need, time: Duration) -> Result<(), Deviation> {
    // What is over too late may be so because the machine is busy: not each time.
    const ATTEMPTS: usize = 5;
    const SECOND: Duration = Duration::from_secs(1);
    let name = match which {
        Need::HeaderTimeout => "header timeout",
        Need::IdleTimeout => "idle timeout",
        Need::DrainTimeout => "drain timeout",
        _ => "shutdown delay",
    };
    let mut took = lasts(context, which, time)?;
    if time > SECOND {
        ensure!(
            took >= time,
            "with a {name} of {time:?} it is over after {took:?}"
        );
        return Ok(());
    }
    for _ in 1..ATTEMPTS {
        if took < SECOND {
            break;
        }
        took = lasts(context, which, time)?;
    }
    ensure!(
        took < SECOND,
        "with a {name} of {time:?} it is over after {took:?} at the earliest, of {ATTEMPTS} attempts"
    );
    Ok(())
}

/// How long this time turns out to be, from before it can have begun.
fn lasts(context: &Context, which: Need, time: Duration) -> Result<Duration, Deviation> {
    let settings = [Setting::Time(which, time)];
    if which == Need::DrainTimeout {
        let mut large = Large::start(context, LARGE, &settings)?;
        // It is not read, and holds the drain up.
        let _answer = large.ask()?;
        return ended_after(context, &mut large.process, time + AT_ONCE);
    }
    let (mut process, view) = start(context, &settings)?;
    let request = view.prepare(Request::get("/greetings")).to_bytes();
    let limit = time + AT_ONCE;
    match which {
        Need::HeaderTimeout => {
            let begun = Instant::now();
            let mut silent = Slow::new(&view, "a client that sends nothing", b"", b"")?;
            silent.until_closed(limit)?;
            Ok(begun.elapsed())
        }
        Need::IdleTimeout => {
            let mut idle = view.connect()?;
            let begun = Instant::now();
            idle.exchange("GET", &request)?;
            let (_, closed) = idle.rest(limit);
            ensure!(
                closed,
                "with an idle timeout of {time:?} a connection is open after {limit:?}"
            );
            Ok(begun.elapsed())
        }
        _ => ended_after(context, &mut process, limit),
    }
}

/// How long a process takes from SIGTERM to its end.
fn ended_after(
    context: &Context,
    process: &mut Process,
    limit: Duration,
) -> Result<Duration, Deviation> {
    let begun = Instant::now();
    signal(context, process, Signal::Terminate)?;
    ends(process, limit, "SIGTERM")?;
    Ok(begun.elapsed())
}

fn unread_answer(context: &Context) -> Outcome {
    let large = Large::start(context, LARGE, &[Setting::IdleTimeout(SHORT)])?;
    let answer = large.ask()?;
    std::thread::sleep(Duration::from_secs(SHORT.into()) + AT_ONCE);
    ensure!(
        large.finish(answer).is_err(),
        "a response that was not read for {:?} is still sent; the idle timeout is {SHORT} s",
        Duration::from_secs(SHORT.into()) + AT_ONCE
    );
    // The others are served as before.
    let response = large.view.aside().send(Request::get("/healthz"))?;
    ensure!(
        response.status < 500,
        "GET /healthz is {} then",
        response.status
    );
    Ok(Verdict::Conforms)
}

fn answer_read_slowly(context: &Context) -> Outcome {
    let large = Large::start(context, LONG_READ, &[Setting::IdleTimeout(SHORT)])?;
    let mut stream = connect_narrowly(&large.view)?;
    let request = large.view.prepare(Request::get("/greetings")).to_bytes();
    let asked = stream.set_read_timeout(Some(AT_ONCE));
    let asked = asked.and_then(|()| stream.write_all(&request));
    asked.map_err(|error| Deviation(format!("GET /greetings: {error}")))?;
    let pause = Duration::from_secs(READING.into()) / READS;
    let mut part = vec![0; LONG_READ / READS as usize];
    let mut longest = Duration::ZERO;
    for number in 0..READS {
        let paused = Instant::now();
        std::thread::sleep(pause);
        longest = longest.max(paused.elapsed());
        if let Err(error) = stream.read_exact(&mut part) {
            // A client that was held up has not read within the stated time itself.
            if longest >= Duration::from_secs(SHORT.into()) / 2 {
                let held_up = format!("this machine held the client up for {longest:?}");
                return Err(context.obstructed(held_up));
            }
            return Err(Deviation(format!(
                "a response of which a client reads a part each {pause:?} ends after {number} of \
                 {READS} parts ({error}); the idle timeout is {SHORT} s"
            )));
        }
    }
    Ok(Verdict::Conforms)
}
