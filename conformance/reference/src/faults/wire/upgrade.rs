//! Faults in what becomes of offers to change the protocol.

use crate::Fault;
use crate::faults::octets::set_field;
use crate::rules::options;

fn offers(request: &crate::Request) -> bool {
    options(request).iter().any(|option| option == "upgrade")
}

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::output(
        "wire/upgrade-declined",
        "the option that was offered is sent back",
        |request, octets| {
            if offers(request) {
                set_field(octets, "Connection", "upgrade");
            }
        },
    ),
    Fault::rules(
        "wire/upgrade-declined",
        "the connection is closed without a word",
        |rules| {
            rules.keeps = |request| !offers(request);
            rules.says_close = false;
        },
    ),
    Fault::answer(
        "wire/upgrade-declined",
        "a protocol that is not spoken is refused",
        |request, answer| {
            if request.values("upgrade").next().is_some() {
                answer.status = 501;
            }
        },
    ),
    Fault::rules(
        "wire/upgrade-keeps",
        "the connection is closed where one is offered",
        |rules| rules.keeps = |request| !offers(request),
    ),
];
