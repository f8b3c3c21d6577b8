//! Loads a server: `cargo run --release -p quartet-generator --example load -- http://127.0.0.1:8000/`
//!
//! The first answer says what every other must be. Without `--rate` it measures how many requests per second
//! the server answers, with it how long the server takes at that rate.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use fluent_uri::Uri;
use quartet_generator::{Connections, Exchange, Offer};

/// For how long the server is loaded before it counts.
const RAMP: Duration = Duration::from_millis(100);

/// How long the server may take over an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Loads a server over HTTP/1.1 with GET requests for one URL, each answer of which must be the same.
#[derive(Parser)]
struct Options {
    /// What to ask for, as http://127.0.0.1:8000/path?query
    url: String,

    /// Connections to hold open
    #[arg(long, value_name = "N", default_value = "64")]
    connections: NonZeroUsize,

    /// Requests per second to send, answered or not; without it, as many as are answered
    #[arg(long, value_name = "N")]
    rate: Option<f64>,

    /// How long to measure
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    seconds: u32,

    /// Cores for the load generator, one thread each, as 2,3; any without it
    #[arg(long, value_name = "CORE,…", value_delimiter = ',')]
    cores: Vec<usize>,
}

/// Where a URL leads, and what to ask for there.
struct Target {
    address: SocketAddr,
    authority: String,
    path: String,
}

fn main() -> ExitCode {
    match load(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn load(options: &Options) -> Result<()> {
    let target = target(&options.url).with_context(|| options.url.clone())?;
    if let Some(&core) = options.cores.first() {
        quartet_generator::confine(&[core])?;
    }
    let exchange = Exchange::learn(
        target.address,
        &target.path,
        &target.authority,
        &[],
        PATIENCE,
    )?;
    let (status, length) = (exchange.expected_status(), exchange.expected_body().len());
    println!(
        "GET {}: status {status}, {length} bytes of content",
        options.url
    );

    let helpers: Vec<Option<usize>> = options.cores.iter().skip(1).copied().map(Some).collect();
    let count = options.connections.get();
    let mut connections = Connections::open_among(target.address, count, PATIENCE, &helpers)?;
    let window = Duration::from_secs(options.seconds.into());
    let latencies = match options.rate {
        None => {
            let slice = connections.closed_loop(&exchange, RAMP, window)?;
            println!("{:.0} requests/s on {count} connections", slice.rate());
            slice.latency
        }
        Some(per_second) => {
            let offer = Offer {
                per_second,
                phase: 0.5,
                ramp: RAMP,
                window,
            };
            let slice = connections.open_loop(&exchange, offer)?;
            println!(
                "{} requests were due, {} answers came in that time",
                slice.offered, slice.achieved
            );
            slice.latency
        }
    };
    for quantile in [0.5, 0.9, 0.99, 0.999] {
        let microseconds = latencies.value_at_quantile(quantile) as f64 / 1e3;
        println!("p{}: {microseconds:.0} µs", 100.0 * quantile);
    }
    Ok(())
}

fn target(url: &str) -> Result<Target> {
    let url = Uri::parse(url)?;
    ensure!(
        url.scheme().as_str() == "http",
        "only http:// is spoken, without TLS"
    );
    let authority = url.authority().context("it names no host")?;
    let port = authority.port_to_u16()?.unwrap_or(80);
    let host = authority.host().trim_matches(['[', ']']);
    let address = (host, port).to_socket_addrs()?.next();
    let path = url.path().as_str();
    let path = if path.is_empty() { "/" } else { path };
    Ok(Target {
        address: address.context("the host has no address")?,
        authority: authority.as_str().to_owned(),
        path: match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        },
    })
}
