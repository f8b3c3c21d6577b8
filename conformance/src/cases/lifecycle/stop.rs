//! Ending when told to.

use std::time::Duration;

use super::CONTRACT;
use crate::cases::processes::{AT_ONCE, LARGE, Large, ends, ends_well, serves, signal, start};
use crate::servers::Signal;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/sigterm-idle",
        CONTRACT,
        "A process with no connection ends within a second of SIGTERM, with exit status 0.",
        |context| stops(context, Signal::Terminate),
    )
    .needing(&[Need::Process, Need::Signals, Need::Model])
    .within(Duration::from_secs(60)),
    Case::must(
        "lifecycle/sigint",
        CONTRACT,
        "A process with no connection ends within a second of SIGINT, with exit status 0.",
        |context| stops(context, Signal::Interrupt),
    )
    .needing(&[Need::Process, Need::Signals, Need::Model])
    .within(Duration::from_secs(60)),
    Case::should(
        "lifecycle/second-signal",
        CONTRACT,
        "A second signal ends a draining process at once.",
        second_signal,
    )
    .needing(&[Need::Process, Need::Signals, Need::DataFile])
    .within(Duration::from_secs(60)),
];

/// How long a process without connections may take.
const SOON: Duration = Duration::from_secs(1);

/// How often it may take longer: this machine may have been busy, but not each time.
const ATTEMPTS: usize = 3;

fn stops(context: &Context, told: Signal) -> Outcome {
    let mut took = Duration::ZERO;
    for _ in 0..ATTEMPTS {
        let (mut process, view) = start(context, &[])?;
        serves(&view)?;
        signal(context, &mut process, told)?;
        took = ends_well(&mut process, AT_ONCE, told.as_str())?;
        if took <= SOON {
            return Ok(Verdict::Conforms);
        }
    }
    Err(Deviation(format!(
        "it ends more than {SOON:?} after {}; {took:?} in the last of {ATTEMPTS} attempts",
        told.as_str()
    )))
}

fn second_signal(context: &Context) -> Outcome {
    let mut large = Large::start(context, LARGE, &[])?;
    // It holds the drain up for as long as it is not read.
    let answer = large.ask()?;
    signal(context, &mut large.process, Signal::Terminate)?;
    super::drain::wait_until_draining(&large.view);
    ensure!(
        large.process.exited().is_none(),
        "after SIGTERM it does not wait for a response in progress"
    );
    signal(context, &mut large.process, Signal::Terminate)?;
    ends(&mut large.process, AT_ONCE, "a second SIGTERM")?;
    drop(answer);
    Ok(Verdict::Conforms)
}
