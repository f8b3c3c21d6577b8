//! Clients that take their time.

use std::time::{Duration, Instant};

use super::CONTRACT;
use crate::cases::processes::{AT_ONCE, start};
use crate::http::{Broken, Connection, Request};
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/slow-headers",
        "the contract; RFC 9110 §15.5.9",
        "A connection whose request stalls is closed within the stated time, also if octets drip \
         in.",
        slow_headers,
    )
    .needing(&[Need::Process, Need::HeaderTimeout]),
    Case::must(
        "lifecycle/slow-later-head",
        "the contract; RFC 9110 §15.5.9",
        "A connection on which a later request's head stalls is closed within the stated time, \
         too.",
        slow_later_head,
    )
    .needing(&[Need::Process, Need::HeaderTimeout]),
    Case::must(
        "lifecycle/slow-body",
        "the contract; RFC 9110 §15.5.9",
        "A connection on which a request's content stalls or is missing is closed within the \
         stated times.",
        slow_body,
    )
    .needing(&[Need::Process, Need::HeaderTimeout, Need::IdleTimeout]),
    Case::must(
        "lifecycle/silent-connection",
        CONTRACT,
        "A connection that never sends a request is closed within the stated time.",
        silent_connection,
    )
    .needing(&[Need::Process, Need::HeaderTimeout, Need::IdleTimeout]),
    Case::must(
        "lifecycle/kept-long",
        CONTRACT,
        "A connection without a further request is closed within the configured time, however many \
         requests it has had.",
        kept_long,
    )
    .needing(&[Need::Process, Need::IdleTimeout]),
    Case::must(
        "lifecycle/idle-connection",
        "the contract; RFC 9112 §9.5",
        "A connection without a further request is closed within the stated time, and not long \
         before.",
        idle_connection,
    )
    .needing(&[Need::Process, Need::IdleTimeout]),
];

/// The stated time, in seconds.
const STATED: u32 = 1;

/// How often a dripping client sends an octet.
const DRIP: Duration = Duration::from_millis(50);

fn stated() -> Duration {
    Duration::from_secs(STATED.into())
}

/// A client that has sent the start of a request and sends no more, or the rest octet by octet.
pub(super) struct Slow {
    name: &'static str,
    connection: Connection,
    drip: &'static [u8],
}

impl Slow {
    pub(super) fn new(
        view: &Context,
        name: &'static str,
        start: &[u8],
        drip: &'static [u8],
    ) -> Result<Self, Deviation> {
        let mut connection = view.connect()?;
        if !start.is_empty() {
            connection.send(start)?;
        }
        Ok(Self {
            name,
            connection,
            drip,
        })
    }

    /// The same of a request after one that was answered; none where the server ends a connection
    /// with its answer.
    pub(super) fn after_an_answer(
        view: &Context,
        name: &'static str,
        start: &[u8],
        drip: &'static [u8],
    ) -> Result<Option<Self>, Deviation> {
        Self::after_answers(1, view, name, start, drip)
    }

    /// The same after so many answers on the connection.
    pub(super) fn after_answers(
        count: usize,
        view: &Context,
        name: &'static str,
        start: &[u8],
        drip: &'static [u8],
    ) -> Result<Option<Self>, Deviation> {
        let mut client = Self::new(view, name, b"", drip)?;
        let request = view.prepare(Request::get("/greetings")).to_bytes();
        for answered in 0..count {
            let answer = match client.connection.exchange("GET", &request) {
                // It may end a connection between two requests (RFC 9112 §9.5), in HTTP/1.0 without a word.
                Err(broken) if answered > 0 && broken.is_closed() => return Ok(None),
                answer => answer?,
            };
            let options = answer.list("Connection");
            if options.iter().any(|it| it.eq_ignore_ascii_case("close")) {
                return Ok(None);
            }
        }
        client.connection.send(start)?;
        Ok(Some(client))
    }

    /// What deviations call it.
    pub(super) fn name(&self) -> &str {
        self.name
    }

    /// Goes on until the server closes the connection; what it sent, and how long that took.
    pub(super) fn until_closed(
        &mut self,
        limit: Duration,
    ) -> Result<(Vec<u8>, Duration), Deviation> {
        let start = Instant::now();
        let mut received = Vec::new();
        let mut drip = self.drip.iter().cycle();
        while start.elapsed() < limit {
            let wait = match drip.next() {
                None => limit,
                Some(octet) => match self.connection.send(&[*octet]) {
                    // What it answered before can still be read.
                    Err(Broken::Reset(_)) => limit,
                    _ => DRIP,
                },
            };
            let (more, closed) = self.connection.rest(wait);
            received.extend(more);
            if closed {
                return Ok((received, start.elapsed()));
            }
        }
        Err(Deviation(format!(
            "{}: after {limit:?} the connection is still open",
            self.name
        )))
    }
}

/// Checks that each client is closed within `limit`, and not before half the stated time unless
/// it is answered; all at once.
fn close_in_time(clients: Vec<Slow>, limit: Duration) -> Result<Vec<Vec<u8>>, Deviation> {
    std::thread::scope(|scope| {
        let waiting: Vec<_> = clients
            .into_iter()
            .map(|mut client| {
                scope.spawn(move || {
                    let (received, took) = client.until_closed(limit + AT_ONCE)?;
                    ensure!(
                        !received.is_empty() || took >= stated() / 2,
                        "{}: the connection is closed after {took:?}; the stated time is {STATED} \
                         s",
                        client.name
                    );
                    Ok(received)
                })
            })
            .collect();
        let results = waiting.into_iter().map(|client| match client.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    })
}

fn slow_headers(context: &Context) -> Outcome {
    let (_process, view) = start(context, &[Setting::HeaderTimeout(STATED)])?;
    let line = format!("GET {} HTTP/1.1\r\n", view.path("/greetings"));
    let host = format!("{line}Host: {}\r\n", view.base().authority());
    let dripped = format!("{host}X: ");
    let clients = vec![
        Slow::new(&view, "half a request line", &line.as_bytes()[..8], b"")?,
        Slow::new(&view, "a head without its end", host.as_bytes(), b"")?,
        Slow::new(&view, "a head that drips in", dripped.as_bytes(), b"x")?,
    ];
    refused_in_time(clients)
}

fn slow_later_head(context: &Context) -> Outcome {
    let (_process, view) = start(context, &[Setting::HeaderTimeout(STATED)])?;
    let line = format!("GET {} HTTP/1.1\r\n", view.path("/greetings"));
    let host = format!("{line}Host: {}\r\n", view.base().authority());
    let dripped = format!("{host}X: ");
    let silent = "a further head without its end";
    let dripping = "a further head that drips in";
    let clients = [
        Slow::after_an_answer(&view, silent, host.as_bytes(), b"")?,
        Slow::after_an_answer(&view, dripping, dripped.as_bytes(), b"x")?,
    ];
    let clients: Vec<_> = clients.into_iter().flatten().collect();
    if clients.is_empty() {
        return Ok(Verdict::NotApplicable(
            "no connection accepts a further request".to_owned(),
        ));
    }
    refused_in_time(clients)
}

/// Checks that clients whose requests are not whole are closed in time, and refused at most.
fn refused_in_time(clients: Vec<Slow>) -> Outcome {
    for received in close_in_time(clients, stated())? {
        let is_refusal = received.is_empty() || received.starts_with(b"HTTP/1.1 4");
        ensure!(
            is_refusal,
            "an incomplete request is answered: {}",
            String::from_utf8_lossy(&received[..received.len().min(40)])
        );
    }
    Ok(Verdict::Conforms)
}

fn slow_body(context: &Context) -> Outcome {
    let settings = [Setting::HeaderTimeout(STATED), Setting::IdleTimeout(STATED)];
    let (_process, view) = start(context, &settings)?;
    let head = |method: &str| {
        let request = Request::new(method, "/greetings").header("Content-Length", "1000");
        view.prepare(request).to_bytes()
    };
    let clients = vec![
        Slow::new(&view, "missing content", &head("POST"), b"")?,
        Slow::new(&view, "content that drips in", &head("POST"), b"x")?,
        Slow::new(&view, "missing content of GET", &head("GET"), b"")?,
        Slow::new(&view, "content of GET that drips in", &head("GET"), b"x")?,
    ];
    // A server may answer first, and wait for what comes next then.
    close_in_time(clients, 2 * stated())?;
    Ok(Verdict::Conforms)
}

fn silent_connection(context: &Context) -> Outcome {
    let settings = [Setting::HeaderTimeout(STATED), Setting::IdleTimeout(STATED)];
    let (_process, view) = start(context, &settings)?;
    let clients = vec![Slow::new(&view, "a client that sends nothing", b"", b"")?];
    close_in_time(clients, stated())?;
    Ok(Verdict::Conforms)
}

fn kept_long(context: &Context) -> Outcome {
    let (_process, view) = start(context, &[Setting::IdleTimeout(STATED)])?;
    let mut clients = Vec::new();
    for (count, name) in [
        (5, "a client that has had 5 answers"),
        (40, "a client that has had 40 answers"),
        (300, "a client that has had 300 answers"),
    ] {
        // A server may end a connection after some number of answers, and then says so.
        clients.extend(Slow::after_answers(count, &view, name, b"", b"")?);
    }
    if clients.is_empty() {
        return Ok(Verdict::NotApplicable(
            "no connection takes a further request".to_owned(),
        ));
    }
    for mut client in clients {
        client.until_closed(stated() + AT_ONCE)?;
    }
    Ok(Verdict::Conforms)
}

fn idle_connection(context: &Context) -> Outcome {
    let (_process, view) = start(context, &[Setting::IdleTimeout(STATED)])?;
    let request = view.prepare(Request::get("/greetings")).to_bytes();
    let mut client = Slow::new(&view, "a client after its first response", b"", b"")?;
    for _ in 0..3 {
        // Each time for less than the stated time, all together for longer.
        client.connection.pause(stated() * 2 / 5);
        let response = client.connection.exchange("GET", &request);
        let response = response.map_err(|broken| {
            Deviation(format!(
                "a request that came within the stated time: {broken}"
            ))
        })?;
        ensure!(
            response.status == 200,
            "a further request is {}",
            response.status
        );
    }
    close_in_time(vec![client], stated())?;
    Ok(Verdict::Conforms)
}
