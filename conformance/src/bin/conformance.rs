//! The command: tests servers and prints what it found.

fn main() -> std::process::ExitCode {
    quartet_conformance::command::main()
}
