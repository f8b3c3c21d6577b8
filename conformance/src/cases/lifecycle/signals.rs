//! Either signal, a second one, and how long is drained.

use std::time::{Duration, Instant};

use super::CONTRACT;
use super::drain::{TurnedAway, wait_until_draining};
use crate::cases::processes::{AT_ONCE, LARGE, Large, ends, ends_well, signal};
use crate::servers::{Setting, Signal};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/sigint-drains",
        CONTRACT,
        "SIGINT drains like SIGTERM: responses that have begun are sent completely, and new \
         connections are not served.",
        sigint_drains,
    )
    .needing(&[Need::Process, Need::Signals, Need::DataFile])
    .within(Duration::from_secs(60)),
    Case::should(
        "lifecycle/second-signal-either",
        CONTRACT,
        "A second signal (SIGTERM or SIGINT, after either) ends a draining process at once; the \
         exit status is not 0 if that cuts off a response.",
        second_signal_either,
    )
    .needing(&[Need::Process, Need::Signals, Need::DataFile])
    .within(Duration::from_secs(60)),
    Case::must(
        "lifecycle/drain-time",
        CONTRACT,
        "Requests in progress get the stated drain timeout, no less and not much more; then the \
         process ends with exit status 0.",
        drain_time,
    )
    .needing(&[
        Need::Process,
        Need::Signals,
        Need::DataFile,
        Need::DrainTimeout,
    ])
    .within(Duration::from_secs(60)),
];

/// How many answers are in progress.
const ANSWERS: usize = 3;

fn sigint_drains(context: &Context) -> Outcome {
    let mut large = Large::start(context, LARGE, &[])?;
    let answers: Vec<_> = (0..ANSWERS)
        .map(|_| large.ask())
        .collect::<Result<_, _>>()?;
    signal(context, &mut large.process, Signal::Interrupt)?;
    let turned_away = wait_until_draining(&large.view);
    ensure!(
        turned_away != TurnedAway::No,
        "after SIGINT it still answers new connections"
    );
    for answer in answers {
        large
            .finish(answer)
            .map_err(|why| Deviation(format!("a response that had begun before SIGINT: {why}")))?;
    }
    ends_well(&mut large.process, AT_ONCE, "SIGINT and the last response")?;
    Ok(Verdict::Conforms)
}

fn second_signal_either(context: &Context) -> Outcome {
    use Signal::{Interrupt, Terminate};
    for (first, second) in [
        (Terminate, Interrupt),
        (Interrupt, Terminate),
        (Interrupt, Interrupt),
    ] {
        let mut large = Large::start(context, LARGE, &[])?;
        // It holds the drain up for as long as it is not read.
        let answer = large.ask()?;
        signal(context, &mut large.process, first)?;
        wait_until_draining(&large.view);
        ensure!(
            large.process.exited().is_none(),
            "after {} it does not wait for a response in progress",
            first.as_str()
        );
        signal(context, &mut large.process, second)?;
        let after = format!("{} after {}", second.as_str(), first.as_str());
        let status = ends(&mut large.process, AT_ONCE, &after)?;
        ensure!(
            status.code() != Some(0),
            "after {after}, which cut off a response, it ended with status 0"
        );
        drop(answer);
    }
    Ok(Verdict::Conforms)
}

fn drain_time(context: &Context) -> Outcome {
    let (short, long) = std::thread::scope(|scope| {
        let short = scope.spawn(|| drain_ends(context));
        let long = scope.spawn(|| drain_lasts(context));
        (short.join(), long.join())
    });
    for result in [short, long] {
        match result {
            Ok(result) => result?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    Ok(Verdict::Conforms)
}

/// An answer that is never read holds the end up for as long as is stated.
fn drain_ends(context: &Context) -> Result<(), Deviation> {
    const STATED: u32 = 1;
    let mut large = Large::start(context, LARGE, &[Setting::DrainTimeout(STATED)])?;
    let answer = large.ask()?;
    signal(context, &mut large.process, Signal::Terminate)?;
    let limit = Duration::from_secs(STATED.into()) + AT_ONCE;
    let after = format!("SIGTERM, with an unread response and a drain timeout of {STATED} s,");
    ends_well(&mut large.process, limit, &after)?;
    drop(answer);
    Ok(())
}

/// An answer that is read late, but within the time, is sent to its end.
fn drain_lasts(context: &Context) -> Result<(), Deviation> {
    const STATED: u32 = 60;
    const LATE: Duration = Duration::from_secs(3);
    let mut large = Large::start(context, LARGE, &[Setting::DrainTimeout(STATED)])?;
    let answer = large.ask()?;
    signal(context, &mut large.process, Signal::Terminate)?;
    let told = Instant::now();
    let ended = large.process.ended_within(LATE);
    if let Some(status) = ended {
        return Err(Deviation(format!(
            "{:?} after SIGTERM, with a response in progress and a drain timeout of {STATED} s, \
             it has ended with {status}",
            told.elapsed()
        )));
    }
    large.finish(answer).map_err(|why| {
        Deviation(format!(
            "a response that is read {LATE:?} after SIGTERM, with a drain timeout of {STATED} s: \
             {why}"
        ))
    })?;
    ends_well(&mut large.process, AT_ONCE, "SIGTERM and the last response")?;
    Ok(())
}
