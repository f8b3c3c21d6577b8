//! Compares the servers of servers.toml: see `cargo compare --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    quartet_benches::command::main()
}
