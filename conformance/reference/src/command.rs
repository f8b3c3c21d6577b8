//! The command line. What the reference answers is not known here.

mod self_check;
mod serve;

pub use serve::serve;

use std::ffi::OsString;
use std::process::ExitCode;

/// The whole of the program's `main`.
pub fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "self-check") {
        return self_check::main(arguments.split_off(1));
    }
    serve(arguments)
}
