//! Serves the greetings API on actix-web.

use std::process::ExitCode;

use actix_web::rt::System;
use quartet_common::Particulars;

const PROGRAM: Particulars = Particulars {
    most_workers: quartet_actix_web::MAX_WORKERS,
    // Each has a runtime of its own.
    descriptors_per_worker: 4,
    notes: &[
        ("database-connections", "for each worker, and one more"),
        ("workers", "actix-web supports at most 512"),
        ("header-count-limit", "actix-web refuses more than 96"),
        ("header-timeout", "of a connection's first head only"),
    ],
    ..Particulars::new(env!("CARGO_BIN_NAME"))
};

pub(crate) fn main() -> ExitCode {
    quartet_common::main(PROGRAM, |program| {
        System::new().block_on(quartet_actix_web::run(program))
    })
}
