//! One server process, from start to end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail, ensure};
use hdrhistogram::Histogram;
use quartet_conformance::Model;
use quartet_conformance::servers::Role;
use quartet_generator::{
    Connections, Exchange, LATENCY_DIGITS, Offer, OpenLoopSlice, Slice as Measured,
};
use quartet_record::plan::{Lane, LaneLoad, Plan};
use quartet_record::{ArmRestart, LaneTotals, Slice, encode};

use super::answers::learn;
use super::client::Client;
use super::measurement::Place;
use crate::accounting::{OwnMemory, family_cpu};
use crate::database::Database;
use crate::exec::Expected;
use crate::host::{Launch, Served, SliceCost};
use crate::locales::Locales;
use crate::numbers::nanoseconds;
use crate::subject::Subject;

/// For how long a server may have to do with connections that it was given.
const ACCEPTING: Duration = Duration::from_secs(1);

/// How a server is started, and what it is to be asked.
pub(super) struct Start<'a> {
    pub(super) workers: usize,
    /// What it is asked, first what is asked before anything else.
    pub(super) lanes: &'a [Lane],
    /// The right answers.
    pub(super) model: &'a Model,
    /// The data it is to serve, where that is not its own.
    pub(super) locales: Option<&'a Locales>,
    /// What is right in the lane `custom`, where it is asked there.
    pub(super) expected: Option<&'a Expected>,
    /// On how many connections, and for how long, it is loaded before anything else, where that is a server
    /// of the command line.
    pub(super) warm_up: Option<(usize, Duration)>,
    /// Whether it answers with constant bytes.
    pub(super) answers_alike: bool,
    /// What it is to read from, where its program over a database is meant.
    pub(super) database: Option<&'a Database>,
}

/// One server process with its connections.
pub(super) struct Life {
    // Fields are dropped in this order: connections close before their server ends.
    client: Client,
    server: Box<dyn Served>,
    start_up: Duration,
    lanes: BTreeMap<Lane, LaneLife>,
    /// The first process of the database that it reads from.
    database: Option<u32>,
    /// Whether that database, or the server itself, runs on a core of the generator's.
    leaves_core: bool,
}

struct LaneLife {
    exchange: Exchange,
    user_ns: u64,
    system_ns: u64,
    /// CPU time of the database's processes, where there is one that is known of.
    database_ns: Option<u64>,
    latencies: Histogram<u64>,
}

impl LaneLife {
    fn new(exchange: Exchange) -> Result<Self> {
        Ok(Self {
            exchange,
            user_ns: 0,
            system_ns: 0,
            database_ns: None,
            latencies: Histogram::new(LATENCY_DIGITS)?,
        })
    }
}

/// What came of starting a server.
pub(super) struct Begun {
    /// The process, for the lanes that did not fail; none where all did.
    pub(super) life: Option<Life>,
    /// The lanes in which it does not answer as it should, and why.
    pub(super) failed: Vec<(Lane, Error)>,
}

impl Begun {
    /// The process, where no lane failed.
    ///
    /// # Errors
    /// Why the first of them did.
    pub(super) fn whole(mut self) -> Result<Life> {
        match self.failed.drain(..).next() {
            Some((_, error)) => Err(error),
            None => self.life.context("there is no lane to measure"),
        }
    }
}

impl Life {
    /// Starts a server and checks an answer of each lane.
    ///
    /// # Errors
    /// Where the server does not run; a lane that fails takes nothing from the others.
    pub(super) fn begin(
        start: &Start<'_>,
        subject: &Subject<'_>,
        place: Place<'_>,
    ) -> Result<Begun> {
        // Where it has a process for the lane `custom`, that is asked nothing else.
        let is_custom = start.lanes.contains(&Lane::Custom);
        let content = subject.content.as_ref().filter(|_| is_custom);
        let (server, program) = match (start.database, &subject.over_database) {
            (None, _) => match content {
                Some((server, program)) => (server, program),
                None => (subject.server, &subject.artifact.program),
            },
            (Some(_), Some((server, program))) => (server, program),
            (Some(_), None) => bail!("it has no program over a database"),
        };
        let launch = Launch {
            server,
            program,
            workers: start.workers,
            locales: start.locales,
            // The lane `custom` has no path of its own, and no servers elsewhere.
            path: start
                .lanes
                .first()
                .and_then(|lane| lane.path())
                .unwrap_or("/"),
        };
        let begun = Instant::now();
        let started = place.host.start(&launch)?;
        let mut process = started.server;
        let address = process.address();
        let mut start_up = None;
        let (mut lanes, mut failed) = (BTreeMap::new(), Vec::new());
        for &lane in start.lanes {
            let (model, alike) = (start.model, start.answers_alike);
            match learn(address, lane, model, start.expected, alike) {
                Ok(exchange) => {
                    start_up.get_or_insert_with(|| started.start_up.unwrap_or(begun.elapsed()));
                    lanes.insert(lane, LaneLife::new(exchange)?);
                }
                Err(error) => failed.push((lane, error)),
            }
        }
        let Some(start_up) = start_up else {
            return Ok(Begun { life: None, failed });
        };
        process.answered()?;
        let mut life = Self {
            client: Client::new(address, place.placement.helpers()),
            server: process,
            start_up,
            lanes,
            database: start.database.and_then(Database::parent),
            leaves_core: start
                .database
                .is_some_and(|database| database.shares_core(place.placement)),
        };
        if let Some(warm_up) = start.warm_up.filter(|_| subject.server.role == Role::Exec) {
            life.warm_up(warm_up)?;
        }
        Ok(Begun {
            life: Some(life),
            failed,
        })
    }

    /// Loads it in its first lane for so long. Nothing of it counts.
    fn warm_up(&mut self, (connections, length): (usize, Duration)) -> Result<()> {
        let Some(lane) = self.lanes.values().next() else {
            return Ok(());
        };
        self.client.open(connections, self.leaves_core)?;
        let connections = self.client.connections()?;
        let loaded = connections.closed_loop(&lane.exchange, Duration::ZERO, length);
        loaded.map(drop).context("while it warmed up")
    }

    /// Lets the generator sleep while there is nothing to read on connections opened from now on, because it shares a
    /// core with the server.
    pub(super) fn leave_core(&mut self) {
        self.leaves_core = true;
    }

    /// Opens so many connections, in place of those it has.
    pub(super) fn connect(&mut self, count: usize) -> Result<()> {
        self.client.open(count, self.leaves_core)
    }

    /// Sees to it that the server has not closed its connections for being idle. What it has to do
    /// with new ones is done before this returns, and so in no slice.
    fn refresh(&mut self) -> Result<()> {
        if !self.client.refresh(Instant::now())? {
            return Ok(());
        }
        self.server.settle(ACCEPTING)
    }

    /// Takes one slice of a closed loop. Its place in the restart is left for the caller to fill in.
    pub(super) fn slice(&mut self, load: LaneLoad, lane: Lane) -> Result<Slice> {
        let (ramp, window) = (
            Duration::from_millis(load.ramp_ms),
            Duration::from_millis(load.slice_ms),
        );
        let run = |connections: &mut Connections, exchange: &Exchange| {
            Ok(match lane {
                Lane::Connect => connections.connect_loop(exchange, ramp, window),
                _ => connections.closed_loop(exchange, ramp, window),
            }?)
        };
        // That lane has connections of its own, and leaves those that are held alone.
        let held = lane != Lane::Connect;
        if held {
            self.refresh()?;
        }
        let (measured, cost, database_ns) = self.accounted(lane, false, run)?;
        if held {
            self.client.was_used();
        }
        ensure!(measured.requests > 0, "no answer came within a slice");
        let life = self
            .lanes
            .get_mut(&lane)
            .context("this lane is not measured")?;
        if let Some(cpu) = cost.cpu {
            life.user_ns += cpu.user;
            life.system_ns += cpu.system;
        }
        if let Some(database) = database_ns {
            *life.database_ns.get_or_insert_default() += database;
        }
        life.latencies
            .add(&measured.latency)
            .context("histograms do not add up")?;
        Ok(entry(&measured, lane, cost))
    }

    /// Takes one slice of an open loop. At low rates not every connection is used in it, so that none
    /// counts as used.
    pub(super) fn open_loop(
        &mut self,
        lane: Lane,
        offer: Offer,
    ) -> Result<(OpenLoopSlice, SliceCost)> {
        self.refresh()?;
        let (measured, cost, _) = self.accounted(lane, true, |connections, exchange| {
            Ok(connections.open_loop(exchange, offer)?)
        })?;
        Ok((measured, cost))
    }

    /// Runs a slice of load, and reads the kernel's books before and after. Gives what the slice cost the server, and the
    /// database's processes, where there are such. With `threads` it is also read how long the server's waited for a core.
    fn accounted<T>(
        &mut self,
        lane: Lane,
        threads: bool,
        run: impl FnOnce(&mut Connections, &Exchange) -> Result<T>,
    ) -> Result<(T, SliceCost, Option<u64>)> {
        let life = self.lanes.get(&lane).context("this lane is not measured")?;
        let family = || self.database.map_or(Ok(None), family_cpu);
        let family_before = family()?;
        self.server.begin_slice(threads)?;
        let measured = run(self.client.connections()?, &life.exchange);
        // Also where it failed: the agent has begun a slice.
        let cost = self.server.end_slice();
        let measured = measured?;
        let cost = cost?;
        let family = family()?.zip(family_before);
        let database = family.map(|(after, before)| after.since(&before));
        Ok((measured, cost, database))
    }

    /// The server's process id.
    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Whether its processes are this machine's to see.
    pub(super) fn is_here(&self) -> bool {
        self.server.is_here()
    }

    /// CPU time so far, nanoseconds.
    pub(super) fn cpu(&self) -> Result<Option<u64>> {
        self.server.cpu()
    }

    /// Memory now, and the most so far. None where the platform does not tell.
    pub(super) fn memory(&self) -> Result<Option<OwnMemory>> {
        self.server.memory()
    }

    /// Ends the server, and gives what is to be kept.
    pub(super) fn end(self, arm: usize) -> Result<ArmRestart> {
        drop(self.client);
        self.server.end()?;
        let mut lanes = BTreeMap::new();
        for (lane, life) in self.lanes {
            let latencies = encode(&life.latencies)?;
            let totals = LaneTotals {
                user_ns: life.user_ns,
                system_ns: life.system_ns,
                database_ns: life.database_ns,
                latencies,
            };
            lanes.insert(lane, totals);
        }
        Ok(ArmRestart {
            arm,
            start_up_ns: nanoseconds(self.start_up),
            // Of processes among others of their program; see `crate::cost`.
            idle: None,
            loaded: None,
            lanes,
        })
    }
}

/// How a plan has servers of the command line loaded before they are measured.
pub(super) fn warm_up(plan: &Plan) -> Option<(usize, Duration)> {
    let custom = plan.custom.as_ref()?;
    let length = Duration::from_millis(custom.warm_up_ms);
    Some((plan.connections, length))
}

fn entry(measured: &Measured, lane: Lane, cost: SliceCost) -> Slice {
    Slice {
        block: 0,
        position: 0,
        arm: 0,
        lane,
        requests: measured.requests,
        window_ns: nanoseconds(measured.window),
        total_requests: measured.total_requests,
        total_ns: nanoseconds(measured.total),
        cpu_ns: cost.cpu.map(|cpu| cpu.total),
        busy_ns: cost.busy_ns,
        mean_ns: measured.latency.mean() as u64,
        p50_ns: measured.latency.value_at_quantile(0.50),
        p99_ns: measured.latency.value_at_quantile(0.99),
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::host::LocalHost;
    use crate::measure::client::IDLE;
    use crate::testing::stand_in::{HELLO, StandIn, anywhere, response};

    const LOAD: LaneLoad = LaneLoad {
        connections: 1,
        slice_ms: 1,
        ramp_ms: 0,
    };

    /// One request, at once.
    const OFFER: Offer = Offer {
        per_second: 1000.0,
        phase: 0.0,
        ramp: Duration::ZERO,
        window: Duration::from_millis(1),
    };

    fn server() -> StandIn {
        StandIn::answering(|head| {
            let close = head.contains("Connection: close");
            let fields = if close { "\r\nConnection: close" } else { "" };
            response(200, &format!("application/json{fields}"), HELLO)
        })
    }

    /// One with a connection.
    fn begin(server: &StandIn) -> Life {
        let start = Start {
            workers: 1,
            lanes: &[Lane::Item, Lane::Connect],
            model: &Model::embedded(),
            locales: None,
            expected: None,
            warm_up: None,
            answers_alike: false,
            database: None,
        };
        let placement = anywhere();
        let place = Place {
            host: &LocalHost::new(&placement),
            placement: &placement,
        };
        let begun = Life::begin(&start, &server.subject(), place).unwrap();
        let mut life = begun.whole().unwrap();
        life.connect(1).unwrap();
        life
    }

    #[test]
    fn only_a_closed_loop_on_the_held_connections_uses_them_all() {
        let server = server();
        let mut life = begin(&server);
        // Later than any other moment of this test, so that nothing is opened anew.
        let later = Instant::now() + Duration::from_secs(3600);
        *life.client.used() = later;
        life.open_loop(Lane::Item, OFFER).unwrap();
        life.slice(LOAD, Lane::Connect).unwrap();
        assert_eq!(*life.client.used(), later);
        life.slice(LOAD, Lane::Item).unwrap();
        assert_ne!(*life.client.used(), later);
        life.end(0).unwrap();
    }

    #[test]
    fn either_loop_has_connections_that_were_not_idle() {
        let server = server();
        let mut life = begin(&server);
        life.slice(LOAD, Lane::Item).unwrap();
        let at_first = server.accepted();
        *life.client.used() -= 2 * IDLE;
        life.slice(LOAD, Lane::Item).unwrap();
        assert_eq!(server.accepted(), at_first + 1);
        *life.client.used() -= 2 * IDLE;
        life.open_loop(Lane::Item, OFFER).unwrap();
        assert_eq!(server.accepted(), at_first + 2);
    }
}
