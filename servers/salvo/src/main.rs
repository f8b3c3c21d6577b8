//! Serves the greetings API on salvo.

use std::process::ExitCode;

use tokio::runtime::Builder;

pub(crate) fn main() -> ExitCode {
    quartet_common::main(env!("CARGO_BIN_NAME"), |program| {
        let runtime = Builder::new_multi_thread()
            .worker_threads(program.workers)
            .enable_all()
            .build()?;
        runtime.block_on(quartet_connection::run(program, quartet_salvo::app))
    })
}
