//! Every case of the suite that asks for no more than the data routes, each a test.

fn main() -> std::process::ExitCode {
    quartet_conformance::server_tests("hyper", env!("CARGO_BIN_EXE_quartet-baseline-hyper"))
}
