//! More workers than there is room for.

use std::time::{Duration, Instant};

use super::CONTRACT;
use super::refusal::ended;
use crate::cases::processes::serves;
use crate::servers::StartOptions;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "lifecycle/workers-without-room",
    CONTRACT,
    "With up to 1,024 workers and too few descriptors, a process serves, or ends with one line on \
     standard error before it says that it listens.",
    workers_without_room,
)
.needing(&[Need::Process, Need::Signals, Need::Model])
.within(Duration::from_secs(120))];

/// How long a process may take to say where it listens, or to end.
const STARTUP: Duration = Duration::from_secs(20);

/// How long a process is watched that says it listens: one that fails at its workers does so now.
const LASTS: Duration = Duration::from_millis(500);

/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

fn workers_without_room(context: &Context) -> Outcome {
    for (workers, descriptors) in [(1024, 64), (1024, 256), (64, 100), (8, 64), (1, 64)] {
        let with = format!("{workers} workers and {descriptors} descriptors");
        let options = StartOptions {
            workers: Some(workers),
            most_descriptors: Some(descriptors),
            ..StartOptions::default()
        };
        let mut process = context.spawn(options)?;
        if process.announced(STARTUP).is_none() {
            let ended = ended(process, &with)?;
            ended.ensure_orderly(&with)?;
            ended.only_line(&with)?;
            continue;
        }
        let view = context.seen_at(process.base_url());
        let until = Instant::now() + LASTS;
        while Instant::now() < until {
            serves(&view).map_err(|why| {
                let said = process.stderr();
                Deviation(format!(
                    "with {with} it says that it listens, then: {why}\n{said}"
                ))
            })?;
            if let Some(status) = process.exited() {
                return Err(Deviation(format!(
                    "with {with} it says that it listens, and then ends with {status}"
                )));
            }
            std::thread::sleep(LOOK);
        }
        ensure!(
            !process.stderr().contains("panicked at"),
            "with {with} it serves, but a thread panics: {}",
            process.stderr()
        );
    }
    Ok(Verdict::Conforms)
}
