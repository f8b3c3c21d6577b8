//! `--servers-via` from outside, over a local pipe: a run, and every way in which the other side may fail.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

mod outside;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use quartet_record::{CaseVerdict, Record, State};

use outside::{Place, catalogue, compare, eventually, refused, runs, text};

/// The processes of a program that run.
fn running(program: &Path) -> Vec<i32> {
    let all = procfs::process::all_processes().unwrap().flatten();
    let of_program = all.filter(|process| process.exe().is_ok_and(|exe| exe == program));
    of_program.map(|process| process.pid()).collect()
}

/// A small run of the servers in `place` by the agent that `via` reaches.
fn run(place: &Place, via: &str, more: &[&str]) -> Command {
    let mut command = compare();
    command
        .args([
            "--quick",
            "--restarts",
            "1",
            "--shared-core",
            "--connections",
            "4",
        ])
        .args(["--servers-via", via])
        .args(more)
        .arg("--catalogue")
        .arg(catalogue(place))
        .args([OsStr::new("--output"), place.join("out").as_os_str()]);
    command
}

/// A command that writes its process id into a file, and becomes what follows.
fn noting(place: &Place) -> (String, PathBuf) {
    let file = place.join("agent.pid");
    let script = format!(
        "echo $$ > {0}.new; mv {0}.new {0}; exec \"$@\"",
        file.display()
    );
    (format!("sh -c '{script}' sh"), file)
}

fn agent(file: &Path) -> i32 {
    eventually("an agent starts", || {
        fs::read_to_string(file).ok()?.trim().parse().ok()
    })
}

#[test]
fn servers_of_an_agent_are_measured_as_those_of_this_process() {
    let place = Place::new("agent-run");
    let output = run(&place, "env", &["--lanes", "item,connect"])
        .output()
        .unwrap();
    let said = text(&output.stderr);
    // On a shared core no row counts.
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("testing a: 1 of 1 cases"), "{said}");
    let shown = text(&output.stdout);
    assert!(
        shown.contains("servers were started by an agent"),
        "{shown}"
    );

    let record = Record::read(&place.join("out")).unwrap();
    assert_eq!(
        (record.state, record.exclusions.len()),
        (State::Complete, 0)
    );
    let via = record.servers_via.as_ref().unwrap();
    assert_eq!(via.command, "env");
    assert!(via.same_machine && via.loopback && via.round_trip_ns > 0);
    assert_eq!(via.generator, record.machine);
    let restart = &record.restarts[0];
    assert!(restart.complete && restart.spawn_ns.is_some());
    let load = restart.machine.unwrap();
    assert!(load.sent_segments.is_some_and(|sent| sent > 0));
    assert!(load.agent_ns.is_some_and(|used| used > 0));
    assert_eq!(
        restart.slices.len() as u64,
        record.plan.slices_per_restart()
    );
    for slice in &restart.slices {
        assert!(slice.requests > 0 && slice.cpu_ns.is_some_and(|cpu| cpu > 0));
    }
    assert!(restart.arms.iter().all(|life| life.start_up_ns > 0));
    let cost = record.cost.unwrap();
    for server in &cost.servers {
        assert!(
            server.start_up_ns.len() >= 5 && server.memory.len() == 5,
            "{server:?}"
        );
    }
    assert_eq!(running(&place.join("server")), [0; 0]);
}

#[test]
fn cases_that_need_processes_of_a_server_elsewhere_do_not_apply() {
    let place = Place::new("agent-cases");
    let file = catalogue(&place);
    let stanzas = fs::read_to_string(&file).unwrap();
    let process = "cases = ['contract/list-exact', 'docs/openapi-printed-3-0']";
    fs::write(
        &file,
        stanzas.replacen("cases = ['contract/list-exact']", process, 1),
    )
    .unwrap();
    let mut command = compare();
    command.args([
        "--quick",
        "--restarts",
        "1",
        "--shared-core",
        "--lanes",
        "item",
    ]);
    command
        .args(["--servers-via", "env", "--catalogue"])
        .arg(&file);
    command.args([OsStr::new("--output"), place.join("out").as_os_str()]);
    let output = command.output().unwrap();
    let record = Record::read(&place.join("out")).unwrap_or_else(|_| {
        panic!("{}", text(&output.stderr));
    });
    let found = record.servers[0].conformance.as_ref().unwrap();
    let verdicts: Vec<CaseVerdict> = found.cases.iter().map(|case| case.verdict).collect();
    assert_eq!(
        verdicts,
        [CaseVerdict::Conforms, CaseVerdict::NotApplicable]
    );
}

#[test]
fn what_is_no_agent_is_one_line_and_exit_code_2() {
    let place = Place::new("agent-wrong");
    let refused_as = |via: &str, more: &[&str], why: &str| {
        let output = run(&place, via, more).output().unwrap();
        refused(&output, 2, why);
        let lines = text(&output.stderr);
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert!(!place.join("out").exists());
    };
    refused_as(
        "sh -c 'exit 7'",
        &[],
        "the command ended (exit status: 7) before an agent answered",
    );
    refused_as(
        "sh -c 'echo Welcome; exec cat'",
        &[],
        "\"Welcome\" is not what an agent says first",
    );
    let other = "sh -c 'echo \"{\\\"agent\\\":99,\\\"version\\\":\\\"9.0.0\\\"}\"; exec cat'";
    refused_as(
        other,
        &[],
        "the agent speaks version 99 of the protocol (program 9.0.0)",
    );
    refused_as("/nowhere/ssh host", &[], "cannot run \"/nowhere/ssh\"");
    refused_as("ssh 'host", &[], "a quote is not closed");
    refused_as("", &[], "the command has no words");
    refused_as(
        "env",
        &["--servers-address", "192.0.2.1.invalid"],
        "--servers-address 192.0.2.1.invalid",
    );
    refused_as(
        "env",
        &["--lanes", "db-item"],
        "need servers on this machine",
    );
    let elsewhere = place.join("programs");
    fs::create_dir(&elsewhere).unwrap();
    let missing = ["--servers-programs", elsewhere.to_str().unwrap()];
    let output = run(&place, "env", &missing).output().unwrap();
    refused(&output, 2, "the command ended (exit status: 127)");
    assert!(text(&output.stderr).contains("programs/compare must be there"));
}

#[test]
fn programs_that_are_there_are_taken_as_they_are_and_others_are_not() {
    let place = Place::new("agent-programs");
    let file = catalogue(&place);
    let elsewhere = place.join("programs");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_compare"), elsewhere.join("compare")).unwrap();
    fs::copy(place.join("server"), elsewhere.join("server")).unwrap();
    // Here there is none.
    fs::remove_file(place.join("server")).unwrap();
    let mut command = compare();
    command.args([
        "--quick",
        "--restarts",
        "1",
        "--shared-core",
        "--lanes",
        "item",
    ]);
    command
        .args(["--servers-via", "env", "--servers-programs"])
        .arg(&elsewhere);
    command.arg("--catalogue").arg(&file);
    command.args([OsStr::new("--output"), place.join("out").as_os_str()]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let record = Record::read(&place.join("out")).unwrap();
    assert!(record.restarts[0].complete && record.servers[0].program.is_some());

    // One that is missing there is excluded as one that cannot be built.
    fs::remove_file(elsewhere.join("server")).unwrap();
    let again = place.join("again");
    let mut command = compare();
    command.args([
        "--shared-core",
        "--servers-via",
        "env",
        "--servers-programs",
    ]);
    command.arg(&elsewhere).arg("--catalogue").arg(&file);
    command.args([OsStr::new("--output"), again.as_os_str()]);
    let output = command.output().unwrap();
    refused(&output, 1, "a is excluded: cannot read");
}

/// A long run, begun, and the lines that it says from its first restart on.
fn begun(mut command: Command) -> (Child, impl Iterator<Item = String>) {
    let mut running = command
        .args(["--restarts", "100"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(running.stderr.take().unwrap()).lines();
    let mut said = lines.map(Result::unwrap);
    let first = said.find(|line| line.starts_with("restart 2 of 100"));
    assert!(first.is_some());
    (running, said)
}

/// A run of several restarts.
fn long_run(place: &Place, via: &str) -> Command {
    let mut command = compare();
    command
        .args([
            "--shared-core",
            "--connections",
            "4",
            "--lanes",
            "item",
            "--no-latency",
        ])
        .args(["--servers-via", via, "--catalogue"])
        .arg(catalogue(place))
        .args([OsStr::new("--output"), place.join("out").as_os_str()]);
    command
}

fn resume(place: &Place, via: Option<&str>) -> Output {
    let mut command = compare();
    command.arg("--resume").arg(place.join("out"));
    if let Some(via) = via {
        command.args(["--servers-via", via]);
    }
    command.arg("--catalogue").arg(place.join("servers.toml"));
    command.output().unwrap()
}

#[test]
fn a_run_whose_agent_is_killed_keeps_what_it_measured_and_is_gone_on_with() {
    let place = Place::new("agent-killed");
    let (via, file) = noting(&place);
    let (run, said) = begun(long_run(&place, &via));
    kill(Pid::from_raw(agent(&file)), Signal::SIGKILL).unwrap();
    let last = said.last().unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{last}");
    assert!(
        last.contains("the agent on the servers' machine is gone: its command ended"),
        "{last}"
    );
    assert!(last.contains("`cargo compare --resume "), "{last}");
    // A killed agent ends nothing by itself: the guard does.
    eventually("its servers end", || {
        running(&place.join("server")).is_empty().then_some(())
    });

    let mut record = Record::read(&place.join("out")).unwrap();
    assert_eq!(
        (record.state, record.exclusions.len()),
        (State::Interrupted, 0)
    );
    assert!(record.restarts[0].complete);
    // What is left shall be little.
    (record.plan.restarts, record.plan.blocks) = (3, 1);
    record.write(&place.join("out")).unwrap();
    refused(&resume(&place, None), 2, "was started with --servers-via");
    let output = resume(&place, Some(&via));
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let record = Record::read(&place.join("out")).unwrap();
    assert_eq!((record.state, record.resumed.len()), (State::Complete, 1));
    assert!(record.restarts.iter().all(|restart| restart.complete));
}

#[test]
fn an_interrupted_run_ends_the_agent_and_its_servers() {
    let place = Place::new("agent-interrupt");
    let (via, file) = noting(&place);
    let (run, said) = begun(long_run(&place, &via));
    kill(Pid::from_raw(run.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(said.last().unwrap(), "compare: interrupted");
    assert_eq!(run.wait_with_output().unwrap().status.code(), Some(130));
    assert_eq!(running(&place.join("server")), [0; 0]);
    let agent = agent(&file);
    assert!(!runs(agent), "the agent is left");
    assert_eq!(
        Record::read(&place.join("out")).unwrap().state,
        State::Interrupted
    );
}

#[test]
fn an_agent_whose_other_end_is_killed_ends_its_servers() {
    let place = Place::new("agent-orphan");
    let (via, file) = noting(&place);
    let (mut run, _said) = begun(long_run(&place, &via));
    run.kill().unwrap();
    run.wait().unwrap();
    let agent = agent(&file);
    eventually("the agent ends", || (!runs(agent)).then_some(()));
    eventually("its servers end", || {
        running(&place.join("server")).is_empty().then_some(())
    });
}

#[test]
fn an_agent_answers_what_it_is_asked_and_ends_with_its_input() {
    let mut command = compare();
    command
        .arg("agent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut agent = command.spawn().unwrap();
    let mut input = agent.stdin.take().unwrap();
    let mut output = BufReader::new(agent.stdout.take().unwrap());
    let mut line = || {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line
    };
    assert!(line().starts_with("{\"agent\":2,\"version\":"));
    for (asked, answer) in [
        ("\"ping\"", "{\"ok\":null}\n"),
        ("\"spawn\"", "{\"error\":\"no cores were chosen\"}\n"),
        ("\"dance\"", "{\"error\":\"not a request: "),
        ("", "{\"error\":\"not a request: "),
    ] {
        writeln!(input, "{asked}").unwrap();
        let said = line();
        assert!(said.starts_with(answer), "{asked}: {said}");
    }
    drop(input);
    assert!(agent.wait().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
