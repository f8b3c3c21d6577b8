//! Getting ready, and not getting a port.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::CONTRACT;
use super::refusal::{self, Ended};
use crate::cases::processes::{AT_ONCE, ends, serves, signal, start};
use crate::http::Request;
use crate::servers::{Process, Signal, StartOptions};
use crate::{BaseUrl, Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/ready-line",
        CONTRACT,
        "It prints `listening on http://ADDRESS` on standard output when it accepts connections, \
         and not before.",
        ready_line,
    )
    .needing(&[Need::Process, Need::Model])
    .within(Duration::from_secs(60)),
    Case::must(
        "lifecycle/port-zero",
        CONTRACT,
        "With port 0 the process listens on a free port, and prints it.",
        port_zero,
    )
    .needing(&[Need::Process, Need::Model])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/port-in-use",
        CONTRACT,
        "If its port is taken, it ends with a non-zero status and names the address on standard \
         error.",
        port_in_use,
    )
    .needing(&[Need::Process])
    .within(Duration::from_secs(60)),
    Case::must(
        "lifecycle/restart-same-port",
        CONTRACT,
        "A new process can listen at once on the port of an ended one.",
        restart_same_port,
    )
    .needing(&[Need::Process, Need::Signals, Need::Model])
    .within(Duration::from_secs(60)),
];

/// How long a process may take to say where it listens.
const STARTUP: Duration = Duration::from_secs(10);

/// How often a process is started, to see one that is ready only most of the time.
const STARTS: usize = 5;

fn announced(process: &mut Process) -> Result<SocketAddr, Deviation> {
    process.announced(STARTUP).ok_or_else(|| {
        Deviation(format!(
            "within {STARTUP:?} it prints no line `listening on http://ADDRESS` on standard \
             output, but {:?}, and on standard error {:?}",
            process.stdout(),
            process.stderr()
        ))
    })
}

fn ready_line(context: &Context) -> Outcome {
    for _ in 0..STARTS {
        let mut process = context.spawn(StartOptions::default())?;
        let address = announced(&mut process)?;
        // At the very moment: one that speaks too early is found out here.
        if let Err(error) = TcpStream::connect(address) {
            return Err(Deviation(format!(
                "it prints {address}, but accepts no connections there: {error}"
            )));
        }
        serves(&context.seen_at(BaseUrl::at(address)))?;
    }
    Ok(Verdict::Conforms)
}

fn port_zero(context: &Context) -> Outcome {
    let options = StartOptions {
        port: Some(0),
        ..StartOptions::default()
    };
    let mut processes = [context.spawn(options.clone())?, context.spawn(options)?];
    for process in &mut processes {
        let address = announced(process)?;
        ensure!(address.port() != 0, "with port 0 it prints {address}");
        serves(&context.seen_at(BaseUrl::at(address)))?;
    }
    let [one, other] = processes.map(|process| process.address());
    ensure!(one != other, "two processes with port 0 both print {one}");
    Ok(Verdict::Conforms)
}

fn port_in_use(context: &Context) -> Outcome {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
    let (port, _listener) = taken.map_err(|error| context.obstructed(error))?;
    refuses_port(context, port, "a port of another program")?;
    let (process, _) = start(context, &[])?;
    let port = process.address().port();
    refuses_port(context, port, "a port of another process of this server")?;
    Ok(Verdict::Conforms)
}

fn refuses_port(context: &Context, port: u16, with: &str) -> Result<(), Deviation> {
    let options = StartOptions {
        port: Some(port),
        ..StartOptions::default()
    };
    let ended: Ended = refusal::run(context, options, with)?;
    ended.ensure_orderly(with)?;
    ensure!(
        ended.stderr.contains(&port.to_string()),
        "with {with}, {port}, standard error does not name the port: {}",
        ended.stderr.trim()
    );
    Ok(())
}

fn restart_same_port(context: &Context) -> Outcome {
    // Twice at most: between the two processes any other program may take the port.
    restart(context).or_else(|_| restart(context))?;
    Ok(Verdict::Conforms)
}

fn restart(context: &Context) -> Result<(), Deviation> {
    let (mut process, view) = start(context, &[])?;
    // Connections that the process closes first keep the port in TIME-WAIT.
    let mut connections = Vec::new();
    for _ in 0..8 {
        let mut connection = view.connect()?;
        let request = view.prepare(Request::get("/greetings"));
        connection.exchange("GET", &request.to_bytes())?;
        connections.push(connection);
    }
    serves(&view)?;
    signal(context, &mut process, Signal::Terminate)?;
    // Longer than the contract's ten seconds to drain: how soon it ends is another case's matter.
    ends(&mut process, 5 * AT_ONCE, "SIGTERM")?;
    drop(connections);
    let mut options = context.options(&[])?;
    options.port = Some(process.address().port());
    let again = context.start(options).map_err(|why| {
        Deviation(format!(
            "it does not start on the port of an ended process: {why}"
        ))
    })?;
    serves(&context.seen_at(again.base_url()))
}
