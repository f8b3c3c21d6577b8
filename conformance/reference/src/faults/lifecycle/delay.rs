//! Faults between being told to end and the drain.

use crate::{Delay, Fault};
use quartet_conformance::servers::Signal;

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::conduct("lifecycle/delay-serves", "it drains at once", |conduct| {
        conduct.delay = Delay::None;
    }),
    Fault::conduct(
        "lifecycle/delay-serves",
        "it says that it is ready",
        |conduct| conduct.delay = Delay::StaysReady,
    ),
    Fault::conduct(
        "lifecycle/delay-serves",
        "it does not say when to ask again",
        |conduct| conduct.delay = Delay::SaysNoWhen,
    ),
    Fault::conduct(
        "lifecycle/delay-serves",
        "data is refused as well",
        |conduct| conduct.delay = Delay::Refuses,
    ),
    Fault::conduct(
        "lifecycle/delay-says-close",
        "connections are kept to the end",
        |conduct| conduct.delay = Delay::Keeps,
    ),
    Fault::conduct("lifecycle/delay-ends", "it drains at once", |conduct| {
        conduct.delay = Delay::None;
    }),
    Fault::conduct(
        "lifecycle/delay-ends",
        "the exit status is that of a failure",
        |conduct| conduct.exit_status = 143,
    ),
    Fault::conduct(
        "lifecycle/delay-second-signal",
        "signals are ignored during the delay",
        |conduct| conduct.delay = Delay::IgnoresSignals,
    ),
    Fault::conduct("lifecycle/delay-sigint", "SIGINT has no delay", |conduct| {
        conduct.delays_for = |signal| signal == Signal::Terminate;
    }),
];
