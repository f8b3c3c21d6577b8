//! A server that answers from children is charged with what they cost.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

use std::fs;
use std::time::{Duration, Instant};

use procfs::process::Process as Entry;
use quartet_benches::accounting::ProcessTree;
use quartet_conformance::servers::{Catalogue, Process, Server, StartOptions};

/// Forks two workers, each of which is busy for a moment and then sleeps under a name of its own.
const STANZA: &str = r#"
[[server]]
name = "forking"
role = "framework"
program = "sh"
args = ["-c", """
work() { i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exec sleep 60; }
work & work &
echo listening on http://127.0.0.1:1
wait
"""]
ready = "line"
"#;

fn forking() -> Server {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("servers.toml");
    fs::write(&file, STANZA).unwrap();
    let catalogue = Catalogue::load(file).unwrap();
    let mut server = catalogue.get("forking").unwrap().clone();
    // So that its children end with it.
    server.leads_group = true;
    server
}

fn children(of: i32) -> Vec<Entry> {
    let all = procfs::process::all_processes().unwrap().flatten();
    all.filter(|entry| entry.stat().is_ok_and(|stat| stat.ppid == of))
        .collect()
}

fn ran(entry: &Entry) -> u64 {
    entry.schedstat().unwrap().sum_exec_runtime
}

#[test]
fn what_children_use_is_the_servers() {
    let process = Process::start(&forking(), &StartOptions::default()).unwrap();
    let tree = ProcessTree::of(process.pid()).unwrap();
    let parent = Entry::new(process.pid().try_into().unwrap()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let workers = loop {
        let workers = children(parent.pid());
        let at_rest = |entry: &Entry| {
            entry
                .stat()
                .is_ok_and(|stat| stat.comm == "sleep" && stat.state == 'S')
        };
        if workers.len() == 2 && workers.iter().all(at_rest) {
            break workers;
        }
        assert!(Instant::now() < deadline, "not within 20 s");
        std::thread::sleep(Duration::from_millis(5));
    };

    let of_workers: u64 = workers.iter().map(ran).sum();
    let cpu = tree.cpu().unwrap().unwrap();
    assert_eq!(cpu.total, of_workers + ran(&parent));
    assert!(of_workers > ran(&parent), "the workers did no work");

    let memory = tree.memory().unwrap().unwrap();
    let alone = parent.status().unwrap().vmhwm.unwrap() * 1024;
    assert!(memory.peak_resident > alone, "{memory:?}");
}
