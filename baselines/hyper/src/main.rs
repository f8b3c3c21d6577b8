//! Serves the greetings on bare hyper.

use std::process::ExitCode;

use quartet_common::Particulars;
use tokio::runtime::Builder;

const PROGRAM: Particulars = Particulars {
    about: "Serves greetings by locale name on bare hyper: the API's two data routes, and nothing else.",
    notes: &[("shutdown-delay", "there is no /readyz here")],
    lacks: &["root-path", "public-url", "print-openapi"],
    ..Particulars::new("quartet-baseline-hyper")
};

fn main() -> ExitCode {
    quartet_common::main(PROGRAM, |program| {
        let runtime = Builder::new_multi_thread()
            .worker_threads(program.workers)
            .enable_all()
            .build()?;
        runtime.block_on(quartet_connection::run(
            program,
            quartet_baseline_hyper::app,
        ))
    })
}
