//! The command from outside: exit codes, a whole small run, and one that is interrupted.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

mod outside;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use quartet_record::{Record, State};

use outside::{Place, catalogue, compare, eventually, null_server, refused, runs, text};

#[test]
fn wrong_usage_is_one_line_and_exit_code_2() {
    let place = Place::new("usage");
    let file = place.join("servers.toml");
    fs::write(
        &file,
        "[[server]]\nname = 'a'\nrole = 'framework'\nprogram = 'x'\nready = 'line'\n",
    )
    .unwrap();
    let with = |arguments: &[&str]| {
        compare()
            .args(arguments)
            .arg("--catalogue")
            .arg(&file)
            .output()
            .unwrap()
    };
    refused(
        &with(&["--servers", "b"]),
        2,
        "no server `b`; the servers are a, or `all`",
    );
    refused(
        &with(&["--server-cores", "1023"]),
        2,
        "core 1023 is not available",
    );
    refused(&with(&["--resume", "/nowhere"]), 2, "/nowhere");
    refused(
        &with(&["--resume", "x", "--restarts", "3"]),
        2,
        "cannot be used with",
    );
    refused(
        &with(&["calibrate", "--servers", "a"]),
        2,
        "calibrate selects its servers itself",
    );
    refused(
        &with(&["calibrate", "--shared-core"]),
        2,
        "role `calibration`",
    );
    refused(
        &compare()
            .args(["diff", "/nowhere", "/nowhere"])
            .output()
            .unwrap(),
        2,
        "/nowhere",
    );
    fs::write(&file, "[[server]]\nname = 1\n").unwrap();
    refused(&with(&[]), 2, "line 2");
    refused(
        &compare()
            .args(["--catalogue", "/nowhere"])
            .output()
            .unwrap(),
        2,
        "/nowhere",
    );
    refused(
        &with(&["--restarts", "0"]),
        2,
        "invalid value '0' for '--restarts <N>': must be at least 1",
    );
    // A file with one server, and what is asked of others.
    fs::write(
        &file,
        "[[server]]\nname = 'a'\nrole = 'framework'\nprogram = 'x'\nready = 'line'\n",
    )
    .unwrap();
    let servers = "no server `b`; the servers are a";
    refused(&with(&["ab", "b", "--with", "web=1.0.0"]), 2, servers);
    refused(&with(&["ab", "b@1.0.0", "--with", "web=1.0.1"]), 2, servers);
    refused(&with(&["bisect", "b", "--from", "1.0.0"]), 2, servers);
    let no_directory = "`web=./nowhere`: there is no directory ./nowhere";
    refused(
        &with(&["ab", "a", "--with", "web=./nowhere"]),
        2,
        no_directory,
    );
    let no_framework = "`a` has no framework; name a --crate";
    refused(&with(&["bisect", "a", "--from", "1.0.0"]), 2, no_framework);
    for wrong in [
        &["bisect", "a"][..],
        &["bisect", "a", "--from", "1.0"],
        &[
            "bisect", "a", "--from", "1.0.0", "--path", ".", "--good", "HEAD",
        ],
        &["bisect", "a", "--path", "."],
        &["bisect", "a", "--from", "1.0.0", "--threshold", "x"],
    ] {
        assert_eq!(with(wrong).status.code(), Some(2), "{wrong:?}");
    }
    let resumed = with(&["bisect", "a", "--from", "1.0.0", "--resume", "x"]);
    refused(&resumed, 2, "bisect takes neither --servers nor --resume");
    // A record that is not there is the same mistake for every command.
    for command in [
        &["report"][..],
        &["export"],
        &["pack"],
        &["list"],
        &["pool"],
        &["check"],
        &["--resume"],
    ] {
        let output = compare().args(command).arg("/nowhere").output().unwrap();
        refused(&output, 2, "cannot read /nowhere");
    }
}

#[test]
fn a_server_that_does_not_run_is_excluded_and_nothing_left_is_an_error() {
    let place = Place::new("broken");
    let file = place.join("servers.toml");
    let stanza = "[[server]]\nname = 'a'\nrole = 'framework'\nprogram = 'false'\nready = 'line'\n";
    fs::write(&file, stanza).unwrap();
    let output = compare()
        .args(["--shared-core", "--catalogue"])
        .arg(&file)
        .args(["--output".as_ref(), place.join("out").as_os_str()])
        .output()
        .unwrap();
    refused(&output, 1, "a is excluded: ");
    assert!(text(&output.stderr).contains("nothing remains to measure"));
}

#[test]
fn a_small_run_is_recorded_and_reported() {
    let place = Place::new("run");
    let output = compare()
        .args([
            "--quick",
            "--restarts",
            "1",
            "--shared-core",
            "--seed",
            "7",
            "--connections",
            "4,8",
            "--lanes",
            "item,list,connect",
        ])
        .arg("--catalogue")
        .arg(catalogue(&place))
        .args(["--output".as_ref(), place.join("out").as_os_str()])
        .output()
        .unwrap();
    let (said, shown) = (text(&output.stderr), text(&output.stdout));
    // On a shared core no row counts.
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("testing a: 1 of 1 cases"), "{said}");
    for word in [
        "item: GET /greetings/en",
        "list: GET /greetings",
        "connect: GET /greetings/en",
        "item: requests per second by number of connections",
        "a (again)",
        "--seed 7",
    ] {
        assert!(shown.contains(word), "{shown}");
    }

    let record = Record::read(&place.join("out")).unwrap();
    assert_eq!(
        (record.state, record.plan.seed, record.plan.arms.len()),
        (State::Complete, 7, 4)
    );
    assert_eq!(record.exclusions, []);
    assert_eq!(record.plan.connections, 4);
    let capacity = &record.capacity[0];
    assert!(capacity.complete && capacity.failures.is_empty());
    for connections in [4, 8] {
        let slices = capacity.slices.iter();
        let slices = slices.filter(|one| one.connections == connections && one.slice.requests > 0);
        assert_eq!(slices.count(), 4 * 4);
    }
    let restart = &record.restarts[0];
    assert!(restart.complete && restart.machine.is_some() && restart.spawn_ns.is_some());
    assert_eq!(
        restart.slices.len() as u64,
        record.plan.slices_per_restart()
    );
    assert_eq!(restart.arms.len(), 4);
    for slice in &restart.slices {
        assert!(slice.requests > 0 && slice.total_requests >= slice.requests);
        assert!(slice.window_ns >= 20_000_000 && slice.total_ns > slice.window_ns);
        assert!(slice.cpu_ns.is_some_and(|cpu| cpu > 0));
    }
    for life in &restart.arms {
        assert!(life.start_up_ns > 0);
    }
    let cost = record.cost.unwrap();
    let again = cost.again.unwrap();
    assert_eq!(again.name, "a (again)");
    for server in cost.servers.iter().chain([&again]) {
        assert!(
            server.start_up_ns.len() >= 5 && server.memory.len() == 5,
            "{server:?}"
        );
        for start in &server.memory {
            assert!(
                start.requests > 0 && start.idle > 0 && start.loaded > 0,
                "{start:?}"
            );
        }
    }

    // The page beside the record, and the same again from the record.
    let page = fs::read_to_string(place.join("out").join("report.html")).unwrap();
    assert!(
        shown.contains("The report: ") && page.starts_with("<!DOCTYPE html>"),
        "{shown}"
    );
    for section in ["verdict", "rates", "conformance", "method", "raw"] {
        assert!(
            page.contains(&format!("<section id=\"{section}\">")),
            "{section}"
        );
    }
    assert!(page.contains("contract/list-exact") && page.contains("href=\"run.packed.json.gz\""));
    let copy = place.join("copy.html");
    let again = compare()
        .arg("report")
        .arg(place.join("out"))
        .args(["--html".as_ref(), copy.as_os_str()])
        .output()
        .unwrap();
    assert!(again.status.success(), "{}", text(&again.stderr));
    let copy = fs::read_to_string(copy).unwrap();
    assert!(copy.contains("href=\"out/run.packed.json.gz\""), "{copy}");

    let readme = place.join("README.md");
    fs::write(
        &readme,
        "# Kept\n<!-- table:begin -->\nwhat was there before\n<!-- table:end -->\nkept\n",
    )
    .unwrap();
    let splice = compare()
        .arg("report")
        .arg(place.join("out"))
        .args(["--splice".as_ref(), readme.as_os_str()])
        .output()
        .unwrap();
    assert!(splice.status.success(), "{}", text(&splice.stderr));
    let document = fs::read_to_string(&readme).unwrap();
    assert!(document.starts_with("# Kept\n") && document.ends_with("kept\n"));
    assert!(
        document.contains("| rank | server |") && !document.contains("what was there before"),
        "{document}"
    );
    assert!(document.contains("](out/report.html)"), "{document}");
}

#[test]
fn servers_are_measured_with_several_numbers_of_workers() {
    let place = Place::new("scaling");
    let catalogue = catalogue(&place);
    let run = |line: &[&str], out: &str| {
        let mut command = compare();
        command.args(line).arg("--catalogue").arg(&catalogue);
        let out = place.join(out);
        command.args(["--output".as_ref(), out.as_os_str()]);
        command.output().unwrap()
    };
    refused(
        &run(&["--scaling", "1"], "one"),
        2,
        "two numbers of workers or more",
    );
    let cores = std::thread::available_parallelism().unwrap().get();
    if cores < 2 {
        return;
    }
    let many = format!("1,{}", cores + 1);
    let sentence = format!("this process can use {cores}");
    refused(&run(&["--scaling", &many], "many"), 2, &sentence);
    refused(
        &run(
            &["ab", "a", "--with", "web=1.0.0", "--scaling", "1,2"],
            "ab",
        ),
        2,
        "ab does not take --scaling",
    );
    refused(
        &run(&["--scaling", "1,2", "--servers-via", "env"], "via"),
        2,
        "cannot be used with",
    );

    let line = [
        "--quick",
        "--restarts",
        "2",
        "--connections",
        "4",
        "--scaling",
        "1,2",
    ];
    let output = run(&line, "out");
    let (said, shown) = (text(&output.stderr), text(&output.stdout));
    // The same program three times: no row passes the gate of the floor.
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("scaling: restart 2 of 2"), "{said}");
    assert!(
        shown.contains("connect: requests per second by number of workers"),
        "{shown}"
    );
    let mut record = Record::read(&place.join("out")).unwrap();
    assert_eq!((record.state, record.scaling.len()), (State::Complete, 2));
    let plan = record.plan.scaling.clone().unwrap();
    for restart in &record.scaling {
        assert!(restart.complete && restart.machine.is_some());
        assert_eq!(restart.failures, []);
        let planned = plan.cells(&record.plan).len() * plan.blocks as usize;
        assert_eq!(restart.slices.len(), planned);
        assert!(restart.slices.iter().all(|one| one.slice.requests > 0));
    }
    let checked = compare()
        .arg("check")
        .arg(place.join("out"))
        .output()
        .unwrap();
    // How even the machine is, is not for this test.
    let found = text(&checked.stdout);
    let found = found.lines().filter(|line| line.starts_with('·'));
    let found: Vec<&str> = found
        .filter(|line| !line.contains("over whole slices"))
        .collect();
    assert_eq!(found, [""; 0]);

    // What is there of a run that was interrupted stays, and the rest is measured.
    let kept = record.scaling[0].clone();
    record.scaling[1].complete = false;
    record.state = State::Interrupted;
    record.write(&place.join("out")).unwrap();
    let mut resume = compare();
    resume.arg("--resume").arg(place.join("out"));
    let resumed = resume.arg("--catalogue").arg(&catalogue).output().unwrap();
    assert_eq!(resumed.status.code(), Some(3), "{}", text(&resumed.stderr));
    let record = Record::read(&place.join("out")).unwrap();
    assert_eq!((&record.scaling[0], record.scaling.len()), (&kept, 2));
    assert!(record.scaling[1].complete);
}

#[test]
fn a_run_that_is_interrupted_before_it_measures_leaves_no_record() {
    let place = Place::new("look");
    // Whoever starts it again is interrupted: after the gate that is the look for slow servers.
    let program = place.join("interrupting");
    let script = format!(
        "#!/bin/sh\nif [ -e {0} ]; then kill -INT $PPID; fi\n: > {0}\nexec {1} \"$@\"\n",
        place.join("started").display(),
        null_server(&place).display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let file = place.join("servers.toml");
    let stanza = format!(
        "[[server]]\nname = 'a'\nrole = 'framework'\nprogram = '{}'\nready = 'line'\n\
         args = ['--listen', '127.0.0.1:{{port}}', '--workers', '{{workers}}']\ncases = []\n",
        program.display()
    );
    fs::write(&file, stanza).unwrap();
    let output = compare()
        .args(["--shared-core", "--catalogue"])
        .arg(&file)
        .args(["--output".as_ref(), place.join("out").as_os_str()])
        .output()
        .unwrap();
    refused(&output, 130, "measuring on");
    assert!(!Record::file(&place.join("out")).exists());
}

#[test]
fn an_interrupt_ends_a_build_too() {
    let place = Place::new("build");
    let started = place.join("started");
    let file = place.join("servers.toml");
    let script = format!(
        "sleep 600 & echo $$ $! > {0}.new; mv {0}.new {0}; wait",
        started.display()
    );
    let stanza = format!(
        "[[server]]\nname = 'a'\nrole = 'framework'\nprogram = 'sh'\nready = 'line'\n\
         build = ['sh', '-c', '{script}']\nargs = ['--listen', '127.0.0.1:{{port}}']\ncases = []\n"
    );
    fs::write(&file, stanza).unwrap();
    let running = compare()
        .args(["--shared-core", "--catalogue"])
        .arg(&file)
        .args(["--output".as_ref(), place.join("out").as_os_str()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pids = eventually("the build starts", || fs::read_to_string(&started).ok());
    kill(
        Pid::from_raw(running.id().try_into().unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    for pid in pids.split_whitespace() {
        let pid = pid.parse().unwrap();
        eventually("the build ends", || (!runs(pid)).then_some(()));
    }
    assert!(!Record::file(&place.join("out")).exists());
}

#[test]
fn an_interrupted_run_keeps_what_it_measured_leaves_no_server_and_is_gone_on_with() {
    let place = Place::new("interrupt");
    let catalogue = catalogue(&place);
    let mut running = compare()
        .args(["--shared-core", "--restarts", "100", "--catalogue"])
        .arg(&catalogue)
        .args(["--output".as_ref(), place.join("out").as_os_str()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(said.any(|line| line.starts_with("restart 1 of 100")));
    let pid = Pid::from_raw(running.id().try_into().unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    assert!(said.any(|line| line == "compare: interrupted"));
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(text(&output.stdout).contains("interrupted: 0 of 100 restarts are used"));
    let mut record = Record::read(&place.join("out")).unwrap();
    assert_eq!(record.state, State::Interrupted);
    assert!(!record.restarts[0].complete);
    let server = place.join("server");
    let left = procfs::process::all_processes()
        .unwrap()
        .flatten()
        .filter_map(|process| process.exe().ok())
        .any(|program| program == server);
    assert!(!left, "a server is left");

    // What is left shall be little.
    (record.plan.restarts, record.plan.blocks) = (2, 1);
    (record.plan.capacity, record.plan.latency) = (None, None);
    record.write(&place.join("out")).unwrap();
    let resume = || {
        let mut command = compare();
        command.arg("--resume").arg(place.join("out"));
        command.arg("--catalogue").arg(&catalogue).output().unwrap()
    };
    let same = fs::read(&server).unwrap();
    fs::write(&server, [&same[..], b"another"].concat()).unwrap();
    refused(
        &resume(),
        2,
        "is not the program that the run was started with",
    );
    fs::write(&server, same).unwrap();
    let output = resume();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let record = Record::read(&place.join("out")).unwrap();
    assert_eq!((record.state, record.resumed.len()), (State::Complete, 1));
    let numbers: Vec<u32> = record.restarts.iter().map(|taken| taken.restart).collect();
    assert_eq!(numbers, [0, 1]);
    assert!(record.restarts[1].complete);
    refused(&resume(), 2, "nothing remains to measure");
}
