//! Faults in where a server listens, and in what it finds there.

use crate::{Cause, Fault, Path};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::conduct(
        "lifecycle/listen-name",
        "it listens on the first address alone",
        |conduct| conduct.most_addresses = 1,
    ),
    Fault::conduct(
        "lifecycle/listen-name",
        "where a port is taken it listens on another",
        |conduct| conduct.overlooks = Some(Cause::Port),
    ),
    Fault::conduct(
        "lifecycle/listen-forms",
        "an address without a port has a free one",
        |conduct| conduct.completes_addresses = true,
    ),
    Fault::conduct(
        "lifecycle/listen-inherited",
        "it listens where it was told to",
        |conduct| conduct.takes_inherited = false,
    ),
    Fault::conduct(
        "lifecycle/listen-inherited",
        "it listens where it was told to as well",
        |conduct| conduct.listens_there_too = true,
    ),
    Fault::conduct(
        "lifecycle/listen-inherited-several",
        "it listens on the first that it inherits alone",
        |conduct| conduct.most_inherited = 1,
    ),
    Fault::conduct(
        "lifecycle/listen-inherited-several",
        "it says that it listens on each, and serves all but the last",
        |conduct| conduct.most_served = 2,
    ),
    Fault::conduct(
        "lifecycle/listen-unix",
        "any file at the path is replaced",
        |conduct| conduct.path = Path::Replaced,
    ),
    Fault::conduct(
        "lifecycle/listen-unix",
        "a socket that was left behind is in its way",
        |conduct| conduct.path = Path::Kept,
    ),
    Fault::conduct(
        "lifecycle/port-empty",
        "an empty PORT is one that is malformed",
        |conduct| {
            conduct.reads_port_first = true;
            conduct.overlooks_port = |_| false;
        },
    ),
    Fault::conduct(
        "lifecycle/port-link",
        "PORT is read also where it does not matter",
        |conduct| {
            conduct.reads_port_first = true;
            conduct.overlooks_port = str::is_empty;
        },
    ),
    Fault::conduct(
        "lifecycle/host-and-port",
        "the host is overlooked",
        |conduct| conduct.minds_host = false,
    ),
    Fault::conduct(
        "lifecycle/host-and-port",
        "an address in the environment outranks a port that it is told",
        |conduct| conduct.host_outranks_environment = false,
    ),
    Fault::conduct(
        "lifecycle/port-ignored-told",
        "a PORT is ignored in silence",
        |conduct| conduct.tells_of_ignored_port = false,
    ),
    Fault::conduct(
        "lifecycle/port-malformed",
        "a PORT that is none is overlooked",
        |conduct| conduct.overlooks_port = |port| port.parse::<u16>().is_err(),
    ),
    Fault::conduct(
        "lifecycle/descriptors-soft-limit",
        "the soft limit stays as it is",
        |conduct| conduct.raises_descriptor_limit = false,
    ),
    Fault::conduct(
        "lifecycle/workers-without-room",
        "it fails once it has said that it listens",
        |conduct| conduct.fewest_descriptors = 200,
    ),
];
