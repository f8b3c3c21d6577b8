//! Faults in getting ready, in getting a port, and in the command line.

use crate::{Announcement, Cause, Fault};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::conduct(
        "lifecycle/ready-line",
        "it says that it listens before it does",
        |conduct| conduct.announces = Announcement::TooEarly,
    ),
    Fault::conduct(
        "lifecycle/ready-line",
        "it does not say that it listens",
        |conduct| conduct.announces = Announcement::None,
    ),
    Fault::conduct(
        "lifecycle/port-zero",
        "it says the port that it was told",
        |conduct| conduct.announces = Announcement::AsTold,
    ),
    Fault::conduct(
        "lifecycle/port-in-use",
        "it takes another port",
        |conduct| conduct.overlooks = Some(Cause::Port),
    ),
    Fault::conduct(
        "lifecycle/port-in-use",
        "another process of it may take the same port",
        |conduct| conduct.shares_port = true,
    ),
    Fault::conduct(
        "lifecycle/port-in-use",
        "the exit status is 0 after a failure",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Port {
                    words.status = 0;
                }
            };
        },
    ),
    Fault::conduct(
        "lifecycle/port-in-use",
        "the address is left out",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Port {
                    words.text = "conformance: Address already in use (os error 98)".to_owned();
                }
            };
        },
    ),
    Fault::conduct(
        "lifecycle/restart-same-port",
        "it waits for the connections of the process before it",
        |conduct| conduct.reuses_address = false,
    ),
    Fault::conduct(
        "lifecycle/listens-where-told",
        "it listens on every address",
        |conduct| conduct.listens_everywhere = true,
    ),
    Fault::conduct(
        "lifecycle/workers",
        "there are two workers, however many it is told",
        |conduct| conduct.workers = |_| 2,
    ),
    Fault::conduct(
        "lifecycle/workers",
        "there is a worker less for each above four",
        |conduct| conduct.workers = |told| told.min(4),
    ),
    Fault::conduct(
        "lifecycle/workers-default",
        "there is one worker more than cores",
        |conduct| conduct.default_workers = |cores| cores + 1,
    ),
    Fault::conduct(
        "lifecycle/option-env",
        "the environment is not looked at",
        |conduct| conduct.reads_environment = false,
    ),
    Fault::conduct(
        "lifecycle/empty-variables",
        "an empty variable is a value",
        |conduct| conduct.minds_empty_variables = true,
    ),
    Fault::answer(
        "lifecycle/root-path-forms",
        "the slash at the end of a prefix is doubled",
        |_, answer| {
            for (name, value) in &mut answer.headers {
                if name == "Location" {
                    *value = value.replace("/docs", "//docs");
                }
            }
        },
    ),
    Fault::answer(
        "lifecycle/root-path-forms",
        "the document has the same entity tag for every prefix",
        |request, answer| {
            if request.path() == "/openapi.json" {
                answer.set("ETag", "\"1.0.0\"");
            }
        },
    ),
    Fault::conduct(
        "lifecycle/option-values",
        "a wrong value is overlooked",
        |conduct| conduct.overlooks = Some(Cause::Usage),
    ),
    Fault::conduct(
        "lifecycle/option-values",
        "the option is left out",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Usage {
                    words.text = words.text.replace("--", "");
                }
            };
        },
    ),
    Fault::conduct(
        "lifecycle/log-errors-alone",
        "requests are logged at every level",
        |conduct| conduct.minds_log_level = false,
    ),
    Fault::conduct(
        "lifecycle/log-errors-alone",
        "a warning is logged where errors alone are asked for",
        |conduct| conduct.warns_of_cut_off = true,
    ),
    Fault::conduct(
        "lifecycle/unknown-flag",
        "an option that there is not is overlooked",
        |conduct| conduct.overlooks = Some(Cause::Usage),
    ),
    Fault::conduct(
        "lifecycle/unknown-flag",
        "the exit status is 0 after a failure",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Usage {
                    words.status = 0;
                }
            };
        },
    ),
    Fault::conduct(
        "lifecycle/unknown-flag",
        "the option is left out",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Usage {
                    words.text = "usage: reference [OPTIONS]".to_owned();
                }
            };
        },
    ),
    Fault::conduct("lifecycle/help", "help is a failure", |conduct| {
        conduct.last_words = |cause, words| {
            if cause == Cause::Help {
                words.status = 1;
            }
        };
    }),
    Fault::conduct("lifecycle/help", "an option is left out", |conduct| {
        conduct.last_words = |cause, words| {
            if cause == Cause::Help {
                words.text = words.text.replace("--drain-timeout", "");
            }
        };
    }),
];
