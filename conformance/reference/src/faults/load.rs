//! Faults that show when there is much to do.

use crate::{AcceptFailure, Answer, Fault, Kept, WriteFailure, Writes};

pub(super) const FAULTS: &[Fault] = &[
    Fault::conduct(
        "load/many-connections",
        "a client takes up one of few workers",
        |conduct| conduct.most_connections = 256,
    ),
    Fault::answer(
        "load/many-connections",
        "a buffer that is full has an answer of its own",
        |request, answer| {
            if request.number % 1024 == 1023 {
                *answer = Answer::problem(503, "Try again");
            }
        },
    ),
    Fault::conduct(
        "load/connection-churn",
        "a connection's descriptor is never closed",
        |conduct| conduct.keeps = Kept::Descriptor,
    ),
    Fault::conduct(
        "load/connection-churn",
        "a connection's buffer is never given back",
        |conduct| conduct.keeps = Kept::Memory(64 * 1024),
    ),
    Fault::conduct(
        "load/overload",
        "a connection that cannot be accepted ends the program",
        |conduct| conduct.accept_failure = AcceptFailure::EndsProgram,
    ),
    Fault::conduct(
        "load/overload",
        "a connection that cannot be accepted is the last",
        |conduct| conduct.accept_failure = AcceptFailure::StopsAccepting,
    ),
    Fault::conduct(
        "load/overload-log",
        "each connection that cannot be accepted is told of",
        |conduct| conduct.accept_failure = AcceptFailure::Complains,
    ),
    Fault::conduct(
        "load/overload-idle",
        "a connection that cannot be accepted is tried again at once",
        |conduct| conduct.accept_failure = AcceptFailure::Spins,
    ),
    Fault::answer(
        "load/one-connection-100k",
        "a counter runs over",
        |request, answer| {
            if request.number == 2048 {
                answer.status = 500;
            }
        },
    ),
    Fault::answer(
        "load/one-connection-100k",
        "an answer is another's",
        |request, answer| {
            if request.number == 1999 {
                *answer = Answer::new(200, "application/json", "[]");
            }
        },
    ),
    Fault::answer(
        "load/one-connection-100k",
        "an entity tag is another's once",
        |request, answer| {
            if request.number == 1999 {
                answer.set("ETag", "\"another\"");
            }
        },
    ),
    Fault::answer(
        "load/keys",
        "a request without a right key is let in once",
        |request, answer| {
            if request.number > 1000 && answer.status == 401 {
                *answer = Answer::new(200, "application/json", "[]");
            }
        },
    ),
    Fault::conduct(
        "load/keys",
        "something of each request is kept",
        |conduct| conduct.hoards = 16 * 1024,
    ),
    Fault::conduct(
        "load/memory-plateau",
        "something of each request is kept",
        |conduct| conduct.hoards = 512,
    ),
    Fault::conduct(
        "load/slow-reader",
        "answers wait in a queue without bound",
        |conduct| conduct.writes = Writes::Queued,
    ),
    Fault::conduct(
        "load/slow-reader",
        "one connection writes at a time",
        |conduct| conduct.writes = Writes::InTurn,
    ),
    Fault::conduct(
        "load/disconnect-mid-response",
        "a client that goes away is the last",
        |conduct| conduct.write_failure = WriteFailure::StopsAccepting,
    ),
    Fault::conduct(
        "load/disconnect-mid-response",
        "a connection that fails is never closed",
        |conduct| conduct.keeps = Kept::DescriptorOfBroken,
    ),
    Fault::conduct(
        "load/mixed-errors",
        "a connection without a right request is never closed",
        |conduct| conduct.keeps = Kept::DescriptorOfRefused,
    ),
];
