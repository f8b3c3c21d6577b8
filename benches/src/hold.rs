//! `cargo compare hold`: keeps one server under load for perf, samply or strace.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use quartet_conformance::servers::Catalogue;
use quartet_record::plan::Lane;

use crate::cores::{CoreList, Placement};
use crate::failure::{Failure, print};
use crate::interrupt::Interrupt;
use crate::measure::Hold;
use crate::subject::Subject;
use crate::{profiling, selection, variant};

/// Which server, and under what.
#[derive(Args, Debug)]
#[group(id = "hold")]
pub struct Options {
    /// The server, by its name in servers.toml, or a variant such as salvo@1.0.0
    server: String,

    /// The kind of request
    #[arg(long, value_name = "LANE", default_value = "item", value_parser = lane)]
    lane: Lane,

    /// How long to keep it under load
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,

    /// Connections, each with one request in flight
    #[arg(long, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u16).range(1..=16_384))]
    connections: u16,

    /// Cores for the server, one worker each [default: one core]
    #[arg(long, value_name = "LIST")]
    server_cores: Option<CoreList>,

    /// Cores for the load generator, one thread each [default: one core]
    #[arg(long, value_name = "LIST")]
    generator_cores: Option<CoreList>,

    /// Build as for a measurement: without symbols and frame pointers
    #[arg(long)]
    as_measured: bool,
}

/// Builds the server with symbols and frame pointers, starts it, prints its process and loads it.
///
/// # Errors
/// [`Failure::Usage`] where there is no such server or core, [`Failure::Interrupted`] where it was asked to stop;
/// and where the server cannot be built or does not run.
pub fn run(options: &Options) -> Result<(), Failure> {
    let mut catalogue = Catalogue::find().map_err(|error| Failure::Usage(error.to_string()))?;
    let names = [options.server.clone()];
    let names = variant::enter(&mut catalogue, &names, Path::new("."));
    let name = names.map_err(Failure::Usage)?.swap_remove(0);
    let server = selection::named(&catalogue, &name).map_err(Failure::Usage)?;
    let cores = options.server_cores.as_ref().map(CoreList::cores);
    let generator = options.generator_cores.as_ref().map(CoreList::cores);
    let placement = Placement::new(cores, generator).map_err(|error| Failure::usage(&error))?;
    let interrupt = Interrupt::listen()?;

    variant::sources(&catalogue, [name.as_str()], &interrupt)?;
    let flags = variant::rustflags_key(catalogue.root());
    let server = match options.as_measured {
        true => server.clone(),
        false => profiling::with_frame_pointers(server, &flags?),
    };
    if !options.as_measured {
        eprintln!(
            "building {name} with symbols and frame pointers; the first time this builds its dependencies too"
        );
    }
    let built = server.build_verbosely(catalogue.root());
    let artifact = built.map_err(|error| match interrupt.requested() {
        true => Failure::Interrupted,
        false => Failure::Other(error.into()),
    })?;
    let subject = Subject {
        server: &server,
        artifact,
        over_database: None,
        content: None,
    };
    let hold = Hold {
        lane: options.lane,
        connections: options.connections.into(),
        workers: placement.server.len().max(1),
        length: Duration::from_secs(options.seconds),
    };
    let rate = hold.run(&subject, &placement, &interrupt, |process| {
        print(&format!(
            "{name} is process {process}, under {} connections in lane {} for {} seconds\n",
            options.connections,
            options.lane.name(),
            options.seconds
        ))
    })?;
    print(&format!("{rate:.0} requests/s\n"))?;
    match interrupt.requested() {
        true => Err(Failure::Interrupted),
        false => Ok(()),
    }
}

/// A lane of a server in memory: no database is started here.
fn lane(text: &str) -> Result<Lane, String> {
    let held = || {
        Lane::ALL.into_iter().filter(|lane| {
            lane.path().is_some() && !lane.is_over_database() && lane.posted().is_none()
        })
    };
    held().find(|lane| lane.name() == text).ok_or_else(|| {
        let names: Vec<_> = held().map(Lane::name).collect();
        format!("the lanes are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn lanes_are_named() {
        assert_eq!(lane("list"), Ok(Lane::List));
        assert!(lane("slow").unwrap_err().contains("item, list"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_server_is_kept_busy_and_its_process_told() {
        use crate::testing::stand_in::{HELLO, StandIn, response};
        let server = StandIn::answering(|_| response(200, "application/json", HELLO));
        let hold = Hold {
            lane: Lane::Item,
            connections: 2,
            workers: 1,
            length: Duration::from_millis(10),
        };
        let mut told = None;
        let rate = hold.run(
            &server.subject(),
            &Placement::default(),
            &Interrupt::default(),
            |process| {
                told = Some(PathBuf::from(format!("/proc/{process}")).exists());
                Ok(())
            },
        );
        assert!(rate.unwrap() > 0.0);
        assert_eq!(told, Some(true));
    }
}
