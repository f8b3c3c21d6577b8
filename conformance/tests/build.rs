//! What is tested is what was just built, wherever cargo puts it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A server that ends at once, and says which build it is of.
const SOURCE: &str = "fn main() { eprintln!(\"of this build\"); std::process::exit(4); }";

/// What an earlier build left where the program usually is.
const STALE: &str = "#!/bin/sh\necho of an earlier build >&2\nexit 3\n";

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("it can be made");
    fs::write(file, text).expect("it can be written");
}

/// This machine's target, as `rustc` calls it.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output();
    let text = output.expect("rustc is there").stdout;
    let text = String::from_utf8(text).expect("it is text");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc knows its host").to_owned()
}

/// What the command says of a server that cargo builds, in whose usual place is a stale program.
fn said(program: &str, configuration: &str, (name, value): (&str, &str)) -> String {
    let place = tempfile::tempdir().expect("a temporary directory can be made");
    let root = place.path();
    let manifest = "[package]\nname = 'tiny'\nedition = '2024'\n[workspace]\n";
    write(&root.join("Cargo.toml"), manifest);
    write(&root.join("src/main.rs"), SOURCE);
    write(&root.join(".cargo/config.toml"), configuration);
    let stanza = format!(
        "[[server]]\nname = 'tiny'\nrole = 'baseline'\nready = 'line'\nprogram = '{program}'\n\
         build = ['cargo', 'build', '--release', '--offline', '--bin', 'tiny']\n"
    );
    write(&root.join("servers.toml"), &stanza);
    let stale = root.join("target/release/tiny");
    write(&stale, STALE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&stale, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command
        .args(["--server", "tiny", "--only", "contract/list-status"])
        .current_dir(root)
        .stdin(Stdio::null());
    for (inherited, _) in std::env::vars_os() {
        let inherited = inherited.to_string_lossy().into_owned();
        if inherited == "CARGO_TARGET_DIR" || inherited.starts_with("CARGO_BUILD_") {
            command.env_remove(inherited);
        }
    }
    let output = command.env(name, value).output();
    let output = output.expect("the command can be run");
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn a_stale_program_in_the_usual_place_is_never_taken() {
    let host = host();
    let target = format!("[build]\ntarget = '{host}'\n");
    let moved = "[build]\ntarget-dir = 'moved'\n";
    let nothing = ("CARGO_TERM_QUIET", "false");
    let built_for = ("CARGO_BUILD_TARGET", host.as_str());
    let put = ("CARGO_TARGET_DIR", "moved");
    for (program, configuration, variable) in [
        ("tiny", "", nothing),
        ("tiny", "", built_for),
        ("tiny", "", put),
        ("tiny", &target, put),
        ("tiny", moved, nothing),
        ("{target}/release/tiny", &target, nothing),
    ] {
        let said = said(program, configuration, variable);
        let context = format!("{program}, {configuration:?}, {variable:?}: {said}");
        assert!(said.contains("of this build"), "{context}");
        assert!(!said.contains("of an earlier build"), "{context}");
    }
}

#[test]
fn a_program_that_cargo_did_not_build_is_missing_though_there_is_a_file() {
    let said = said("other", "", ("CARGO_TERM_QUIET", "false"));
    let expected = "built none instead of one program `other`";
    assert!(said.contains(expected), "{said}");
}
