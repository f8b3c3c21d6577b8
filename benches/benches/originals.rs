//! What the originals' JSON and frameworks cost in process, in Python, beside `payload` and
//! `dispatch`: each in its own environment, asked by way of ASGI without a server.
//!
//! This needs Python; an original whose environment cannot be made is named and left out.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use criterion::{Criterion, criterion_group, criterion_main};
use quartet_benches::estimates;
use quartet_conformance::servers::{Catalogue, Role, Server};
use quartet_record::{
    estimates::{ORIGINAL_DISPATCH, ORIGINAL_PAYLOAD},
    plan::Lane,
};

/// What is timed, by the program's word for it and by the name of criterion's group.
const TIMED: [(&str, &str); 2] = [
    ("payload", ORIGINAL_PAYLOAD),
    ("dispatch", ORIGINAL_DISPATCH),
];

fn originals(criterion: &mut Criterion) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
    let catalogue = Catalogue::load(file).expect("servers.toml is well-formed");
    for server in catalogue.with_role(Role::Original) {
        let mut original = match Original::start(server, catalogue.root()) {
            Ok(original) => original,
            Err(why) => {
                eprintln!("{} is left out: {why}", server.name);
                continue;
            }
        };
        for (what, name) in TIMED {
            for lane in [Lane::Item, Lane::List] {
                let mut group = criterion.benchmark_group(format!("{name}/{}", lane.bench()));
                group.bench_function(&server.name, |bencher| {
                    bencher.iter_custom(|count| {
                        let time = original.time(what, lane, count);
                        time.expect("what could be started can be timed")
                    });
                });
                group.finish();
            }
        }
    }
    estimates::note("originals");
}

/// An original's application, in a Python of its own that times it.
struct Original {
    python: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Original {
    fn start(server: &Server, root: &Path) -> Result<Self, String> {
        let server_program = server
            .build_verbosely(root)
            .map_err(|error| error.to_string())?
            .program;
        let mut python = Command::new(server_program.with_file_name("python"))
            // The environment's packages, whatever PYTHONPATH names.
            .args(["-E", "-B"])
            .arg(root.join("baselines/in_process.py"))
            .arg(&server.name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("its Python does not start: {error}"))?;
        let requests = python.stdin.take().ok_or("its Python cannot be asked")?;
        let answers = python.stdout.take().ok_or("its Python cannot answer")?;
        let mut original = Self {
            python,
            requests,
            answers: BufReader::new(answers),
        };
        // Criterion's warm-up goes by the clock, and would take Python's start for one slow iteration.
        original.time(TIMED[0].0, Lane::Item, 1)?;
        Ok(original)
    }

    /// How long `count` of what is asked for take.
    fn time(&mut self, what: &str, lane: Lane, count: u64) -> Result<Duration, String> {
        let mut answer = String::new();
        writeln!(self.requests, "{what} {} {count}", lane.bench())
            .and_then(|()| self.answers.read_line(&mut answer))
            .map_err(|error| format!("its Python has gone: {error}"))?;
        let nanoseconds = answer.trim().parse().map(Duration::from_nanos);
        nanoseconds.map_err(|_| format!("its Python gave no time, but {answer:?}"))
    }
}

impl Drop for Original {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = originals
}
criterion_main!(benches);
