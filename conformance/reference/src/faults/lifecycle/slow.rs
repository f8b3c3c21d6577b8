//! Faults in how long slow clients are waited for.

use std::time::Duration;

use quartet_common::Timeouts;

use crate::{Fault, Timeout};

/// Times, each changed.
fn each(told: Timeouts, change: fn(Duration) -> Duration) -> Timeouts {
    Timeouts {
        header: change(told.header),
        idle: change(told.idle),
        drain: change(told.drain),
        shutdown_delay: change(told.shutdown_delay),
    }
}

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::conduct(
        "lifecycle/slow-headers",
        "each octet gains a client time",
        |conduct| conduct.request_timeout = Timeout::EachRead,
    ),
    Fault::conduct(
        "lifecycle/slow-headers",
        "a request may take any time",
        |conduct| conduct.request_timeout = Timeout::None,
    ),
    Fault::conduct(
        "lifecycle/slow-later-head",
        "the time of the first request alone is limited",
        |conduct| conduct.later_timeout = Timeout::None,
    ),
    Fault::conduct(
        "lifecycle/slow-later-head",
        "each octet of a further request gains a client time",
        |conduct| conduct.later_timeout = Timeout::EachRead,
    ),
    Fault::conduct(
        "lifecycle/slow-body",
        "each octet gains a client time",
        |conduct| conduct.request_timeout = Timeout::EachRead,
    ),
    Fault::conduct(
        "lifecycle/silent-connection",
        "the first request may take any time",
        |conduct| conduct.first_timeout = Timeout::None,
    ),
    Fault::conduct(
        "lifecycle/idle-connection",
        "a further request may take any time",
        |conduct| conduct.idle_timeout = Timeout::None,
    ),
    Fault::answer(
        "lifecycle/idle-connection",
        "a connection is closed after each answer, without a word",
        |request, answer| answer.close |= request.number > 0,
    ),
    Fault::conduct(
        "lifecycle/silent-header-time",
        "a silent connection has the idle time",
        |conduct| conduct.silent_has_idle_time = true,
    ),
    Fault::conduct(
        "lifecycle/idle-time",
        "an idle connection has the time of a head",
        |conduct| conduct.idle_has_header_time = true,
    ),
    Fault::conduct(
        "lifecycle/head-time",
        "a head has the idle time",
        |conduct| conduct.head_has_idle_time = true,
    ),
    Fault::conduct(
        "lifecycle/later-head-time",
        "the time of a further head runs from the answer before it",
        |conduct| conduct.later_head_from_answer = true,
    ),
    Fault::conduct(
        "lifecycle/timeout-fractions",
        "times are cut to whole seconds",
        |conduct| {
            conduct.times = |told| each(told, |time| Duration::from_secs(time.as_secs()));
        },
    ),
    Fault::conduct(
        "lifecycle/timeout-fractions",
        "times are rounded up to whole seconds",
        |conduct| {
            conduct.times = |told| {
                each(told, |time| {
                    Duration::from_secs(time.as_millis().div_ceil(1000) as u64)
                })
            };
        },
    ),
    Fault::conduct(
        "lifecycle/timeout-fractions",
        "the idle timeout is cut to whole seconds",
        |conduct| {
            conduct.times = |told| Timeouts {
                idle: Duration::from_secs(told.idle.as_secs()),
                ..told
            };
        },
    ),
    Fault::conduct(
        "lifecycle/slow-handler",
        "the time of a head runs until it is answered",
        |conduct| conduct.counts_handlers_from = 0,
    ),
    Fault::conduct(
        "lifecycle/slow-handler",
        "the time of a further head runs until it is answered",
        |conduct| conduct.counts_handlers_from = 1,
    ),
    Fault::conduct(
        "lifecycle/unread-answer",
        "an answer may go unread for any time",
        |conduct| conduct.limits_writes = false,
    ),
    Fault::conduct(
        "lifecycle/answer-read-slowly",
        "the time for which an answer may go unread runs from its start",
        |conduct| conduct.limits_whole_answers = true,
    ),
    Fault::conduct(
        "lifecycle/slowloris",
        "a client takes up one of few workers",
        |conduct| conduct.most_connections = 64,
    ),
    Fault::conduct(
        "lifecycle/kept-long",
        "after four answers a client may take any time",
        |conduct| conduct.most_limited = 4,
    ),
    Fault::conduct(
        "lifecycle/kept-long",
        "after a hundred answers a client may take any time",
        |conduct| conduct.most_limited = 100,
    ),
];
