//! An outside check of the generator: its requests per second against those of `wrk`.
//!
//! Both drive the same server from the same core, in short rounds one after the other, because a
//! machine's speed wanders over seconds. Against the null server the ratio says which client costs
//! less itself.

use std::{
    fmt,
    net::SocketAddr,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::Args;

use self::{server::Server, wrk::Wrk};
use super::{Connections, Exchange};
use crate::{
    cores::Placement,
    statistics::{CONFIDENCE, Ratio, median},
};

mod server;
mod wrk;

const PATH: &str = "/greetings/en";
const BODY: &[u8] = br#"{"lang":"en","text":"Hello"}"#;
const RAMP: Duration = Duration::from_millis(50);
const TIMEOUT: Duration = Duration::from_secs(10);

/// What to compare, where, and for how long.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Program to start as the server, on a core of its own; best the null server
    #[arg(long, value_name = "PATH", required_unless_present = "server")]
    server_binary: Option<PathBuf>,

    /// Server that is running already, on whatever cores it was given
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "server_binary")]
    server: Option<SocketAddr>,

    /// Core for the server that is started here [default: a free one]
    #[arg(long, value_name = "CORE", conflicts_with = "server")]
    server_core: Option<usize>,

    /// Core for the clients, one after the other [default: a free one]
    #[arg(long, value_name = "CORE")]
    generator_core: Option<usize>,

    /// Numbers of connections to compare at
    #[arg(long, value_name = "N", value_delimiter = ',', default_values = ["64", "256"])]
    connections: Vec<NonZeroUsize>,

    /// Rounds of each client at each number of connections
    #[arg(long, value_name = "N", default_value = "16")]
    rounds: NonZeroUsize,

    /// Length of a round
    #[arg(long, value_name = "SECONDS", default_value = "1")]
    seconds: NonZeroU64,
}

/// Both clients' requests per second at one number of connections, round by round.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Connections that each client held open.
    pub connections: usize,
    /// The generator's requests per second.
    pub generator: Vec<f64>,
    /// Those of `wrk`, each from the round next to the generator's.
    pub wrk: Vec<f64>,
}

impl Comparison {
    /// The generator's median, and that of `wrk`; none without rounds.
    pub fn medians(&self) -> Option<(f64, f64)> {
        Some((median(&self.generator)?, median(&self.wrk)?))
    }

    /// How many times as many requests the generator made, with an interval over rounds; none of
    /// fewer than two.
    pub fn ratio(&self) -> Option<Ratio> {
        let pairs = self.generator.iter().zip(&self.wrk);
        let logs: Vec<f64> = pairs.map(|(ours, theirs)| (ours / theirs).ln()).collect();
        Ratio::over_restarts(&logs, CONFIDENCE)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((generator, wrk)) = self.medians() else {
            return write!(f, "{} connections: no rounds", self.connections);
        };
        write!(
            f,
            "{} connections: generator {generator:.0}/s, wrk {wrk:.0}/s, ",
            self.connections
        )?;
        match self.ratio() {
            Some(ratio) => write!(
                f,
                "{:.2} times as much (95 %: {:.2} to {:.2})",
                ratio.estimate, ratio.low, ratio.high
            ),
            None => write!(f, "{:.2} times as much in one round", generator / wrk),
        }
    }
}

/// Compares the two clients and prints a line for each number of connections.
///
/// # Errors
/// As [`measure`].
pub fn run(options: &Options) -> Result<()> {
    measure(options, |line| println!("{line}"))?;
    Ok(())
}

/// Compares the two clients, and hands `say` each line that a reader should see as it goes.
///
/// The calling thread stays on the clients' core.
///
/// # Errors
/// `wrk` is missing, the cores are not to be had, or the server does not start or answers wrongly.
pub fn measure(options: &Options, mut say: impl FnMut(&str)) -> Result<Vec<Comparison>> {
    let wrk = Wrk::find()?;
    let server_cores = options.server_core.as_ref().map(std::slice::from_ref);
    let generator_cores = options.generator_core.as_ref().map(std::slice::from_ref);
    let placement = Placement::new(server_cores, generator_cores)?;
    for warning in &placement.warnings {
        say(&format!("warning: {warning}"));
    }
    placement.confine_generator()?;
    let started = match &options.server_binary {
        Some(program) => Some(placement.on_server_cores(|| Server::start(program))?),
        None => None,
    };
    let address = started
        .as_ref()
        .map(Server::address)
        .or(options.server)
        .context("no server to compare on: give --server-binary or --server")?;
    say(&setting(options, address, &placement, &wrk));

    let mut comparisons = Vec::new();
    for connections in &options.connections {
        let comparison = compare(options, address, connections.get(), &wrk)?;
        say(&comparison.to_string());
        comparisons.push(comparison);
    }
    Ok(comparisons)
}

/// One line on what is compared, where.
fn setting(options: &Options, address: SocketAddr, placement: &Placement, wrk: &Wrk) -> String {
    let server = match (&options.server_binary, placement.server.first()) {
        (Some(program), Some(core)) => format!("{} on core {core}", program.display()),
        (Some(program), None) => program.display().to_string(),
        (None, _) => format!("http://{address}, not placed from here"),
    };
    let clients = match placement.generator.first() {
        Some(core) => format!("on core {core}"),
        None => "on no core of their own".to_owned(),
    };
    format!(
        "server: {server}; clients: this generator and {wrk}, {clients}; {} rounds of {} s each",
        options.rounds, options.seconds
    )
}

fn compare(
    options: &Options,
    address: SocketAddr,
    connections: usize,
    wrk: &Wrk,
) -> Result<Comparison> {
    let mut comparison = Comparison {
        connections,
        generator: Vec::new(),
        wrk: Vec::new(),
    };
    for round in 0..options.rounds.get() {
        let seconds = options.seconds.get();
        let mut by_generator = || -> Result<()> {
            comparison
                .generator
                .push(generator_rate(address, connections, seconds)?);
            Ok(())
        };
        let mut by_wrk = || -> Result<()> {
            comparison
                .wrk
                .push(wrk.rate(address, PATH, connections, seconds)?);
            Ok(())
        };
        // Who goes first alternates, so that a drift of the machine favours neither.
        if round % 2 == 0 {
            by_generator()?;
            by_wrk()?;
        } else {
            by_wrk()?;
            by_generator()?;
        }
    }
    Ok(comparison)
}

/// The generator's requests per second. Opening the connections is not in its time; it is in that
/// of `wrk`, as a few milliseconds of a round.
fn generator_rate(address: SocketAddr, connections: usize, seconds: u64) -> Result<f64> {
    let exchange = Exchange::get(PATH, &address.to_string(), &[], 200, BODY.to_vec());
    let slice = Connections::open(address, connections, TIMEOUT)?.closed_loop(
        &exchange,
        RAMP,
        Duration::from_secs(seconds),
    )?;
    Ok(slice.requests as f64 / slice.window.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_compared_with_those_beside_them() {
        let mut comparison = Comparison {
            connections: 64,
            generator: vec![150.0, 75.0],
            wrk: vec![100.0, 50.0],
        };
        assert_eq!(
            comparison.to_string(),
            "64 connections: generator 112/s, wrk 75/s, 1.50 times as much (95 %: 1.50 to 1.50)"
        );
        comparison.generator.truncate(1);
        comparison.wrk.truncate(1);
        assert_eq!(
            comparison.to_string(),
            "64 connections: generator 150/s, wrk 100/s, 1.50 times as much in one round"
        );
    }
}
