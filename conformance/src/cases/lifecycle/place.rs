//! Where a process listens if it is told a host and a port, and how many workers it has if it is not told.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use super::{CONTRACT, refusal};
use crate::cases::processes::{AT_ONCE, serves};
use crate::ports::free_port;
use crate::servers::{Process, Server, StartOptions};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/host-and-port",
        CONTRACT,
        "With a host and a port it listens there, also if its environment has another address; an \
         IPv6 address may be in brackets. Without a port, or with a link in `PORT`, the port is 8000. \
         A host or a port that is none is refused.",
        host_and_port,
    )
    .needing(&[Need::Process, Need::HostAndPort, Need::PortEnv, Need::Model])
    .within(Duration::from_secs(60)),
    Case::must(
        "lifecycle/workers-default",
        CONTRACT,
        "Without a number of workers it has one for each core.",
        workers_default,
    )
    .needing(&[Need::Process, Need::Usage])
    .within(Duration::from_secs(30)),
];

/// The port where it is told none.
const UNTOLD: u16 = 8000;

/// The server with arguments for this host and port.
fn told(server: &Server, host: Option<&str>, port: Option<&str>) -> Server {
    let mut args = server.port_env_args.clone().unwrap_or_default();
    for (template, placeholder, value) in [
        (&server.host_args, "{host}", host),
        (&server.port_args, "{port}", port),
    ] {
        if let (Some(template), Some(value)) = (template, value) {
            args.extend(template.iter().map(|it| it.replace(placeholder, value)));
        }
    }
    Server {
        args,
        ..server.clone()
    }
}

fn host_and_port(context: &Context) -> Outcome {
    let launch = context.launch()?;
    let server = &launch.server;
    let v6 = IpAddr::from(Ipv6Addr::LOCALHOST);
    for (ip, host) in [
        (Ipv4Addr::LOCALHOST.into(), "127.0.0.1"),
        (Ipv4Addr::new(127, 0, 0, 2).into(), "127.0.0.2"),
        (v6, "::1"),
        (v6, "[::1]"),
    ] {
        let Ok(port) = free_port(ip) else { continue };
        listens(
            context,
            told(server, Some(host), Some(&port.to_string())),
            Vec::new(),
            (ip, port),
        )?;
    }
    let elsewhere = environment(server);
    for env in [Vec::new(), elsewhere] {
        let ip = Ipv4Addr::LOCALHOST.into();
        let port = free_port(ip).map_err(|why| context.obstructed(why))?;
        listens(
            context,
            told(server, None, Some(&port.to_string())),
            env.clone(),
            (ip, port),
        )?;
        let ip = Ipv4Addr::new(127, 0, 0, 2).into();
        if let Ok(port) = free_port(ip) {
            let mut env = env;
            env.push(("PORT".to_owned(), port.to_string()));
            listens(
                context,
                told(server, Some("127.0.0.2"), None),
                env,
                (ip, port),
            )?;
        }
    }
    // Without a port, or with a link in place of one, it is 8000. The address is the case's own.
    let number = free_port(Ipv4Addr::LOCALHOST.into()).unwrap_or_default();
    let [high, low] = number.to_be_bytes();
    let own = Ipv4Addr::new(127, 8, high, low);
    if TcpListener::bind((own, UNTOLD)).is_ok() {
        for port in [None, Some("tcp://10.0.0.1:80")] {
            let env = port.map(|port| ("PORT".to_owned(), port.to_owned()));
            let server = told(server, Some(&own.to_string()), None);
            let env = env.into_iter().collect();
            listens(context, server, env, (own.into(), UNTOLD))?;
        }
    }
    for (host, port, wrong) in [
        (Some("http://a"), "0", "http://a"),
        (Some("[::1"), "0", "[::1"),
        (None, "65536", "65536"),
        (None, "x", "x"),
        (None, "tcp://10.0.0.1:80", "tcp://10.0.0.1:80"),
    ] {
        let server = told(server, host, Some(port));
        let with = server.args.join(" ");
        let ended = refusal::run_as(context, &server, StartOptions::default(), &with)?;
        ended.ensure_orderly(&with)?;
        ensure!(
            ended.stderr.contains(wrong),
            "with {with} standard error does not name it: {}",
            ended.stderr.trim()
        );
    }
    Ok(Verdict::Conforms)
}

/// An environment that has another address to listen on, as far as the stanza tells how.
fn environment(server: &Server) -> Vec<(String, String)> {
    let template = server.listen_args.iter().flatten();
    let filled = template.map(|it| {
        it.replace("{address}", "127.0.0.1:0")
            .replace("{workers}", "2")
    });
    let filled: Vec<_> = filled.collect();
    server.variables(&filled).unwrap_or_default()
}

/// Checks that it listens there.
fn listens(
    context: &Context,
    server: Server,
    env: Vec<(String, String)>,
    at: (IpAddr, u16),
) -> Result<(), Deviation> {
    let with = format!("{} and {env:?} in its environment", server.args.join(" "));
    let options = StartOptions {
        program: Some(context.launch()?.program.clone()),
        env,
        ..StartOptions::default()
    };
    let process = Process::start(&server, &options)
        .map_err(|why| Deviation(format!("with {with}: {why}")))?;
    let expected = SocketAddr::from(at);
    ensure!(
        process.address() == expected,
        "with {with} it listens on {}, not {expected}",
        process.address()
    );
    serves(&context.seen_at(process.base_url()))
}

fn workers_default(context: &Context) -> Outcome {
    let launch = context.launch()?;
    let mut untold = launch.server.clone();
    let Some(at) = untold.args.iter().position(|it| it.contains("{workers}")) else {
        let why = "its stanza has no option for workers".to_owned();
        return Ok(Verdict::NotApplicable(why));
    };
    let joined = untold.args[at].starts_with("--");
    untold.args.drain(if joined {
        at..=at
    } else {
        at.saturating_sub(1)..=at
    });
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let start = |server: &Server, workers| {
        let options = StartOptions {
            program: Some(launch.program.clone()),
            workers: Some(workers),
            ..StartOptions::default()
        };
        Process::start(server, &options).map_err(|why| Deviation(why.to_string()))
    };
    let told = start(&launch.server, cores)?;
    let more = start(&launch.server, cores + 1)?;
    let untold = start(&untold, cores)?;
    let count = |process: &Process| process.threads().map_err(|error| context.obstructed(error));
    let deadline = Instant::now() + AT_ONCE;
    loop {
        let (told, more, untold) = (count(&told)?, count(&more)?, count(&untold)?);
        if told == untold && more > told {
            return Ok(Verdict::Conforms);
        }
        // Some start their workers once they are ready.
        ensure!(
            Instant::now() < deadline,
            "without a number of workers it has {untold} threads, with {cores}, as many as cores, \
             {told}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
