//! Serves the greetings API on warp, as `main.rs` does, also from a database.

use std::process::ExitCode;

// Cargo warns of one file that is the root of two programs.
#[path = "../main.rs"]
mod program;

fn main() -> ExitCode {
    program::main()
}
