//! Where a process listens: names, Unix sockets, sockets that it inherits.

use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{CONTRACT, refusal};
use crate::cases::processes::serves;
use crate::ports::free_port;
use crate::servers::{Process, Server, StartOptions};
use crate::{BaseUrl, Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/listen-name",
        CONTRACT,
        "With a name as its address, it listens on each of the name's addresses on this machine, \
         on one port, and prints one line for each. If the port is taken at one of them, it ends with a non-zero status.",
        listen_name,
    )
    .needing(&[Need::Process, Need::Listen, Need::Model])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/listen-forms",
        CONTRACT,
        "An address is a host and a port, and an IPv6 address is in brackets: `127.0.0.1:0`, `[::1]:0`. Another form is \
         refused at start with a non-zero status, and so is an address that the machine does not have or that is taken. \
         Standard error names the latter.",
        listen_forms,
    )
    .needing(&[Need::Process, Need::Listen])
    .within(Duration::from_secs(60)),
    Case::must(
        "lifecycle/listen-inherited",
        "the contract; sd_listen_fds(3)",
        "A socket inherited from systemd replaces the configured address.",
        listen_inherited,
    )
    .needing(&[Need::Process, Need::Listen, Need::Signals, Need::Model])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/listen-inherited-several",
        "the contract; sd_listen_fds(3)",
        "Of several sockets inherited from systemd each is served, and a line is printed for each.",
        listen_inherited_several,
    )
    .needing(&[Need::Process, Need::Listen, Need::Signals, Need::Model])
    .within(Duration::from_secs(30)),
    #[cfg(unix)]
    Case::must(
        "lifecycle/listen-unix",
        CONTRACT,
        "With a Unix socket as its address, it answers there and prints it. It replaces an \
         abandoned socket, and leaves a socket in use or another file unchanged.",
        unix::listen_unix,
    )
    .needing(&[Need::Process, Need::Listen, Need::Signals, Need::Model])
    .within(Duration::from_secs(30)),
];

/// How long a process may take to say where it listens.
const STARTUP: Duration = Duration::from_secs(10);

const LOOK: Duration = Duration::from_millis(5);

/// Starts a process that is told to listen on `address`, and does not wait for it.
fn spawn(context: &Context, address: &str, options: StartOptions) -> Result<Process, Deviation> {
    let launch = context.launch()?;
    let template = launch.server.listen_args.iter().flatten();
    let server = Server {
        args: template
            .map(|argument| argument.replace("{address}", address))
            .collect(),
        ..launch.server.clone()
    };
    let options = StartOptions {
        program: Some(launch.program.clone()),
        ..options
    };
    Process::spawn(&server, &options).map_err(|error| Deviation(error.to_string()))
}

/// Waits until so many lines say where a process listens, and returns what stands in them.
fn places(process: &mut Process, count: usize, told: &str) -> Result<Vec<String>, Deviation> {
    let deadline = Instant::now() + STARTUP;
    loop {
        let stdout = process.stdout();
        let lines = stdout
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let places = lines.filter_map(|line| line.trim().strip_prefix("listening on "));
        let places: Vec<_> = places.map(str::to_owned).collect();
        if places.len() >= count {
            return Ok(places);
        }
        ensure!(
            Instant::now() < deadline && process.exited().is_none(),
            "with --listen {told} it prints {places:?}, not {count} addresses; on standard error \
             {:?}",
            process.stderr()
        );
        std::thread::sleep(LOOK);
    }
}

fn listen_name(context: &Context) -> Outcome {
    const TOLD: &str = "localhost:0";
    let addresses = TOLD
        .to_socket_addrs()
        .map_err(|why| context.obstructed(why))?;
    let mut here: Vec<_> = addresses
        .map(|address| address.ip())
        .filter(|ip| TcpListener::bind((*ip, 0)).is_ok())
        .collect();
    here.sort_unstable();
    here.dedup();
    let mut process = spawn(context, TOLD, StartOptions::default())?;
    let said = places(&mut process, here.len(), TOLD)?;
    let parsed: Option<Vec<SocketAddr>> = said
        .iter()
        .map(|place| {
            place
                .strip_prefix("http://")?
                .trim_end_matches('/')
                .parse()
                .ok()
        })
        .collect();
    let mut parsed =
        parsed.ok_or_else(|| Deviation(format!("with {TOLD} it listens on {said:?}")))?;
    parsed.sort_unstable();
    let ports_agree = parsed
        .iter()
        .all(|address| address.port() == parsed[0].port());
    let ips: Vec<_> = parsed.iter().map(SocketAddr::ip).collect();
    ensure!(
        ips == here && ports_agree,
        "with {TOLD} it prints {said:?}; the addresses are {here:?}"
    );
    for address in parsed {
        serves(&context.seen_at(BaseUrl::at(address)))?;
    }
    let [first, .., last] = here[..] else {
        return Ok(Verdict::NotApplicable(
            "localhost has only one address here".to_owned(),
        ));
    };
    for ip in [first, last] {
        let taken = TcpListener::bind((ip, 0)).map_err(|why| context.obstructed(why))?;
        let at = taken.local_addr().map_err(|why| context.obstructed(why))?;
        let with = format!("localhost and a port that is taken at {at}");
        let told = format!("localhost:{}", at.port());
        let process = spawn(context, &told, StartOptions::default())?;
        refusal::ended(process, &with)?.ensure_orderly(&with)?;
    }
    Ok(Verdict::Conforms)
}

fn listen_forms(context: &Context) -> Outcome {
    for told in [
        "",
        "8000",
        ":0",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "::1:0",
        "[::1]",
        "[]:0",
        "http://127.0.0.1:0",
        // Of no machine (RFC 5737).
        "192.0.2.1:0",
    ] {
        let with = format!("--listen {told:?}");
        let process = spawn(context, told, StartOptions::default())?;
        refusal::ended(process, &with)?.ensure_orderly(&with)?;
    }
    let loopback = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        Ipv6Addr::LOCALHOST.into(),
    ];
    for ip in loopback {
        // Not every machine has IPv6.
        let Ok(taken) = TcpListener::bind((ip, 0)) else {
            continue;
        };
        let told = SocketAddr::new(ip, 0).to_string();
        let mut process = spawn(context, &told, StartOptions::default())?;
        let said = places(&mut process, 1, &told)?;
        let prefix = format!("http://{}", told.trim_end_matches('0'));
        ensure!(
            said.len() == 1 && said[0].starts_with(&prefix),
            "with --listen {told} it listens on {said:?}"
        );
        drop(process);
        let told = taken
            .local_addr()
            .map_err(|why| context.obstructed(why))?
            .to_string();
        let with = format!("--listen {told}, which is taken,");
        let process = spawn(context, &told, StartOptions::default())?;
        let ended = refusal::ended(process, &with)?;
        ended.ensure_orderly(&with)?;
        ensure!(
            ended.stderr.contains(&told),
            "with {with} standard error does not name it: {}",
            ended.stderr.trim()
        );
    }
    Ok(Verdict::Conforms)
}

fn listen_inherited(context: &Context) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|why| context.obstructed(why))?;
    let address = listener
        .local_addr()
        .map_err(|why| context.obstructed(why))?;
    let port = free_port(Ipv4Addr::LOCALHOST.into()).map_err(|why| context.obstructed(why))?;
    let told = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // It waits to be accepted, as what comes while a unit is started does.
    let early = TcpStream::connect(address).map_err(|why| context.obstructed(why))?;
    let options = StartOptions {
        inherited: vec![Arc::new(listener)],
        ..StartOptions::default()
    };
    let mut process = spawn(context, &told.to_string(), options)?;
    let said = places(&mut process, 1, "an inherited socket")?;
    ensure!(
        said == [format!("http://{address}")],
        "with a socket at {address} it listens on {said:?}"
    );
    serves(&context.seen_at(BaseUrl::at(address)))?;
    drop(early);
    if TcpStream::connect(told).is_err() {
        return Ok(Verdict::Conforms);
    }
    drop(process);
    // What accepts connections without the process is another program's.
    ensure!(
        TcpStream::connect(told).is_ok(),
        "with a socket at {address} it also listens on the configured address {told}"
    );
    Err(context.obstructed(format!("another program listens on {told}")))
}

fn listen_inherited_several(context: &Context) -> Outcome {
    const COUNT: usize = 3;
    let bind = || TcpListener::bind("127.0.0.1:0").map_err(|why| context.obstructed(why));
    let listeners: Vec<_> = (0..COUNT).map(|_| bind()).collect::<Result<_, _>>()?;
    let addresses: Vec<_> = listeners
        .iter()
        .map(|listener| listener.local_addr().map_err(|why| context.obstructed(why)))
        .collect::<Result<_, _>>()?;
    let options = StartOptions {
        inherited: listeners.into_iter().map(Arc::new).collect(),
        ..StartOptions::default()
    };
    let mut process = spawn(context, "127.0.0.1:0", options)?;
    let mut said = places(&mut process, COUNT, "several inherited sockets")?;
    let mut expected: Vec<_> = addresses.iter().map(|at| format!("http://{at}")).collect();
    said.sort_unstable();
    expected.sort_unstable();
    ensure!(
        said == expected,
        "with sockets at {expected:?} it listens on {said:?}"
    );
    // More than once each, so that the turn comes to every socket after every other.
    for address in addresses.iter().chain(addresses.iter().rev()) {
        serves(&context.seen_at(BaseUrl::at(*address)))
            .map_err(|why| Deviation(format!("on the inherited socket at {address}: {why}")))?;
    }
    Ok(Verdict::Conforms)
}

#[cfg(unix)]
mod unix {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::{UnixDatagram, UnixStream};
    use std::path::Path;

    use super::{STARTUP, places, spawn};
    use crate::cases::lifecycle::refusal;
    use crate::cases::processes::{AT_ONCE, ends_well, signal};
    use crate::servers::{Signal, StartOptions};
    use crate::tools::Scratch;
    use crate::{Context, Deviation, Outcome, Verdict, ensure};

    pub(super) fn listen_unix(context: &Context) -> Outcome {
        let scratch = Scratch::get().map_err(|why| context.obstructed(why))?;
        let directory = tempfile::TempDir::new_in(scratch.path());
        let directory = directory.map_err(|why| context.obstructed(why))?;
        let path = directory.path().join("socket");
        let told = format!("unix:{}", path.display());
        for start in ["where there is nothing", "where a socket was left behind"] {
            let mut process = spawn(context, &told, StartOptions::default())?;
            let said = places(&mut process, 1, &told)?;
            ensure!(said == [told.clone()], "with {told} it listens on {said:?}");
            answers(context, &path).map_err(|why| Deviation(format!("{told}, {start}: {why}")))?;
            refuses(context, &told, "a socket in use")?;
            answers(context, &path)?;
            signal(context, &mut process, Signal::Terminate)?;
            ends_well(&mut process, AT_ONCE, "SIGTERM")?;
        }
        let other = directory.path().join("datagrams");
        let _datagrams = UnixDatagram::bind(&other).map_err(|why| context.obstructed(why))?;
        refuses(
            context,
            &format!("unix:{}", other.display()),
            "a socket for datagrams in its place",
        )?;
        ensure!(
            UnixDatagram::unbound().is_ok_and(|client| client.connect(&other).is_ok()),
            "with a socket for datagrams as its socket it replaces that"
        );
        let file = directory.path().join("file");
        std::fs::write(&file, "kept").map_err(|why| context.obstructed(why))?;
        refuses(
            context,
            &format!("unix:{}", file.display()),
            "a file in its place",
        )?;
        let kept = std::fs::read(&file).unwrap_or_default();
        ensure!(
            kept == b"kept",
            "with a file as its socket it replaces the file"
        );
        Ok(Verdict::Conforms)
    }

    fn refuses(context: &Context, told: &str, with: &str) -> Result<(), Deviation> {
        let process = spawn(context, told, StartOptions::default())?;
        let ended = refusal::ended(process, with)?;
        ended.ensure_orderly(with)
    }

    fn answers(context: &Context, path: &Path) -> Result<(), Deviation> {
        let ask = || -> std::io::Result<Vec<u8>> {
            let mut stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(STARTUP))?;
            stream.write_all(
                b"GET /greetings HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            )?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            Ok(answer)
        };
        let answer = ask().map_err(|why| Deviation(format!("no answer: {why}")))?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, content) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let content: serde_json::Value = serde_json::from_str(content)
            .map_err(|why| Deviation(format!("GET /greetings is {answer:.300?}: {why}")))?;
        ensure!(
            head.starts_with("HTTP/1.1 200 ") && content == context.model().list(),
            "GET /greetings is {answer:.300?}"
        );
        Ok(())
    }
}
