//! Every case of the suite, each a test.

fn main() -> std::process::ExitCode {
    quartet_conformance::server_tests("salvo", env!("CARGO_BIN_EXE_quartet-salvo"))
}
