//! What looks at a program: each starts a process of its own, asks it something, and says what it saw.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use quartet_conformance::http::{Connection, Request, Response};
use quartet_conformance::servers::{Process, Server, Signal, StartOptions};
use quartet_conformance::{Context, Deviation, Scale, Target};

use super::seen::Seen;

/// How long a program is waited for that might do something by itself: longer than the 30 s that are the longest default
/// of the frameworks' servers.
pub(super) const LIMIT: Duration = Duration::from_secs(40);

/// The most descriptors of the process that runs out of them.
const FEW_DESCRIPTORS: u32 = 64;

const ITEM: &str = "/greetings/en";

/// What is looked at.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    server: &'a Server,
    program: &'a Path,
}

/// A process, and how it is asked.
struct Asked {
    process: Process,
    context: Context,
}

impl<'a> Subject<'a> {
    pub(super) fn new(server: &'a Server, program: &'a Path) -> Self {
        Self { server, program }
    }

    fn start(&self) -> Result<Asked> {
        self.start_with(StartOptions::default())
    }

    fn start_with(&self, options: StartOptions) -> Result<Asked> {
        let options = StartOptions {
            program: Some(self.program.to_owned()),
            workers: Some(1),
            ..options
        };
        let process = Process::start(self.server, &options)?;
        let target = Target::new(&self.server.name, process.base_url());
        let deadline = Instant::now() + LIMIT + Duration::from_secs(5);
        Ok(Asked {
            process,
            context: Context::new(Arc::new(target), deadline, 0, Scale::Reduced),
        })
    }

    /// The answer of a new process.
    fn answer(&self, request: Request) -> Result<Response> {
        let asked = self.start()?;
        asked.context.send(request).map_err(seen_as_error)
    }

    /// The status with which a new process answers these octets, or that it closes the connection without one.
    fn status(&self, octets: &[u8]) -> Result<String> {
        let asked = self.start()?;
        let mut connection = asked.connect()?;
        Ok(match connection.exchange("GET", octets) {
            Ok(response) => response.status.to_string(),
            Err(broken) if broken.is_closed() => "closed without a response".to_owned(),
            Err(broken) => broken.to_string(),
        })
    }

    /// Whether these octets are refused with `status`, and what came.
    fn refuses(&self, octets: &[u8], status: &str) -> Result<Seen> {
        let came = self.status(octets)?;
        Ok(Seen::new(came == status, came))
    }
}

impl Asked {
    fn connect(&self) -> Result<Connection> {
        self.context.connect().map_err(seen_as_error)
    }
}

fn seen_as_error(Deviation(what): Deviation) -> anyhow::Error {
    anyhow!(what)
}

fn get(more: &str) -> Vec<u8> {
    format!("GET {ITEM} HTTP/1.1\r\nHost: quartet\r\n{more}\r\n").into_bytes()
}

pub(super) fn head(subject: &Subject<'_>) -> Result<Seen> {
    let whole = subject.answer(Request::get(ITEM))?;
    let head = subject.answer(Request::new("HEAD", ITEM))?;
    let length = |response: &Response| response.header("content-length").map(str::to_owned);
    Ok(if head.status != whole.status {
        Seen::new(false, head.status.to_string())
    } else if length(&head) != length(&whole) {
        let length = length(&head).unwrap_or_else(|| "none".to_owned());
        Seen::new(
            false,
            format!("{}, but Content-Length: {length}", head.status),
        )
    } else {
        Seen::new(true, head.status.to_string())
    })
}

pub(super) fn method_not_allowed(subject: &Subject<'_>) -> Result<Seen> {
    let answer = subject.answer(Request::new("POST", ITEM))?;
    Ok(match (answer.status, answer.header("allow")) {
        (405, Some(allow)) => Seen::new(true, format!("405, `{allow}`")),
        (405, None) => Seen::new(false, "405 without Allow"),
        (status, _) => Seen::new(false, status.to_string()),
    })
}

pub(super) fn options(subject: &Subject<'_>) -> Result<Seen> {
    let answer = subject.answer(Request::new("OPTIONS", ITEM))?;
    Ok(match answer.header("allow") {
        Some(allow) if answer.status < 300 => {
            Seen::new(true, format!("{}, `{allow}`", answer.status))
        }
        _ => Seen::new(false, answer.status.to_string()),
    })
}

pub(super) fn json_errors(subject: &Subject<'_>) -> Result<Seen> {
    let answer = subject.answer(Request::get("/no-such-path"))?;
    let is_json = |name: &String| name.ends_with("json");
    Ok(match answer.media_type() {
        Some(name) if answer.status == 404 && is_json(&name) => {
            Seen::new(true, format!("`{name}`"))
        }
        Some(name) => Seen::new(false, format!("{}, `{name}`", answer.status)),
        None => Seen::new(false, format!("{} without content", answer.status)),
    })
}

pub(super) fn entity_tags(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start()?;
    let send = |request| asked.context.send(request).map_err(seen_as_error);
    let first = send(Request::get(ITEM))?;
    let Some(tag) = first.header("etag") else {
        return Ok(Seen::new(false, "no ETag"));
    };
    let again = send(Request::get(ITEM).header("If-None-Match", tag))?;
    Ok(Seen::new(again.status == 304, again.status.to_string()))
}

pub(super) fn date(subject: &Subject<'_>) -> Result<Seen> {
    has_field(subject, "Date")
}

pub(super) fn nosniff(subject: &Subject<'_>) -> Result<Seen> {
    has_field(subject, "X-Content-Type-Options")
}

fn has_field(subject: &Subject<'_>, name: &str) -> Result<Seen> {
    let answer = subject.answer(Request::get(ITEM))?;
    let has = answer.header(name).is_some();
    Ok(Seen::new(has, if has { "yes" } else { "no" }))
}

pub(super) fn host(subject: &Subject<'_>) -> Result<Seen> {
    let asks = |fields: &str| format!("GET {ITEM} HTTP/1.1\r\n{fields}\r\n").into_bytes();
    let mut taken = Vec::new();
    for (what, fields) in [
        ("none", ""),
        ("two", "Host: a\r\nHost: b\r\n"),
        ("an invalid one", "Host: a b\r\n"),
    ] {
        let status = subject.status(&asks(fields))?;
        if status != "400" {
            taken.push(format!("{what}: {status}"));
        }
    }
    Ok(match taken.is_empty() {
        true => Seen::new(true, "400"),
        false => Seen::new(false, taken.join(", ")),
    })
}

pub(super) fn head_limit(subject: &Subject<'_>) -> Result<Seen> {
    let field = format!("X-Filler: {}\r\n", "a".repeat(10_000));
    subject.refuses(&get(&field.repeat(100)), "431")
}

pub(super) fn field_count(subject: &Subject<'_>) -> Result<Seen> {
    subject.refuses(&get(&"X: y\r\n".repeat(10_000)), "431")
}

pub(super) fn target_limit(subject: &Subject<'_>) -> Result<Seen> {
    let target = format!("{ITEM}?{}", "a".repeat(70_000));
    let request = format!("GET {target} HTTP/1.1\r\nHost: quartet\r\n\r\n");
    subject.refuses(request.as_bytes(), "414")
}

pub(super) fn header_timeout(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start()?;
    let mut connection = asked.connect()?;
    let begun = Instant::now();
    connection.send(b"GET /greetings/en HTTP/1.1\r\nHo")?;
    closes(&mut connection, begun)
}

pub(super) fn idle_timeout(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start()?;
    let mut connection = asked.connect()?;
    connection.exchange("GET", &get(""))?;
    closes(&mut connection, Instant::now())
}

/// Whether, and after how long, the server closes a connection.
fn closes(connection: &mut Connection, begun: Instant) -> Result<Seen> {
    let (came, closed) = connection.rest(LIMIT);
    let first_line = came
        .split(|octet| *octet == b'\r')
        .next()
        .unwrap_or_default();
    let status = String::from_utf8_lossy(first_line);
    let status = status.split(' ').nth(1).unwrap_or("closed").to_owned();
    Ok(match closed {
        true => Seen::new(true, format!("{status} after {}", roughly(begun.elapsed()))),
        false => Seen::new(false, format!("open after {} s", LIMIT.as_secs())),
    })
}

/// A time that a default is recognised by, and that is the same in each run.
fn roughly(time: Duration) -> String {
    match time.as_secs_f64() {
        short if short < 1.0 => "less than 1 s".to_owned(),
        // The defaults are multiples of five seconds. Some servers look at a coarse clock.
        long => format!("{:.0} s", (long / 5.0).round() * 5.0),
    }
}

pub(super) fn http_1_0(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start()?;
    let mut connection = asked.connect()?;
    let request = format!("GET {ITEM} HTTP/1.0\r\n\r\n");
    let answer = connection.exchange("GET", request.as_bytes())?;
    let (_, closed) = connection.rest(Duration::from_secs(2));
    let what = match closed {
        true => answer.status.to_string(),
        false => format!("{}, and the connection stays open", answer.status),
    };
    Ok(Seen::new(answer.status == 200 && closed, what))
}

pub(super) fn keep_alive(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start()?;
    is_kept(&mut asked.connect()?, &get(""))
}

pub(super) fn late_content(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start()?;
    let mut connection = asked.connect()?;
    let mut first = get("Content-Length: 10\r\n");
    first.extend(b"hello");
    connection.send(&first)?;
    connection.pause(Duration::from_millis(100));
    // A server that closes need not read it.
    let sent = connection.send(b"world");
    let answer = connection.receive("GET")?;
    if answer.list("connection").contains(&"close") {
        return Ok(Seen::new(true, "the response says `close`"));
    }
    Ok(
        match sent.and_then(|()| connection.exchange("GET", &get(""))) {
            Ok(next) => Seen::new(next.status == 200, "yes"),
            Err(_) => Seen::new(false, "closed, and the response does not say so"),
        },
    )
}

pub(super) fn upgrade_offer(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start()?;
    // As Java's HttpClient sends it with its first request.
    let offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    is_kept(&mut asked.connect()?, &get(offer))
}

/// Whether `request` is answered by 200, and the next request on its connection as well.
fn is_kept(connection: &mut Connection, request: &[u8]) -> Result<Seen> {
    let first = connection.exchange("GET", request)?;
    if first.status != 200 {
        return Ok(Seen::new(false, first.status.to_string()));
    }
    Ok(match connection.exchange("GET", &get("")) {
        Ok(next) => Seen::new(next.status == 200, "yes"),
        Err(_) => Seen::new(false, "200, then the connection is closed"),
    })
}

pub(super) fn panic(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start()?;
    let mut connection = asked.connect()?;
    let came = connection.exchange("GET", b"GET /panic HTTP/1.1\r\nHost: quartet\r\n\r\n");
    let next = asked
        .context
        .send(Request::get(ITEM))
        .map_err(seen_as_error)?;
    let goes_on = match next.status {
        200 => "the next request is answered",
        _ => "the next request is not answered",
    };
    Ok(match came {
        Ok(answer) => Seen::new(
            answer.status == 500,
            format!("{}, {goes_on}", answer.status),
        ),
        Err(_) => Seen::new(false, format!("closed without a response, {goes_on}")),
    })
}

pub(super) fn sigterm(subject: &Subject<'_>) -> Result<Seen> {
    let mut asked = subject.start()?;
    // It may say where it listens before it is ready for signals.
    asked
        .context
        .send(Request::get(ITEM))
        .map_err(seen_as_error)?;
    asked.process.signal(Signal::Terminate)?;
    Ok(match asked.process.ended_within(LIMIT) {
        Some(status) if status.success() => Seen::new(true, "status 0"),
        Some(status) => Seen::new(false, ending(status)),
        None => Seen::new(false, format!("runs after {} s", LIMIT.as_secs())),
    })
}

fn ending(status: std::process::ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("status {code}"),
        None => "ended by the signal".to_owned(),
    }
}

pub(super) fn drain(subject: &Subject<'_>) -> Result<Seen> {
    let mut asked = subject.start()?;
    let mut connection = asked.connect()?;
    connection.send(b"GET /slow HTTP/1.1\r\nHost: quartet\r\n\r\n")?;
    thread::sleep(Duration::from_millis(300));
    asked.process.signal(Signal::Terminate)?;
    Ok(match connection.receive("GET") {
        Ok(answer) => Seen::new(answer.status == 200, answer.status.to_string()),
        Err(_) => Seen::new(false, "closed without a response"),
    })
}

pub(super) fn drain_limit(subject: &Subject<'_>) -> Result<Seen> {
    let mut asked = subject.start()?;
    let mut connection = asked.connect()?;
    connection.send(b"GET /greetings/en HTTP/1.1\r\nHo")?;
    thread::sleep(Duration::from_millis(300));
    let told = Instant::now();
    asked.process.signal(Signal::Terminate)?;
    Ok(match asked.process.ended_within(LIMIT) {
        Some(status) if status.success() => {
            Seen::new(true, format!("ends after {}", roughly(told.elapsed())))
        }
        Some(status) => Seen::new(false, ending(status)),
        None => Seen::new(false, format!("runs after {} s", LIMIT.as_secs())),
    })
}

pub(super) fn descriptors(subject: &Subject<'_>) -> Result<Seen> {
    let asked = subject.start_with(StartOptions {
        most_descriptors: Some(FEW_DESCRIPTORS),
        ..StartOptions::default()
    })?;
    let held: Result<Vec<Connection>> = (0..2 * FEW_DESCRIPTORS).map(|_| asked.connect()).collect();
    thread::sleep(Duration::from_secs(1));
    drop(held?);
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match asked.context.send(Request::get(ITEM)) {
            Ok(answer) => return Ok(Seen::new(answer.status == 200, "yes")),
            Err(_) if Instant::now() < until => thread::sleep(Duration::from_millis(100)),
            Err(_) => return Ok(Seen::new(false, "no")),
        }
    }
}
