//! Clients that do not read what they asked for.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::CONTRACT;
use super::limits::{Footprint, MIB};
use super::pour::share;
use crate::cases::processes::{Large, connect_narrowly};
use crate::http::Request;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "load/slow-reader",
        CONTRACT,
        "Clients that send requests endlessly and read nothing cause no unbounded memory, and do \
         not block others.",
        slow_reader,
    )
    .needing(&[Need::Process, Need::Usage, Need::DataFile])
    .alone()
    .within(Duration::from_secs(60)),
    Case::must(
        "load/disconnect-mid-response",
        CONTRACT,
        "After a thousand clients that disconnected during a response, the server works as before.",
        disconnect_mid_response,
    )
    .needing(&[Need::Process, Need::Usage, Need::DataFile])
    .alone()
    .within(Duration::from_secs(120)),
];

/// How many clients do not read.
const READERS: usize = 4;

/// How many requests each of them sends.
const REQUESTS: usize = 100;

/// Octets of the answer to each of these.
const ANSWER: usize = 128 * 1024;

/// Memory that their answers may take up: two for each, and some copies, where all of them would
/// be 50 MiB.
const BUFFERED: u64 = 8 * MIB;

/// How long a client that does not read tries to send.
const BLOCKED: Duration = Duration::from_secs(1);

const DISCONNECTS: usize = 1000;

/// Octets of an answer that a client goes away within.
const INTERRUPTED: usize = 512 * 1024;

/// How many clients come and go at once.
const THREADS: usize = 4;

/// How long a client waits for the start of an answer.
const PATIENCE: Duration = Duration::from_secs(5);

fn slow_reader(context: &Context) -> Outcome {
    let mut large = Large::start(context, ANSWER, &[])?;
    for _ in 0..2 * READERS {
        large.get()?;
    }
    let before = Footprint::of(context, &mut large.process)?;
    let request = large.view.prepare(Request::get("/greetings")).to_bytes();
    let readers = share(READERS, READERS * REQUESTS, |count| {
        let mut stream = connect_narrowly(&large.view)?;
        send_until_blocked(&mut stream, &request.repeat(count));
        Ok(stream)
    })?;
    for _ in 0..2 * READERS {
        large.get().map_err(|why| {
            Deviation(format!("beside {READERS} clients that read nothing: {why}"))
        })?;
    }
    let after = format!("{REQUESTS} requests of each of {READERS} clients that read nothing");
    before.ensure_memory_settles(context, &mut large.process, BUFFERED, &after)?;
    drop(readers);
    before.ensure_descriptors(context, &mut large.process, &after)?;
    Ok(Verdict::Conforms)
}

/// Sends until the server takes no more: it may as well close the connection.
fn send_until_blocked(stream: &mut TcpStream, octets: &[u8]) {
    if stream.set_write_timeout(Some(BLOCKED)).is_ok() {
        // That it fails is what is expected.
        let _ = stream.write_all(octets);
    }
}

fn disconnect_mid_response(context: &Context) -> Outcome {
    let mut large = Large::start(context, INTERRUPTED, &[])?;
    let count = context.scaled(DISCONNECTS);
    let request = large.view.prepare(Request::get("/greetings")).to_bytes();
    for _ in 0..THREADS {
        large.get()?;
    }
    let before = Footprint::of(context, &mut large.process)?;
    share(THREADS, count, |share| {
        for number in 0..share {
            let stream = connect_narrowly(&large.view)?;
            // A third goes away at once, a third once the answer begins, a third within it.
            let read = [0, 1, 100 * 1024][number % 3];
            ask_and_leave(stream, &request, read).map_err(|error| {
                Deviation(format!(
                    "GET /greetings on a connection of its own: {error}"
                ))
            })?;
        }
        Ok(())
    })?;
    let after = format!("{count} clients that disconnected during a response");
    for _ in 0..2 * THREADS {
        let answered = large.get();
        answered.map_err(|why| Deviation(format!("after {after}: {why}")))?;
    }
    before.ensure_descriptors(context, &mut large.process, &after)?;
    before.ensure_memory(context, &mut large.process, BUFFERED, &after)?;
    Ok(Verdict::Conforms)
}

/// Sends a request, reads so many octets of the answer and resets the connection: that is what
/// closing it does while there is something unread.
fn ask_and_leave(mut stream: TcpStream, request: &[u8], read: usize) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    stream.read_exact(&mut vec![0; read])
}
