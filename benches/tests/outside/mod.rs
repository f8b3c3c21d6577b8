//! What tests of the command from outside share.

#![allow(dead_code, reason = "each of them needs a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A directory of its own, gone when this is.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("quartet-compare-{name}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Waits for long enough on any machine.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs: one that ended and was not waited for does not.
pub(crate) fn runs(pid: i32) -> bool {
    let stat = procfs::process::Process::new(pid).and_then(|process| process.stat());
    stat.is_ok_and(|stat| stat.state != 'Z')
}

pub(crate) fn compare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.stdin(Stdio::null());
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
pub(crate) fn refused(output: &Output, code: i32, why: &str) {
    let complaint = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{complaint}");
    assert!(complaint.contains(why), "{complaint}");
    assert!(output.stdout.is_empty());
}

/// A copy of the null server, of the test's own, so that its processes can be told from any other's.
pub(crate) fn null_server(place: &Place) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let build = Command::new(env!("CARGO"))
        .args([
            "build",
            "--package",
            "quartet-baseline-null",
            "--message-format",
            "json",
        ])
        .current_dir(workspace)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(build.status.success());
    let messages = text(&build.stdout);
    let message = messages
        .lines()
        .find(|line| line.contains("\"executable\":\""))
        .unwrap();
    let message: serde_json::Value = serde_json::from_str(message).unwrap();
    let program = place.join("server");
    fs::copy(message["executable"].as_str().unwrap(), &program).unwrap();
    program
}

/// The null server under three names: once as a framework, once as either floor.
pub(crate) fn catalogue(place: &Place) -> PathBuf {
    let program = null_server(place);
    let stanza = |name: &str, role: &str| {
        format!(
            "[[server]]\nname = '{name}'\nrole = '{role}'\nprogram = '{}'\nready = 'line'\n\
             args = ['--listen', '127.0.0.1:{{port}}', '--workers', '{{workers}}']\n\
             content_args = ['--content', '{{file}}']\n\
             cases = ['contract/list-exact']\n",
            program.display()
        )
    };
    let file = place.join("servers.toml");
    let stanzas = [
        stanza("a", "framework"),
        stanza("hyper", "baseline"),
        stanza("null", "baseline"),
    ];
    fs::write(&file, stanzas.concat()).unwrap();
    file
}
