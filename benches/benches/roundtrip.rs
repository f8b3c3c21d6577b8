//! What one request and its answer take on one loopback connection, with nothing else under way.
//!
//! Each server runs as the program that `cargo compare` measures, with its own features, profile
//! and process, on the core that the comparison would give it: linked into one bench, the servers
//! would share features, and client and server a runtime. The client polls on a core of its own,
//! so that waking the server is in the figure and waking the client is not.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use quartet_benches::{
    cores::{Placement, Usable},
    estimates,
    generator::Exchange,
    plan::Lane,
    probe::{ask, checked_get, connect},
};
use quartet_conformance::{
    Model,
    servers::{Artifact, Catalogue, Process, Role, Server, StartOptions},
};

/// Kinds of request, with the key of the answer's greeting where it is one.
const LANES: [(Lane, Option<&str>); 2] = [(Lane::One, Some("en")), (Lane::List, None)];

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// After how long without more of it an answer is taken to be whole.
const SILENCE: Duration = Duration::from_millis(50);

fn roundtrip(criterion: &mut Criterion) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
    let catalogue = Catalogue::load(file).expect("servers.toml is well-formed");
    let usable = Usable::now().expect("the system says which cores are usable");
    let placement = Placement::new(None, None)
        .or_else(|_| Placement::shared())
        .expect("a core is usable");
    let model = Model::embedded();
    let measured = |server: &&Server| matches!(server.role, Role::Framework | Role::Baseline);
    let servers: Vec<&Server> = catalogue.servers().iter().filter(measured).collect();
    let built: Vec<(&Server, Artifact)> = servers
        .into_iter()
        .map(|server| match server.build_verbosely(catalogue.root()) {
            Ok(artifact) => (server, artifact),
            Err(error) => panic!("{error}"),
        })
        .collect();
    for (lane, key) in LANES {
        let mut group = criterion.benchmark_group(format!("roundtrip/{}", lane.name()));
        let expected = key.map_or_else(
            || model.list(),
            |key| model.item(key).expect("the data has the key"),
        );
        for (server, artifact) in &built {
            let process = start(server, artifact, &placement);
            let address = process.address();
            checked_get(address, lane.path(), &expected)
                .unwrap_or_else(|error| panic!("{error:#}"));
            let mut client = Client::new(address, lane);
            group.bench_function(&server.name, |bencher| bencher.iter(|| client.once()));
        }
        group.finish();
    }
    // What is noted is the machine, not the core that this thread was confined to.
    usable.restore().expect("what was usable is so again");
    estimates::note("roundtrip");
}

fn start(server: &Server, artifact: &Artifact, placement: &Placement) -> Process {
    let options = StartOptions {
        program: Some(artifact.program.clone()),
        workers: Some(1),
        ..StartOptions::default()
    };
    let started = placement.on_server_cores(|| Ok(Process::start(server, &options)?));
    started.unwrap_or_else(|error| panic!("{error:#}"))
}

/// One connection, on which one request is answered at a time.
struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    /// Every answer is as long as the first: the date's form has one length.
    length: usize,
    buffer: Vec<u8>,
}

impl Client {
    fn new(address: SocketAddr, lane: Lane) -> Self {
        let exchange = Exchange::get(lane.path(), &address.to_string(), &[], 200, Vec::new());
        let mut stream = connect(address).expect("the server accepts");
        ask(&mut stream, address, lane.path()).expect("the server answers");
        stream
            .set_nonblocking(true)
            .expect("a socket can be polled");
        let mut client = Self {
            stream,
            request: exchange.request().to_vec(),
            length: 0,
            buffer: vec![0; 64 * 1024],
        };
        client.length = client.first();
        client
    }

    /// The length of an answer: what came when nothing more comes for a while.
    fn first(&mut self) -> usize {
        self.send();
        let mut length = 0;
        let mut last = Instant::now();
        while length == 0 || last.elapsed() < SILENCE {
            let count = self.receive();
            if count > 0 {
                length += count;
                last = Instant::now();
            }
            assert!(last.elapsed() < PATIENCE, "the server does not answer");
        }
        length
    }

    fn once(&mut self) {
        self.send();
        let begun = Instant::now();
        let mut length = 0;
        while length < self.length {
            length += self.receive();
            assert!(begun.elapsed() < PATIENCE, "the server does not answer");
        }
        assert_eq!(length, self.length, "the answer is of another length");
    }

    fn send(&mut self) {
        let sent = self.stream.write_all(&self.request);
        sent.expect("a small request is sent at once");
    }

    /// How much came, if anything.
    fn receive(&mut self) -> usize {
        match self.stream.read(&mut self.buffer) {
            Ok(0) => panic!("the server closed the connection"),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => panic!("{error}"),
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = roundtrip
}
criterion_main!(benches);
