//! Faults in how a server ends.

use std::time::Duration;

use crate::{Drain, Fault};
use quartet_conformance::servers::Signal;

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::conduct("lifecycle/sigterm-idle", "SIGTERM is ignored", |conduct| {
        conduct.hears = |signal| signal != Signal::Terminate;
    }),
    Fault::conduct(
        "lifecycle/sigterm-idle",
        "the exit status is that of a failure",
        |conduct| conduct.exit_status = 143,
    ),
    Fault::conduct("lifecycle/sigterm-idle", "it takes its time", |conduct| {
        conduct.lingers = Duration::from_millis(1500);
    }),
    Fault::conduct("lifecycle/sigint", "SIGINT is ignored", |conduct| {
        conduct.hears = |signal| signal != Signal::Interrupt;
    }),
    Fault::conduct(
        "lifecycle/second-signal",
        "a second signal is ignored",
        |conduct| conduct.second_signal_ends = |_| false,
    ),
    Fault::conduct(
        "lifecycle/sigint-drains",
        "SIGINT ends it without a drain",
        |conduct| conduct.drains_for = |signal| signal == Signal::Terminate,
    ),
    Fault::conduct(
        "lifecycle/second-signal-either",
        "of second signals SIGINT is ignored",
        |conduct| conduct.second_signal_ends = |signal| signal == Signal::Terminate,
    ),
    Fault::conduct(
        "lifecycle/second-signal-either",
        "of second signals SIGTERM is ignored",
        |conduct| conduct.second_signal_ends = |signal| signal == Signal::Interrupt,
    ),
    Fault::conduct(
        "lifecycle/drain-time",
        "the drain lasts one second, whatever the timeout",
        |conduct| conduct.drain_limit = |_| Duration::from_secs(1),
    ),
    Fault::conduct(
        "lifecycle/drain-time",
        "the drain lasts ten seconds, whatever the timeout",
        |conduct| conduct.drain_limit = |_| Duration::from_secs(10),
    ),
    Fault::conduct(
        "lifecycle/drain-in-flight",
        "it ends without a drain",
        |conduct| conduct.drain = Drain::None,
    ),
    Fault::conduct(
        "lifecycle/drain-in-flight",
        "answers in progress are cut off",
        |conduct| conduct.drain = Drain::CutsOff,
    ),
    Fault::conduct(
        "lifecycle/drain-idle-keep-alive",
        "connections that wait for a request are waited for",
        |conduct| conduct.drain = Drain::WaitsForIdle,
    ),
    Fault::conduct(
        "lifecycle/drain-unused",
        "connections that have sent nothing are waited for",
        |conduct| conduct.drain = Drain::WaitsForRequests,
    ),
    Fault::conduct(
        "lifecycle/drain-half-request",
        "requests that are not whole are waited for without end",
        |conduct| {
            conduct.drain = Drain::WaitsForRequests;
            conduct.drain_ends = false;
        },
    ),
    Fault::conduct(
        "lifecycle/drain-refuses-new",
        "it goes on accepting connections",
        |conduct| conduct.accepts_while_draining = true,
    ),
    Fault::conduct(
        "lifecycle/drain-refuses-new",
        "its sockets stay open, and nobody accepts on them",
        |conduct| conduct.keeps_sockets = true,
    ),
];
