//! Many clients that do nothing.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::CONTRACT;
use crate::cases::processes::start;
use crate::cases::steps::{absent, item};
use crate::http::Request;
use crate::servers::StartOptions;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, descriptors};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/slowloris",
        CONTRACT,
        "While a thousand connections hold half a request each, other clients are served.",
        slowloris,
    )
    .needing(&[Need::Process, Need::Model])
    .alone()
    .within(Duration::from_secs(60)),
    #[cfg(unix)]
    Case::should(
        "lifecycle/descriptors-soft-limit",
        "the contract; getrlimit(2)",
        "A soft limit of descriptors does not limit connections where the hard limit is higher: the process raises it. \
         systemd starts services with 1,024 of 524,288.",
        descriptors_soft_limit,
    )
    .needing(&[Need::Process, Need::Model])
    .within(Duration::from_secs(30)),
];

/// How many connections hold half a request.
const CROWD: usize = 1000;

/// How many requests the other client sends.
const REQUESTS: usize = 100;

/// How long a connection may take to be accepted, where many come at once.
const CONNECT: Duration = Duration::from_secs(5);

fn slowloris(context: &Context) -> Outcome {
    if let Err(why) = descriptors::allow(2 * CROWD as u64) {
        return Ok(Verdict::NotApplicable(why));
    }
    let (process, view) = start(context, &[])?;
    let half = format!("GET {} HTTP/1.1\r\nHost: ", view.path("/greetings"));
    let mut crowd = Vec::with_capacity(CROWD);
    for number in 0..CROWD {
        if context.deadline() < Instant::now() + CONNECT {
            let why = format!(
                "only {} of {CROWD} connections are accepted in the whole time",
                crowd.len()
            );
            return Err(Deviation(why));
        }
        let opened = TcpStream::connect_timeout(&process.address(), CONNECT);
        let sent = opened.and_then(|mut stream| {
            stream.write_all(half.as_bytes())?;
            Ok(stream)
        });
        match sent {
            Ok(stream) => crowd.push(stream),
            Err(error) => {
                let why = format!("connection {number} of {CROWD} is not accepted: {error}");
                return Err(Deviation(why));
            }
        }
    }
    let paths = ["/greetings".to_owned(), item(context), absent(context)];
    for (number, path) in paths.iter().cycle().take(REQUESTS).enumerate() {
        context.has_come_to(format!(
            "{number} of {REQUESTS} requests were answered beside {CROWD} connections with half a \
             request"
        ));
        let aside = view.aside();
        let answered = aside
            .send(Request::get(path.as_str()))
            .and_then(|response| {
                let expected = aside.model().answer("GET", path);
                expected.check(&response).map(drop)
            });
        if let Err(why) = answered {
            context.adopt(&aside);
            return Err(Deviation(format!(
                "beside {CROWD} connections with half a request, GET {path}: {why}"
            )));
        }
    }
    drop(crowd);
    Ok(Verdict::Conforms)
}

/// The soft limit, below what any process needs for [`KEPT`] connections.
#[cfg(unix)]
const SOFT: u32 = 100;

/// How many connections are kept open.
#[cfg(unix)]
const KEPT: usize = 200;

#[cfg(unix)]
fn descriptors_soft_limit(context: &Context) -> Outcome {
    // The server inherits the hard limit, which must have room for the workers too.
    if let Err(why) = descriptors::allow(2 * KEPT as u64) {
        return Ok(Verdict::NotApplicable(why));
    }
    let process = context.start(StartOptions {
        workers: Some(1),
        soft_descriptors: Some(SOFT),
        ..StartOptions::default()
    })?;
    let view = context.seen_at(process.base_url());
    let mut kept = Vec::with_capacity(KEPT);
    for _ in 0..KEPT {
        context.has_come_to(format!(
            "with a soft limit of {SOFT} descriptors and a higher hard one, {} of {KEPT} connections had an answer",
            kept.len()
        ));
        let mut connection = view.connect()?;
        let request = view.prepare(Request::get("/greetings"));
        connection.exchange("GET", &request.to_bytes())?;
        kept.push(connection);
    }
    Ok(Verdict::Conforms)
}
