//! What cargo says that it built.
//!
//! Where a program comes to lie depends on more than the target directory: `build.target` and
//! `CARGO_BUILD_TARGET` put a folder of the target's name between, and where that program was looked
//! for, one of an earlier build may still be. Cargo itself reports the path
//! (<https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>).

use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;

/// The option that makes cargo report on standard output, with what the compiler says still on
/// standard error.
pub(super) const REPORT: &str = "--message-format=json-render-diagnostics";

/// The one that puts into the report what the compiler says, too.
pub(super) const PLAIN: &str = "--message-format=json";

/// The same in colour.
pub(super) const COLOURED: &str = "--message-format=json-diagnostic-rendered-ansi";

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

/// The same build, with this option for a report. One that asks for a report already is left as it is.
pub(super) fn reporting(command: &[String], report: &str) -> Vec<String> {
    let mut command = command.to_owned();
    let end = own(&command).len();
    if !command[..end]
        .iter()
        .any(|arg| arg.starts_with("--message-format"))
    {
        command.insert(end, report.to_owned());
    }
    command
}

/// Keeps from a build what cargo tells the programs that it runs of their package
/// (<https://doc.rust-lang.org/cargo/reference/environment-variables.html#environment-variables-cargo-sets-for-crates>).
///
/// Build scripts may depend on these variables, as ring's does (briansmith/ring#2454). Cargo would build such a
/// crate, and every crate above it, once more for each package whose program or test asks for a build.
pub(super) fn forget_package(build: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_package) {
            build.env_remove(name);
        }
    }
}

fn is_of_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_")
        || variable.starts_with("CARGO_MANIFEST_")
        || variable == "OUT_DIR"
}

/// Cargo's own arguments: those behind `--` are the compiler's.
fn own(args: &[String]) -> &[String] {
    let end = args.iter().position(|arg| arg == "--");
    &args[..end.unwrap_or(args.len())]
}

/// What cargo reports of a build.
#[derive(Debug, Default)]
pub(super) struct Report {
    executables: Vec<PathBuf>,
    first_error: Option<String>,
}

impl Report {
    /// Reads it as it comes, and passes on to standard error what the compiler says.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn read(&mut self, report: impl Read) -> io::Result<()> {
        for line in BufReader::new(report).split(b'\n') {
            if let Some(said) = self.add_line(&line?) {
                eprint!("{said}");
            }
        }
        Ok(())
    }

    /// Adds a report that is complete.
    pub(super) fn add(&mut self, report: &[u8]) {
        for line in report.split(|&byte| byte == b'\n') {
            self.add_line(line);
        }
    }

    /// Adds a line, and gives what the compiler says in it. A line that is none of cargo's, such as a
    /// wrapper's, tells of nothing.
    fn add_line(&mut self, line: &[u8]) -> Option<String> {
        match serde_json::from_slice(line).ok()? {
            Message::CompilerArtifact(artifact) => {
                self.executables
                    .extend(artifact.executable.map(PathBuf::from));
                None
            }
            Message::CompilerMessage(message) => {
                let message = message.message;
                let is_error =
                    matches!(message.level, DiagnosticLevel::Error | DiagnosticLevel::Ice);
                if is_error && self.first_error.is_none() {
                    self.first_error = Some(in_one_line(&message));
                }
                message.rendered
            }
            _ => None,
        }
    }

    /// What the compiler refused first, in one line, with its place.
    pub(super) fn first_error(&self) -> Option<String> {
        self.first_error.clone()
    }

    /// The programs of this name, be they new or found as they should be: one, unless it was built for
    /// several targets.
    pub(super) fn programs(&self, name: &str) -> Vec<PathBuf> {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let named = |path: &&PathBuf| path.file_name().is_some_and(|found| found == &*file);
        let mut found: Vec<PathBuf> = self.executables.iter().filter(named).cloned().collect();
        found.dedup();
        found
    }
}

/// `error[E0432]: unresolved import (src/lib.rs:3)`.
fn in_one_line(message: &cargo_metadata::diagnostic::Diagnostic) -> String {
    let code = message.code.as_ref();
    let code = code.map_or_else(String::new, |code| format!("[{}]", code.code));
    let what = message.message.lines().next().unwrap_or_default();
    let primary = message.spans.iter().find(|span| span.is_primary);
    let place = primary.map_or_else(String::new, |span| {
        format!(" ({}:{})", span.file_name, span.line_start)
    });
    format!("error{code}: {what}{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<String> {
        command.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_build_is_not_told_of_the_package_that_asks_for_it() {
        let mut build = Command::new("cargo");
        forget_package(&mut build);
        let forgotten: Vec<_> = build.get_envs().map(|(name, _)| name).collect();
        assert!(forgotten.contains(&"CARGO_MANIFEST_DIR".as_ref()));
        assert!(forgotten.contains(&"CARGO_PKG_NAME".as_ref()));
        assert!(!forgotten.contains(&"PATH".as_ref()));
    }

    #[test]
    fn settings_of_cargo_are_not_of_a_package() {
        for kept in [
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET",
            "CARGO_HOME",
            "CARGO",
        ] {
            assert!(!is_of_package(kept), "{kept}");
        }
    }

    #[test]
    fn a_build_by_cargo_is_known_and_asked_for_its_report() {
        let reports = |command: &str| {
            let command = words(command);
            is_cargo(&command).then(|| reporting(&command, REPORT).join(" "))
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
        let read = |report: &str| {
            let mut read = Report::default();
            read.add(report.as_bytes());
            read
        };
        let found = |name| read(&report).programs(name);
        assert_eq!(found("x"), [PathBuf::from("/t/wide/release/x")]);
        assert!(found("y").is_empty());
        let twice = report.clone() + "\n" + &artifact("x", "/t/small/release/x");
        assert_eq!(read(&twice).programs("x").len(), 2);
    }

    #[test]
    fn the_first_error_is_told_in_one_line_and_warnings_are_none() {
        let message = |level: &str, text: &str| {
            serde_json::json!({
                "reason": "compiler-message", "package_id": "path+file:///x#0.1.0",
                "manifest_path": "/x/Cargo.toml",
                "target": {
                    "kind": ["lib"], "crate_types": ["lib"], "name": "x",
                    "src_path": "/x/src/lib.rs", "edition": "2024", "doc": true,
                    "doctest": false, "test": true,
                },
                "message": {
                    "message": text, "code": {"code": "E0432", "explanation": null},
                    "level": level, "children": [], "rendered": format!("{level}: {text}\n"),
                    "spans": [{
                        "file_name": "src/lib.rs", "byte_start": 0, "byte_end": 1,
                        "line_start": 3, "line_end": 3, "column_start": 1, "column_end": 2,
                        "is_primary": true, "text": [], "label": null,
                        "suggested_replacement": null, "suggestion_applicability": null,
                        "expansion": null,
                    }],
                },
            })
            .to_string()
        };
        let mut report = Report::default();
        let said = report.add_line(message("warning", "unused").as_bytes());
        assert_eq!(said.as_deref(), Some("warning: unused\n"));
        assert_eq!(report.first_error(), None);
        report.add_line(message("error", "unresolved import `a`\nmore").as_bytes());
        report.add_line(message("error", "another").as_bytes());
        assert_eq!(
            report.first_error().as_deref(),
            Some("error[E0432]: unresolved import `a` (src/lib.rs:3)")
        );
    }
}
