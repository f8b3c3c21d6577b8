//! Many connections.

use std::time::{Duration, Instant};

use super::CONTRACT;
use super::client::Client;
use super::limits::Footprint;
use super::mix::Mix;
use super::pour::share;
use crate::cases::processes::start;
use crate::servers::StartOptions;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, descriptors, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "load/many-connections",
        CONTRACT,
        "A thousand concurrent connections each get correct responses.",
        many_connections,
    )
    .needing(&[Need::Process, Need::Model])
    .alone()
    .within(Duration::from_secs(60)),
    Case::must(
        "load/connection-churn",
        CONTRACT,
        "Ten thousand connections with one request each leak neither descriptors nor memory.",
        connection_churn,
    )
    .needing(&[Need::Process, Need::Usage, Need::Model])
    .alone()
    .within(Duration::from_secs(120)),
    Case::should(
        "load/overload",
        CONTRACT,
        "With more connections than descriptors it serves some of them, and all once the excess \
         is gone.",
        overload,
    )
    .needing(&[Need::Process, Need::Signals, Need::Model])
    .alone()
    .within(Duration::from_secs(60)),
    Case::should(
        "load/overload-log",
        CONTRACT,
        "A server without free descriptors logs at most one line a second.",
        overload_log,
    )
    .needing(&[Need::Process, Need::Signals, Need::Model])
    .alone()
    .within(Duration::from_secs(60)),
    Case::should(
        "load/overload-idle",
        CONTRACT,
        "A server without free descriptors waits until it has some: while nothing can be done, it \
         uses less than a fifth of a core.",
        overload_idle,
    )
    .needing(&[Need::Process, Need::Signals, Need::Usage])
    .alone()
    .within(Duration::from_secs(60)),
];

const MANY: usize = 1000;

const CHURN: usize = 10_000;

/// How many clients come and go at once.
const THREADS: usize = 4;

/// How many descriptors a process has that is to run out of them.
const SCARCE: u32 = 128;

/// How many connections it gets.
const CROWD: usize = 400;

/// How long a client that may get no answer waits for one.
const DOUBT: Duration = Duration::from_millis(500);

fn many_connections(context: &Context) -> Outcome {
    if let Err(why) = descriptors::allow(2 * MANY as u64) {
        return Ok(Verdict::NotApplicable(why));
    }
    let (process, view) = start(context, &[])?;
    let mix = Mix::learn(&view)?;
    let mut clients = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        context.has_come_to(format!(
            "{} of {MANY} connections were accepted",
            clients.len()
        ));
        clients.push(Client::connect(&view, process.address())?);
    }
    for round in 1..=2 {
        let failed = |number: usize, why: &dyn std::fmt::Display| {
            let which = number + 1;
            Deviation(format!(
                "connection {which} of {MANY}, request {round}: {why}"
            ))
        };
        for (number, client) in clients.iter_mut().enumerate() {
            let sent = client.send(&mix.nth(number).octets);
            sent.map_err(|broken| failed(number, &broken))?;
        }
        for (number, client) in clients.iter_mut().enumerate() {
            context.has_come_to(format!("{number} of {MANY} connections were answered"));
            let wanted = mix.nth(number);
            let reply = client.receive(wanted.is_bare);
            let reply = reply.map_err(|broken| failed(number, &broken))?;
            let right = wanted.check(&view, &reply);
            right.map_err(|why| failed(number, &why))?;
            // It may say that it closes the connection, after content that it has not read for one.
            if reply.closes {
                *client = Client::connect(&view, process.address())?;
            }
        }
    }
    Ok(Verdict::Conforms)
}

fn connection_churn(context: &Context) -> Outcome {
    let (mut process, view) = start(context, &[])?;
    let mix = Mix::learn(&view)?;
    let count = context.scaled(CHURN);
    let address = process.address();
    let come_and_go = |count: usize| {
        share(THREADS, count, |share| {
            for number in 0..share {
                let mut client = Client::connect(&view, address)?;
                mix.nth(number).ask_last(&view, &mut client)?;
            }
            Ok(())
        })
    };
    come_and_go(count / 10)?;
    let before = Footprint::of(context, &mut process)?;
    come_and_go(count - count / 10)?;
    let after = format!("{count} connections");
    before.ensure_descriptors(context, &mut process, &after)?;
    before.ensure_memory(context, &mut process, 0, &after)?;
    Ok(Verdict::Conforms)
}

/// A process that runs out of descriptors, and not for its workers.
fn scarce() -> StartOptions {
    StartOptions {
        workers: Some(2),
        most_descriptors: Some(SCARCE),
        ..StartOptions::default()
    }
}

/// How long it stays out of them.
const STRAITS: Duration = Duration::from_secs(3);

fn overload_idle(context: &Context) -> Outcome {
    if let Err(why) = descriptors::allow(2 * CROWD as u64) {
        return Ok(Verdict::NotApplicable(why));
    }
    let process = context.start(scarce())?;
    let view = context.seen_at(process.base_url());
    let mut crowd = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        let Ok(client) = Client::connect(&view, process.address()) else {
            break;
        };
        crowd.push(client);
    }
    let used = || {
        process
            .cpu_time()
            .map_err(|error| context.obstructed(error))
    };
    let (begun, before) = (Instant::now(), used()?);
    std::thread::sleep(STRAITS);
    let (used, elapsed) = (used()?.saturating_sub(before), begun.elapsed());
    ensure!(
        used < elapsed / 5,
        "in {elapsed:.1?} without free descriptors, and with nothing to do, it uses {used:.1?} of \
         CPU time"
    );
    drop(crowd);
    Ok(Verdict::Conforms)
}

fn overload_log(context: &Context) -> Outcome {
    /// What may be said of it once, in the beginning and at the end.
    const FEW: usize = 4;

    if let Err(why) = descriptors::allow(2 * CROWD as u64) {
        return Ok(Verdict::NotApplicable(why));
    }
    let process = context.start(scarce())?;
    let view = context.seen_at(process.base_url());
    let begun = Instant::now();
    let mut crowd = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        let Ok(client) = Client::connect(&view, process.address()) else {
            break;
        };
        crowd.push(client);
    }
    std::thread::sleep(STRAITS);
    let said = process.stderr();
    let (lines, seconds) = (said.lines().count(), begun.elapsed().as_secs() as usize);
    ensure!(
        lines <= seconds + FEW,
        "in {seconds} s without free descriptors it logs {lines} lines, such as {:?}",
        said.lines().next_back().unwrap_or_default()
    );
    drop(crowd);
    Ok(Verdict::Conforms)
}

fn overload(context: &Context) -> Outcome {
    if let Err(why) = descriptors::allow(2 * CROWD as u64) {
        return Ok(Verdict::NotApplicable(why));
    }
    let mut process = context.start(scarce())?;
    let view = context.seen_at(process.base_url());
    let mix = Mix::learn(&view)?;
    let mut served = 0;
    let mut crowd = Vec::with_capacity(CROWD);
    for number in 0..CROWD {
        context.has_come_to(format!("{number} of {CROWD} connections were tried"));
        // Where one is turned away, so would the rest be.
        let Ok(mut client) = Client::connect(&view, process.address()) else {
            break;
        };
        if client.send(&mix.nth(number).octets).is_ok() && client.wait_at_most(DOUBT).is_ok() {
            crowd.push((number, client));
        }
    }
    let mut silent = 0;
    for (number, client) in &mut crowd {
        let wanted = mix.nth(*number);
        match client.receive(wanted.is_bare) {
            Ok(reply) => {
                wanted.check(&view, &reply)?;
                served += 1;
            }
            Err(_) => silent += 1,
        }
        // The rest wait behind those: they would be as silent.
        if silent > 3 {
            break;
        }
    }
    ensure!(
        served > 0,
        "none of {CROWD} connections to a process with {SCARCE} descriptors is served"
    );
    drop(crowd);
    if let Some(status) = process.exited() {
        return Err(Deviation(format!(
            "{CROWD} connections to a process with {SCARCE} descriptors end it, with {status}"
        )));
    }
    for number in 0..mix.len() {
        let answered = Client::connect(&view, process.address())
            .and_then(|mut client| mix.nth(number).ask(&view, &mut client));
        answered.map_err(|why| {
            Deviation(format!(
                "after {CROWD} connections to a process with {SCARCE} descriptors: {why}"
            ))
        })?;
    }
    Ok(Verdict::Conforms)
}
