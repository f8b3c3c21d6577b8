//! One server under load, for as long as it is looked at.

use std::time::{Duration, Instant};

use anyhow::Result;
use quartet_conformance::Model;
use quartet_record::plan::{Lane, LaneLoad};

use super::life::{Life, Start};
use super::measurement::Place;
use crate::cores::Placement;
use crate::host::LocalHost;
use crate::interrupt::Interrupt;
use crate::locales::Locales;
use crate::subject::Subject;

/// How long it is loaded at a time, between looks at the clock.
const TURN_MS: u64 = 200;

/// What to hold a server under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    /// The kind of request.
    pub(crate) lane: Lane,
    /// Connections, each with one request in flight.
    pub(crate) connections: usize,
    /// Worker threads of the server.
    pub(crate) workers: usize,
    /// For how long.
    pub(crate) length: Duration,
}

impl Hold {
    /// Starts a server, tells its process, and loads it. Gives the requests per second that were answered.
    ///
    /// # Errors
    /// Where it does not run, or answers wrongly.
    pub(crate) fn run(
        self,
        subject: &Subject<'_>,
        placement: &Placement,
        interrupt: &Interrupt,
        begun: impl FnOnce(u32) -> Result<()>,
    ) -> Result<f64> {
        let locales = (self.lane == Lane::Large)
            .then(Locales::write)
            .transpose()?;
        let embedded = Model::embedded();
        let start = Start {
            workers: self.workers,
            lanes: &[self.lane],
            model: locales.as_ref().map_or(&embedded, |locales| &locales.model),
            locales: locales.as_ref(),
            expected: None,
            warm_up: None,
            answers_alike: subject.server.name == "null",
            database: None,
        };
        let place = Place {
            host: &LocalHost::new(placement),
            placement,
        };
        let mut life = Life::begin(&start, subject, place)?.whole()?;
        if self.lane != Lane::Connect {
            life.connect(self.connections)?;
        }
        begun(life.pid())?;
        placement.confine_generator()?;
        let load = LaneLoad {
            connections: self.connections,
            slice_ms: TURN_MS,
            ramp_ms: 0,
        };
        let since = Instant::now();
        let mut requests = 0;
        while since.elapsed() < self.length && !interrupt.requested() {
            requests += life.slice(load, self.lane)?.total_requests;
        }
        let rate = requests as f64 / since.elapsed().as_secs_f64();
        life.end(0)?;
        Ok(rate)
    }
}
