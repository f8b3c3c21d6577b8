//! Serves the greetings API on salvo.

use std::process::ExitCode;

pub(crate) fn main() -> ExitCode {
    quartet_common::main(env!("CARGO_BIN_NAME"), |program| {
        quartet_connection::run(program, quartet_salvo::app)
    })
}
