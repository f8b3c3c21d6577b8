//! Right requests among wrong ones.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::CONTRACT;
use super::client::Client;
use super::limits::Footprint;
use super::mix::Mix;
use super::pour::share;
use crate::cases::processes::start;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "load/mixed-errors",
    CONTRACT,
    "Among thousands of requests that are not HTTP, correct ones get correct responses, and \
     nothing leaks.",
    mixed_errors,
)
.needing(&[Need::Process, Need::Usage, Need::Model])
.alone()
.within(Duration::from_secs(120))];

/// How many wrong requests are sent.
const WRONG: usize = 4000;

/// How many clients send at once.
const THREADS: usize = 8;

/// How long a client waits for the answer to a wrong request, which it need not get.
const PATIENCE: Duration = Duration::from_millis(200);

/// What is no request, or not one that can be answered as it would like.
fn wrong_requests(view: &Context) -> Vec<Vec<u8>> {
    let path = view.path("/greetings");
    let line = format!("GET {path} HTTP/1.1\r\n");
    let host = format!("{line}Host: {}\r\n", view.base().authority());
    let long = "x".repeat(20_000);
    [
        "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n".to_owned(),
        format!("GET {path}\r\n\r\n"),
        format!("GET {path} HTTP/9.9\r\n\r\n"),
        format!("{line}\r\n"),
        format!("{host}Host: other.example\r\n\r\n"),
        format!("{host}No colon\r\n\r\n"),
        format!("{host}Long: {long}\r\n\r\n"),
        format!("{host}Content-Length: -1\r\n\r\n"),
        format!("{host}Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        format!("{host}Expect: a-miracle\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\n\r\n"),
        // Cut off in the head, and in the content.
        host.clone(),
        format!("{host}Content-Length: 100\r\n\r\nx"),
    ]
    .map(String::into_bytes)
    .into()
}

fn mixed_errors(context: &Context) -> Outcome {
    let (mut process, view) = start(context, &[])?;
    let mix = Mix::learn(&view)?;
    let wrong = wrong_requests(&view);
    let count = context.scaled(WRONG);
    let address = process.address();
    let send = |count: usize| {
        share(THREADS, count, |share| {
            for number in 0..share {
                if let Ok(stream) = TcpStream::connect_timeout(&address, PATIENCE) {
                    provoke(stream, &wrong[number % wrong.len()]);
                }
                let right = Client::connect(&view, address)
                    .and_then(|mut client| mix.nth(number).ask(&view, &mut client));
                right.map_err(|why| Deviation(format!("among wrong requests: {why}")))?;
            }
            Ok(())
        })
    };
    send(count / 10)?;
    let before = Footprint::of(context, &mut process)?;
    send(count - count / 10)?;
    let after = format!("{count} wrong requests");
    before.ensure_descriptors(context, &mut process, &after)?;
    before.ensure_memory(context, &mut process, 0, &after)?;
    Ok(Verdict::Conforms)
}

/// Sends what is wrong and reads a little.
fn provoke(mut stream: TcpStream, octets: &[u8]) {
    // What comes of it is the matter of the area `wire`.
    let _ = stream
        .write_all(octets)
        .and_then(|()| stream.shutdown(Shutdown::Write))
        .and_then(|()| stream.set_read_timeout(Some(PATIENCE)))
        .and_then(|()| stream.read(&mut [0; 512]));
}
