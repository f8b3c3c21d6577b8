//! Many requests.

use std::time::Duration;

use super::CONTRACT;
use super::limits::Footprint;
use super::mix::Mix;
use super::pour::{pour, share};
use crate::cases::processes::{scratch_file, start};
use crate::servers::Setting;
use crate::{Case, Context, Need, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "load/one-connection-100k",
        "the contract; RFC 9112 §9.3",
        "A hundred thousand requests on one connection all get correct responses.",
        one_connection,
    )
    .needing(&[Need::Process, Need::Model])
    .alone()
    .within(Duration::from_secs(120)),
    Case::must(
        "load/memory-plateau",
        CONTRACT,
        "After a million requests a process has the same memory as after a hundred thousand, to \
         10 % and 4 MiB.",
        memory_plateau,
    )
    .needing(&[Need::Process, Need::Usage, Need::Model])
    .alone()
    .within(Duration::from_secs(240)),
    Case::must(
        "load/keys",
        CONTRACT,
        "Each of fifty thousand requests with right, wrong and missing keys gets its response; \
         neither descriptors nor memory leak.",
        keys,
    )
    .needing(&[Need::Process, Need::Usage, Need::ApiKey, Need::Model])
    .alone()
    .within(Duration::from_secs(120)),
];

const KEYED: usize = 50_000;

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

fn keys(context: &Context) -> Outcome {
    const KEY: &str = "the-key-under-load";
    let file = scratch_file(context, format!("another\n{KEY}\n").as_bytes())?;
    let (mut process, view) = start(context, &[Setting::KeyFile(file.path())])?;
    let mix = Mix::learn_with_key(&view, KEY)?;
    let count = context.scaled(KEYED);
    share(THREADS, count / 10, |share| {
        pour(&view, &process, &mix, share)
    })?;
    let before = Footprint::of(context, &mut process)?;
    let rest = count - count / 10;
    share(THREADS, rest, |share| pour(&view, &process, &mix, share))?;
    let after = format!("{count} requests with keys right and wrong");
    before.ensure_descriptors(context, &mut process, &after)?;
    before.ensure_memory(context, &mut process, 0, &after)?;
    Ok(Verdict::Conforms)
}
