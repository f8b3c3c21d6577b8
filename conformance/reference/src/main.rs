//! The program: serves the reference, or checks the suite by it.

fn main() -> std::process::ExitCode {
    quartet_reference::command::main()
}
