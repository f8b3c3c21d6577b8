//! Serves the greetings API on axum.

use std::process::ExitCode;

pub(crate) fn main() -> ExitCode {
    quartet_common::main(env!("CARGO_BIN_NAME"), |program| {
        quartet_connection::run(program, quartet_axum::app)
    })
}
