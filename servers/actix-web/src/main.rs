//! Serves the greetings API on actix-web.

use std::process::ExitCode;

use actix_web::rt::System;
use quartet_common::shutdown_signal;

fn main() -> ExitCode {
    quartet_common::main("quartet-actix-web", |program| {
        System::new().block_on(quartet_actix_web::run(
            program.listener,
            program.api,
            program.timeouts,
            program.workers,
            shutdown_signal(program.ready),
        ))
    })
}
