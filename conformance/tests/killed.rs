//! What the suite started ends with it, even where it is killed and can end nothing itself.

#![cfg(target_os = "linux")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A server that starts another process, says who both are, and waits.
const SCRIPT: &str = "sleep 600 & echo $$ $! > pids.new; mv pids.new pids; \
                      echo listening on http://ADDRESS; wait";

/// Waits for long enough on any machine.
fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs: one that ended and was not waited for does not.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some(Some('Z')))
}

/// The suite against a server of a catalogue in `place`, whose connections nobody answers.
fn suite(place: &Path, listener: &TcpListener, leads_group: bool) -> Child {
    let address = listener.local_addr().expect("it listens");
    let script = SCRIPT.replace("ADDRESS", &address.to_string());
    let stanza = format!(
        "[[server]]\nname = 'silent'\nrole = 'framework'\nprogram = 'sh'\nready = 'line'\n\
         leads_group = {leads_group}\nargs = ['-c', '{script}']\n"
    );
    fs::write(place.join("servers.toml"), stanza).expect("the place can be written to");
    Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["--server", "silent"])
        .current_dir(place)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the suite starts")
}

fn nothing_is_left(leads_group: bool) {
    let place = tempfile::tempdir().expect("a place");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut suite = suite(place.path(), &listener, leads_group);
    // The suite asks the server something: by then it has it in hand.
    let _asked = listener.accept().expect("the suite connects");
    let pids = eventually("the server starts", || {
        fs::read_to_string(place.path().join("pids")).ok()
    });
    let pids: Vec<u32> = pids
        .split_whitespace()
        .map(|pid| pid.parse().expect("a process id"))
        .collect();
    assert!(
        pids.len() == 2 && pids.iter().all(|&pid| runs(pid)),
        "{pids:?}"
    );
    // SIGKILL.
    suite.kill().expect("it runs");
    suite.wait().expect("it is ours");
    eventually("the server ends", || {
        (!pids.iter().any(|&pid| runs(pid))).then_some(())
    });
}

#[test]
fn servers_end_with_a_suite_that_is_killed() {
    nothing_is_left(false);
}

#[test]
fn servers_with_a_group_of_their_own_do_too() {
    nothing_is_left(true);
}
