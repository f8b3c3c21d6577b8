//! What cargo says that it built.
//!
//! Where a program comes to lie depends on more than the target directory: `build.target` and
//! `CARGO_BUILD_TARGET` put a folder of the target's name between, and where that program was looked
//! for, one of an earlier build may still be. Cargo itself reports the path
//! (<https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>).

use std::path::{Path, PathBuf};

use cargo_metadata::Message;

/// The option that makes cargo report on standard output, with what the compiler says still on
/// standard error.
const REPORT: &str = "--message-format=json-render-diagnostics";

/// Whether a command is a build by cargo.
pub(super) fn is_cargo(command: &[String]) -> bool {
    let Some((program, args)) = command.split_first() else {
        return false;
    };
    let is_build = |arg: &&String| matches!(arg.as_str(), "build" | "b" | "rustc");
    Path::new(program)
        .file_stem()
        .is_some_and(|stem| stem == "cargo")
        && own(args).iter().any(|arg| is_build(&arg))
}

/// The same build, with a report. One that asks for a report already is left as it is.
pub(super) fn reporting(command: &[String]) -> Vec<String> {
    let mut command = command.to_owned();
    let end = own(&command).len();
    if !command[..end]
        .iter()
        .any(|arg| arg.starts_with("--message-format"))
    {
        command.insert(end, REPORT.to_owned());
    }
    command
}

/// Cargo's own arguments: those behind `--` are the compiler's.
fn own(args: &[String]) -> &[String] {
    let end = args.iter().position(|arg| arg == "--");
    &args[..end.unwrap_or(args.len())]
}

/// The programs of this name in a report, be they new or found as they should be: one, unless it was
/// built for several targets.
pub(super) fn programs(report: &[u8], name: &str) -> Vec<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let mut found: Vec<PathBuf> = Message::parse_stream(report)
        .filter_map(|message| match message {
            Ok(Message::CompilerArtifact(artifact)) => artifact.executable,
            // A line that is none of cargo's, such as a wrapper's, tells of no program.
            _ => None,
        })
        .filter(|executable| executable.file_name() == Some(&file))
        .map(PathBuf::from)
        .collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<String> {
        command.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_build_by_cargo_is_known_and_asked_for_its_report() {
        let reports = |command: &str| {
            let command = words(command);
            is_cargo(&command).then(|| reporting(&command).join(" "))
        };
        assert_eq!(
            reports("cargo build --release").unwrap(),
            format!("cargo build --release {REPORT}")
        );
        assert_eq!(
            reports("/usr/bin/cargo +stable rustc -p x -- --cfg y").unwrap(),
            format!("/usr/bin/cargo +stable rustc -p x {REPORT} -- --cfg y")
        );
        assert_eq!(
            reports("cargo build --message-format=json").unwrap(),
            "cargo build --message-format=json"
        );
        for other in [
            "python3 build",
            "cargo run -- build",
            "cargo",
            "make cargo build",
        ] {
            assert_eq!(reports(other), None, "{other}");
        }
        assert!(!is_cargo(&[]));
    }

    #[test]
    fn a_program_is_found_by_its_name_among_all_that_was_built() {
        let artifact = |name: &str, executable: &str| {
            serde_json::json!({
                "reason": "compiler-artifact", "package_id": "path+file:///x#0.1.0",
                "manifest_path": "/x/Cargo.toml",
                "target": {
                    "kind": ["bin"], "crate_types": ["bin"], "name": name,
                    "src_path": "/x/src/main.rs", "edition": "2024", "doc": true,
                    "doctest": false, "test": true,
                },
                "profile": {
                    "opt_level": "3", "debuginfo": 0, "debug_assertions": false,
                    "overflow_checks": false, "test": false,
                },
                "features": [], "filenames": [executable], "executable": executable,
                "fresh": true,
            })
            .to_string()
        };
        let report = [
            artifact("other", "/t/release/other"),
            "no message".to_owned(),
            artifact("x", "/t/wide/release/x"),
            artifact("x", "/t/wide/release/x"),
        ]
        .join("\n");
        let found = |name| programs(report.as_bytes(), name);
        assert_eq!(found("x"), [PathBuf::from("/t/wide/release/x")]);
        assert!(found("y").is_empty());
        let twice = report.clone() + "\n" + &artifact("x", "/t/small/release/x");
        assert_eq!(programs(twice.as_bytes(), "x").len(), 2);
    }
}
