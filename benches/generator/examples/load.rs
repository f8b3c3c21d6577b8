//! Loads a server: `cargo run --release -p quartet-generator --example load -- http://127.0.0.1:8000/`
//!
//! The first answer says what every other must be. Without `--rate` it measures how many requests per second
//! the server answers, with it how long the server takes at that rate.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Parser;
use fluent_uri::Uri;
use quartet_generator::{Connections, Error, Exchange, Offer};

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
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,

    /// How long to measure
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    seconds: u32,

    /// Cores for the load generator, one thread each, as 2,3; any without it
    #[arg(long, value_name = "CORE,…", value_delimiter = ',')]
    cores: Vec<usize>,
}

/// Where a URL leads, and what to ask for there.
struct Target {
    /// Of these the first that accepts a connection is loaded.
    addresses: Vec<SocketAddr>,
    /// What `Host` says: without userinfo (RFC 9110, section 4.2.4).
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
    let (address, exchange) = learn(&target)?;
    let (status, length) = (exchange.expected_status(), exchange.expected_body().len());
    println!(
        "GET {}: status {status}, {length} bytes of content",
        options.url
    );

    let helpers: Vec<Option<usize>> = options.cores.iter().skip(1).copied().map(Some).collect();
    let count = options.connections.get();
    let mut connections = Connections::open_among(address, count, PATIENCE, &helpers)?;
    let window = Duration::from_secs(options.seconds.into());
    let latencies = match options.rate {
        None => {
            let slice = connections.closed_loop(&exchange, RAMP, window)?;
            println!("{:.0} requests/s on {count} connections", slice.rate());
            slice.latency
        }
        Some(per_second) => {
            let offer = Offer {
                per_second: per_second.into(),
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

/// What a target answers, at the first of its addresses that accepts a connection.
fn learn(target: &Target) -> Result<(SocketAddr, Exchange)> {
    let mut refused = None;
    for &address in &target.addresses {
        match Exchange::learn(address, &target.path, &target.authority, &[], PATIENCE) {
            Ok(exchange) => return Ok((address, exchange)),
            Err(error @ Error::Connect { .. }) => refused = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused.map_or_else(|| anyhow!("the host has no address"), Into::into))
}

fn target(url: &str) -> Result<Target> {
    let url = Uri::parse(url)?;
    ensure!(
        url.scheme().as_str() == "http",
        "only http:// is spoken, without TLS"
    );
    let authority = url.authority().context("it names no host")?;
    let port = authority.port_to_u16()?;
    let host = authority.host();
    let name = host.trim_matches(['[', ']']);
    let path = url.path().as_str();
    let path = if path.is_empty() { "/" } else { path };
    Ok(Target {
        addresses: (name, port.unwrap_or(80)).to_socket_addrs()?.collect(),
        authority: match port {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        },
        path: match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_url_says_where_to_ask_and_what() {
        let found = target("http://user:secret@127.0.0.1:8000?a=b").unwrap();
        assert_eq!(found.addresses, ["127.0.0.1:8000".parse().unwrap()]);
        assert_eq!(
            (found.authority.as_str(), found.path.as_str()),
            ("127.0.0.1:8000", "/?a=b")
        );
        let found = target("http://[::1]/path").unwrap();
        assert_eq!(found.addresses, ["[::1]:80".parse().unwrap()]);
        assert_eq!(
            (found.authority.as_str(), found.path.as_str()),
            ("[::1]", "/path")
        );
        assert!(target("https://127.0.0.1/").is_err());
    }

    #[test]
    fn an_address_that_refuses_is_passed_over() {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let refusing = SocketAddr::from(([127, 0, 0, 1], 1));
        let addresses = [refusing, listening.local_addr().unwrap()];
        let server = std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            let (mut stream, _) = listening.accept().unwrap();
            let read = stream.read(&mut [0; 1024]).unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHi")
                .unwrap();
            read
        });
        let target = Target {
            addresses: addresses.to_vec(),
            authority: "localhost".to_owned(),
            path: "/".to_owned(),
        };
        let (address, exchange) = learn(&target).unwrap();
        assert_eq!(address, addresses[1]);
        assert_eq!(exchange.expected_body(), b"Hi");
        assert!(server.join().unwrap() > 0);
    }
}
