//! Sending many requests.

use super::client::Client;
use super::mix::Mix;
use crate::http::Broken;
use crate::servers::Process;
use crate::{Context, Deviation};

/// How many requests are sent before their answers are read.
const BATCH: usize = 32;

/// Sends `count` requests over one connection, in batches, and checks every answer. A server may
/// say that it closes the connection after an answer, at any time: the rest then goes over
/// another. Returns how often it did.
///
/// # Errors
/// A deviation at the first answer that is missing or not right.
pub(super) fn pour(
    view: &Context,
    process: &Process,
    mix: &Mix,
    count: usize,
) -> Result<usize, Deviation> {
    let mut reopened = 0;
    let mut client = Client::connect(view, process.address())?;
    let mut answered = 0;
    let mut batch = Vec::new();
    while answered < count {
        let end = (answered + BATCH).min(count);
        batch.clear();
        for number in answered..end {
            batch.extend_from_slice(&mix.nth(number).octets);
        }
        // One that has been told to close may have closed already: what it answered is read.
        let sent = client.send(&batch);
        let closed = receive(view, &mut client, mix, &mut answered, end).map_err(|why| {
            let why = match (why, &sent) {
                (Lost::Broken(Broken::Closed), Err(failed)) => failed.to_string(),
                (Lost::Broken(broken), _) => broken.to_string(),
                (Lost::Wrong(why), _) => why.0,
            };
            Deviation(format!("after {answered} responses on a connection: {why}"))
        })?;
        if closed {
            reopened += 1;
            client = Client::connect(view, process.address())?;
        }
    }
    Ok(reopened)
}

enum Lost {
    Broken(Broken),
    Wrong(Deviation),
}

/// Reads the answers up to the `end`th; true if the server closes the connection after one.
fn receive(
    view: &Context,
    client: &mut Client,
    mix: &Mix,
    answered: &mut usize,
    end: usize,
) -> Result<bool, Lost> {
    while *answered < end {
        let wanted = mix.nth(*answered);
        let reply = client.receive(wanted.is_bare).map_err(Lost::Broken)?;
        wanted.check(view, &reply).map_err(Lost::Wrong)?;
        *answered += 1;
        if reply.closes {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Does a share of `count` on each of a few threads.
///
/// # Errors
/// The first deviation.
pub(super) fn share<T: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> Result<T, Deviation> + Sync,
) -> Result<Vec<T>, Deviation> {
    std::thread::scope(|scope| {
        let work = &work;
        let shares: Vec<_> = (0..threads)
            .map(|thread| {
                let share = (count + thread) / threads;
                scope.spawn(move || work(share))
            })
            .collect();
        let results = shares.into_iter().map(|share| match share.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    })
}
