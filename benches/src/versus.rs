//! An outside check of the generator: what it measures beside what others' load generators do.
//!
//! They drive the same server from the same core, in short rounds one after the other, because a
//! machine's speed wanders over seconds. Where the server is the limit they should agree on it;
//! where it is not, on the null server above all, the ratio says which client costs less itself.

use std::{
    net::SocketAddr,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use quartet_analysis::statistics::{CONFIDENCE, median, ratio_over_restarts};
use quartet_generator::{Connections, Exchange};
use quartet_report::table::{Align, Table};

use self::{
    client::{Client, Installed},
    said::Said,
    server::Server,
};
use crate::numbers::at_least_one;
use crate::{
    cores::Placement,
    failure::{Failure, print},
    interrupt::Interrupt,
};

mod client;
mod said;
mod server;

const PATH: &str = "/greetings/en";
const BODY: &[u8] = br#"{"lang":"en","text":"Hello"}"#;
const RAMP: Duration = Duration::from_millis(50);
const TIMEOUT: Duration = Duration::from_secs(10);

/// What to compare, where, and for how long.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Program to start as the server, on a core of its own (preferably the null server)
    #[arg(long, value_name = "PATH", required_unless_present = "server")]
    server_binary: Option<PathBuf>,

    /// Address of a running server
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "server_binary")]
    server: Option<SocketAddr>,

    /// Core for the started server [default: a free one]
    #[arg(long, value_name = "CORE", conflicts_with = "server")]
    server_core: Option<usize>,

    /// Core for the clients, one after the other [default: a free one]
    #[arg(long, value_name = "CORE")]
    generator_core: Option<usize>,

    /// Load generators to compare with, each on PATH
    #[arg(
        long,
        value_name = "CLIENT,…",
        value_delimiter = ',',
        default_value = "wrk"
    )]
    beside: Vec<Client>,

    /// Numbers of connections to compare at
    #[arg(long, value_name = "N", value_delimiter = ',', default_values = ["64", "256"], value_parser = at_least_one::<NonZeroUsize>)]
    connections: Vec<NonZeroUsize>,

    /// Rounds of each client at each number of connections
    #[arg(long, value_name = "N", default_value = "16", value_parser = at_least_one::<NonZeroUsize>)]
    rounds: NonZeroUsize,

    /// Length of a round
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = at_least_one::<NonZeroU64>)]
    seconds: NonZeroU64,
}

/// One client's turn at the server.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Round {
    /// Requests per second.
    rate: f64,
    /// Half of the requests took no longer; none where the client does not tell.
    median: Option<Duration>,
    /// Share of the time that the server had a core, 1 being one core the whole time. None of a
    /// server that was not started here, and where the platform does not tell.
    busy: Option<f64>,
}

/// Every client's rounds at one number of connections.
struct Comparison<'a> {
    connections: usize,
    generator: Vec<Round>,
    others: Vec<(&'a Installed, Vec<Round>)>,
}

impl Comparison<'_> {
    fn text(&self) -> String {
        let connections = format!("{} connections", self.connections);
        let mut table = Table::new([
            (connections.as_str(), Align::Left),
            ("requests/s", Align::Right),
            ("median, µs", Align::Right),
            ("server busy", Align::Right),
            ("this generator ÷ client", Align::Left),
        ]);
        table.push(row("this generator", &self.generator, String::new()));
        for (client, rounds) in &self.others {
            let quotient = quotient(&self.generator, rounds);
            table.push(row(&client.to_string(), rounds, quotient));
        }
        table.text()
    }
}

fn row(client: &str, rounds: &[Round], quotient: String) -> Vec<String> {
    let middle = |value: fn(&Round) -> Option<f64>, form: fn(f64) -> String| {
        let values: Option<Vec<f64>> = rounds.iter().map(value).collect();
        values
            .as_deref()
            .and_then(median)
            .map_or("–".to_owned(), form)
    };
    let microseconds = |round: &Round| Some(round.median?.as_secs_f64() * 1e6);
    vec![
        client.to_owned(),
        middle(|round| Some(round.rate), |rate| format!("{rate:.0}")),
        middle(microseconds, |latency| format!("{latency:.0}")),
        middle(|round| round.busy, |busy| format!("{:.0} %", busy * 100.0)),
        quotient,
    ]
}

/// How many times as many requests the generator made as a client, with an interval over rounds if
/// there are several.
fn quotient(generator: &[Round], client: &[Round]) -> String {
    let pairs = generator.iter().zip(client);
    let logs: Vec<f64> = pairs
        .map(|(ours, theirs)| (ours.rate / theirs.rate).ln())
        .collect();
    if logs.iter().any(|log| !log.is_finite()) {
        return "– (a round without an answer)".to_owned();
    }
    match (ratio_over_restarts(&logs, CONFIDENCE), logs.as_slice()) {
        (Some(ratio), _) => format!(
            "{:.2} (95 %: {:.2} to {:.2})",
            ratio.estimate, ratio.low, ratio.high
        ),
        (None, [log]) => format!("{:.2} in one round", log.exp()),
        (None, _) => "–".to_owned(),
    }
}

/// Compares the clients, and prints a table for each number of connections.
///
/// The calling thread stays on the clients' core.
///
/// # Errors
/// A client is missing or reports failures, the cores are not to be had, or the server does not
/// start or answers wrongly.
pub fn run(options: &Options) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let clients: Vec<Installed> = options
        .beside
        .iter()
        .map(|client| client.find())
        .collect::<Result<_>>()?;
    let server_cores = options.server_core.as_ref().map(std::slice::from_ref);
    let generator_cores = options.generator_core.as_ref().map(std::slice::from_ref);
    let placement =
        Placement::new(server_cores, generator_cores).map_err(|error| Failure::usage(&error))?;
    for warning in &placement.warnings {
        eprintln!("warning: {warning}");
    }
    placement.confine_generator()?;
    let server = match (&options.server_binary, options.server) {
        (Some(program), _) => placement.on_server_cores(|| Server::start(program))?,
        (None, Some(address)) => Server::elsewhere(address),
        (None, None) => {
            let sentence = "no server: give --server-binary or --server";
            return Err(Failure::Usage(sentence.to_owned()));
        }
    };
    print(&format!("{}\n", setting(options, &server, &placement)))?;
    for connections in &options.connections {
        let comparison = compare(options, &server, connections.get(), &clients, &interrupt)?;
        print(&format!("\n{}", comparison.text()))?;
    }
    Ok(())
}

/// One line on what is compared, where.
fn setting(options: &Options, server: &Server, placement: &Placement) -> String {
    let server = match (&options.server_binary, placement.server.first()) {
        (Some(program), Some(core)) => format!("{} on core {core}", program.display()),
        (Some(program), None) => program.display().to_string(),
        (None, _) => format!("http://{}, not placed from here", server.address()),
    };
    let clients = match placement.generator.first() {
        Some(core) => format!("on core {core}"),
        None => "on no core of their own".to_owned(),
    };
    format!(
        "server: {server}; clients: one after the other {clients}, rounds: {} of {} s each",
        options.rounds, options.seconds
    )
}

fn compare<'a>(
    options: &Options,
    server: &Server,
    connections: usize,
    clients: &'a [Installed],
    interrupt: &Interrupt,
) -> Result<Comparison<'a>, Failure> {
    let (address, seconds) = (server.address(), options.seconds.get());
    let mut comparison = Comparison {
        connections,
        generator: Vec::new(),
        others: clients.iter().map(|client| (client, Vec::new())).collect(),
    };
    for number in 0..options.rounds.get() {
        let by_generator = || load(address, connections, seconds);
        let mut turns: Vec<Turn<'_>> = vec![(&mut comparison.generator, Box::new(by_generator))];
        for (client, rounds) in &mut comparison.others {
            let by_client = || client.load(address, PATH, connections, seconds);
            turns.push((rounds, Box::new(by_client)));
        }
        // Every second time backwards, so that a drift of the machine favours no one.
        if number % 2 == 1 {
            turns.reverse();
        }
        for (rounds, load) in turns {
            let round = round(server, load);
            // A terminal's Ctrl-C ends the client as well.
            if interrupt.requested() {
                return Err(Failure::Interrupted);
            }
            rounds.push(round?);
        }
    }
    Ok(comparison)
}

/// A client's rounds so far, and how it makes one more.
type Turn<'a> = (&'a mut Vec<Round>, Box<dyn Fn() -> Result<Said> + 'a>);

fn round(server: &Server, load: impl Fn() -> Result<Said>) -> Result<Round> {
    let (started, before) = (Instant::now(), server.cpu()?);
    let said = load()?;
    let elapsed = started.elapsed();
    let used = server
        .cpu()?
        .zip(before)
        .map(|(after, before)| after - before);
    Ok(Round {
        rate: said.rate,
        median: said.median,
        busy: used.map(|used| used.div_duration_f64(elapsed)),
    })
}

/// What the generator measures. Opening the connections is not in its time; it is in the others',
/// as a few milliseconds of a round.
fn load(address: SocketAddr, connections: usize, seconds: u64) -> Result<Said> {
    let exchange = Exchange::get(PATH, &address.to_string(), &[], 200, BODY.to_vec());
    let slice = Connections::open(address, connections, TIMEOUT)?.closed_loop(
        &exchange,
        RAMP,
        Duration::from_secs(seconds),
    )?;
    Ok(Said {
        rate: slice.requests as f64 / slice.window.as_secs_f64(),
        median: Some(Duration::from_nanos(slice.latency.value_at_quantile(0.5))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(rates: &[f64]) -> Vec<Round> {
        let round = |&rate| Round {
            rate,
            median: None,
            busy: None,
        };
        rates.iter().map(round).collect()
    }

    #[test]
    fn rounds_are_compared_with_those_beside_them() {
        let ours = rounds(&[150.0, 75.0]);
        let theirs = rounds(&[100.0, 50.0]);
        assert_eq!(quotient(&ours, &theirs), "1.50 (95 %: 1.50 to 1.50)");
        assert_eq!(quotient(&ours[..1], &theirs[..1]), "1.50 in one round");
        let starved = rounds(&[100.0, 0.0]);
        assert_eq!(quotient(&ours, &starved), "– (a round without an answer)");
    }

    #[test]
    fn a_row_has_medians_and_says_what_no_one_told() {
        let mut three = rounds(&[2.0, 1.0, 3.0]);
        assert_eq!(row("a", &three, String::new()), ["a", "2", "–", "–", ""]);
        for (round, micros) in three.iter_mut().zip([7, 9, 8]) {
            round.median = Some(Duration::from_micros(micros));
            round.busy = Some(0.5);
        }
        assert_eq!(row("a", &three, String::new()), ["a", "2", "8", "50 %", ""]);
    }
}
