//! Faults in how long slow clients are waited for.

use crate::reference::{Fault, Timeout};

pub(in crate::reference::faults) const FAULTS: &[Fault] = &[
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
        "lifecycle/slowloris",
        "a client takes up one of few workers",
        |conduct| conduct.most_connections = 64,
    ),
];
