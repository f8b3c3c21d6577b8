//! Many requests.

use std::time::Duration;

use super::CONTRACT;
use super::limits::Footprint;
use super::mix::Mix;
use super::pour::{pour, share};
use crate::cases::processes::start;
use crate::{Case, Context, Need, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "load/one-connection-100k",
        "the contract; RFC 9112 §9.3",
        "A hundred thousand requests on one connection get as many right answers.",
        one_connection,
    )
    .needing(&[Need::Process, Need::Model])
    .alone()
    .within(Duration::from_secs(120)),
    Case::must(
        "load/memory-plateau",
        CONTRACT,
        "After a million requests a process has as much memory as after a hundred thousand, to \
         10 % and 4 MiB.",
        memory_plateau,
    )
    .needing(&[Need::Process, Need::Usage, Need::Model])
    .alone()
    .within(Duration::from_secs(240)),
];

const ONE_CONNECTION: usize = 100_000;

const MILLION: usize = 1_000_000;

/// How many clients send at once.
const THREADS: usize = 4;

fn one_connection(context: &Context) -> Outcome {
    let (process, view) = start(context, &[])?;
    let mix = Mix::learn(&view)?.without_head();
    match pour(&view, &process, &mix, context.scaled(ONE_CONNECTION))? {
        0 => Ok(Verdict::Conforms),
        times => Ok(Verdict::Differs(format!(
            "says `Connection: close` after some requests, {times} times in all"
        ))),
    }
}

fn memory_plateau(context: &Context) -> Outcome {
    let (mut process, view) = start(context, &[])?;
    let mix = Mix::learn(&view)?.without_head();
    let count = context.scaled(MILLION);
    share(THREADS, count / 10, |share| {
        pour(&view, &process, &mix, share)
    })?;
    let before = Footprint::of(context, &mut process)?;
    let rest = count - count / 10;
    share(THREADS, rest, |share| pour(&view, &process, &mix, share))?;
    before.ensure_memory(context, &mut process, 0, &format!("{count} requests"))?;
    Ok(Verdict::Conforms)
}
