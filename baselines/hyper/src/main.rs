//! Serves the greetings on bare hyper.

use std::process::ExitCode;

use quartet_common::Particulars;

const PROGRAM: Particulars = Particulars {
    about: "Serves greetings by locale name on bare hyper: the API's two data routes, and nothing else.",
    notes: &[("shutdown-delay", "there is no /readyz here")],
    lacks: &["root-path", "public-url", "print-openapi"],
    ..Particulars::new("quartet-baseline-hyper")
};

fn main() -> ExitCode {
    quartet_common::main(PROGRAM, |program| {
        quartet_connection::run(program, quartet_baseline_hyper::app)
    })
}
