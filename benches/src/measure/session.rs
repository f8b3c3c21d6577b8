//! One restart after the other.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use quartet_record::plan::{ArmRole, Cell, Held, Lane, Plan, Restart};
use quartet_record::{ArmRestart, Exclusion, RestartRecord, now};

use super::life::{Begun, Life, Start, warm_up};
use super::load::{Load, watch};
use super::measurement::{Measurement, Place};
use crate::cores::Placement;
use crate::host::Host;
use crate::locales::Locales;
use crate::progress::Progress;
use crate::watch::Watch;

/// How long after a failure to wait for its reason: Ctrl-C reaches servers and this process at
/// once, so that a server may be the first to end.
const AFTERTHOUGHT: Duration = Duration::from_millis(200);

/// A measurement under way.
pub(super) struct Session<'a> {
    measurement: &'a Measurement<'a>,
    pub(super) plan: &'a Plan,
    pub(super) progress: Progress,
    /// Arms that failed: what failed once is not started again.
    failed: Vec<bool>,
    /// Arms that failed in one lane.
    failed_lanes: HashSet<(usize, Lane)>,
    /// What servers of the lane `large` are started with.
    locales: Option<Locales>,
    /// Why arms failed, for the record to take over.
    pub(super) exclusions: Vec<Exclusion>,
}

/// The processes of one restart, by arm.
struct Lives {
    usual: Vec<Option<Life>>,
    /// Those that serve the data file of the lane `large`.
    large: Vec<Option<Life>>,
    /// Those that read from a database.
    over_database: Vec<Option<Life>>,
    /// Those that serve the content of the lane `custom` and nothing else.
    content: Vec<Option<Life>>,
}

impl Lives {
    fn all(&self) -> impl Iterator<Item = &Life> {
        let further = self.large.iter().chain(&self.over_database);
        let further = further.chain(&self.content);
        self.usual.iter().chain(further).flatten()
    }

    fn of(&mut self, cell: Cell) -> &mut Option<Life> {
        match cell.lane {
            Lane::Large => &mut self.large[cell.arm],
            lane if lane.is_over_database() => &mut self.over_database[cell.arm],
            Lane::Custom if self.content[cell.arm].is_some() => &mut self.content[cell.arm],
            _ => &mut self.usual[cell.arm],
        }
    }
}

impl<'a> Session<'a> {
    /// One in which the lanes that are excluded already are not measured again.
    pub(super) fn begin(
        measurement: &'a Measurement<'a>,
        plan: &'a Plan,
        held: Held,
        exclusions: &[Exclusion],
    ) -> Result<Self> {
        let failed = measurement.subjects.iter().map(Option::is_none).collect();
        let failed_lanes = exclusions
            .iter()
            .filter_map(|exclusion| Some((exclusion.arm, exclusion.lane?)));
        let progress = Progress::begin(plan.expected_rest(held))?;
        let large = plan.lanes.contains(&Lane::Large);
        Ok(Self {
            measurement,
            plan,
            progress,
            failed,
            failed_lanes: failed_lanes.collect(),
            locales: large.then(Locales::write).transpose()?,
            exclusions: Vec::new(),
        })
    }

    pub(super) fn end(self) {
        self.progress.end();
    }

    /// What to watch while slices are taken.
    pub(super) fn watch(&self) -> Watch {
        watch(self.placement())
    }

    /// Starts everything afresh, takes every slice, and ends everything.
    pub(super) fn restart(&mut self, restart: &Restart, number: u32) -> Result<RestartRecord> {
        self.progress.restart(None, number, self.plan.restarts);
        let mut taken = RestartRecord {
            restart: number,
            started: now(),
            complete: false,
            start_order: restart.start_order.clone(),
            spawn_ns: self.measurement.host.cost_of_a_process(),
            machine: None,
            arms: Vec::new(),
            slices: Vec::new(),
        };
        let mut lives = self.start(restart, number);
        if !self.interrupted() {
            let watch = self.watch();
            let database = self.measurement.database;
            let host = self.host();
            let load = Load::begin(host, &watch, lives.all(), database);
            let load = self.unless_lost(load)?;
            self.take_slices(restart, number, &mut lives, &mut taken);
            if let Some(load) = load.filter(|_| !self.interrupted()) {
                taken.machine = self.unless_lost(load.end(lives.all()))?;
                taken.complete = taken.machine.is_some();
            }
        }
        let mut arms = BTreeMap::new();
        let usual = lives.usual.into_iter().enumerate();
        let large = lives.large.into_iter().enumerate();
        let over_database = lives.over_database.into_iter().enumerate();
        let content = lives.content.into_iter().enumerate();
        for (arm, life) in usual.chain(large).chain(over_database).chain(content) {
            let Some(life) = life else { continue };
            match life.end(arm) {
                Ok(ended) => join(&mut arms, ended),
                Err(error) => self.fail(arm, None, number, &error),
            }
        }
        taken.arms = arms.into_values().collect();
        Ok(taken)
    }

    fn start(&mut self, restart: &Restart, number: u32) -> Lives {
        let none = || self.failed.iter().map(|_| None).collect();
        let mut lives = Lives {
            usual: none(),
            large: none(),
            over_database: none(),
            content: none(),
        };
        for &arm in &restart.start_order {
            if self.interrupted() {
                break;
            }
            let usual = self.start_usual(arm);
            lives.usual[arm] = self.survivor(arm, None, number, usual);
            self.progress.done(self.plan.start_length(arm));
            if self.plan.takes_part(arm, Lane::Large) {
                let large = self.start_large(arm);
                lives.large[arm] = self.survivor(arm, Some(Lane::Large), number, large);
                self.progress.done(self.plan.start_length(arm));
            }
            let mut lanes = Lane::OVER_DATABASE.into_iter();
            if let Some(lane) = lanes.find(|&lane| self.plan.takes_part(arm, lane)) {
                let begun = self.start_over_database(arm);
                lives.over_database[arm] = self.survivor(arm, Some(lane), number, begun);
                self.progress.done(self.plan.start_length(arm));
            }
            if self.serves_content_apart(arm) {
                let begun = self.start_content(arm);
                lives.content[arm] = self.survivor(arm, Some(Lane::Custom), number, begun);
            }
        }
        lives
    }

    /// The process that was started. Notes the lanes that failed or, where the server did, the one
    /// lane or all that it was started for.
    fn survivor(
        &mut self,
        arm: usize,
        lane: Option<Lane>,
        restart: u32,
        begun: Result<Option<Begun>>,
    ) -> Option<Life> {
        match begun {
            Ok(begun) => {
                let Begun { life, failed } = begun?;
                self.fail_lanes(arm, restart, failed);
                life
            }
            Err(error) => {
                self.fail(arm, lane, restart, &error);
                None
            }
        }
    }

    /// Notes lanes that failed, or the arm where no lane of it is left.
    fn fail_lanes(&mut self, arm: usize, restart: u32, failed: Vec<(Lane, Error)>) {
        let has_failed = |lane| failed.iter().any(|&(one, _)| one == lane);
        let mut lanes = self.plan.lanes.iter();
        let any_left = lanes.any(|&lane| self.goes_on(arm, lane) && !has_failed(lane));
        for (lane, error) in failed {
            // A lane may be asked that is not measured.
            if self.goes_on(arm, lane) {
                self.fail(arm, any_left.then_some(lane), restart, &error);
            }
        }
    }

    fn start_usual(&self, arm: usize) -> Result<Option<Begun>> {
        let mut lanes: Vec<Lane> = self
            .plan
            .lanes
            .iter()
            .copied()
            .filter(|&lane| self.is_usual(arm, lane) && self.goes_on(arm, lane))
            .collect();
        // It has a process apart for that lane, or answers nothing else.
        if lanes.is_empty() && self.plan.takes_part(arm, Lane::Custom) {
            return Ok(None);
        }
        if lanes.is_empty() {
            // Its start-up is of interest all the same.
            lanes.push(Lane::Item);
        }
        let mut begun = self.start_one(arm, &lanes, None)?;
        if let Some(life) = begun.as_mut().and_then(|begun| begun.life.as_mut()) {
            life.connect(self.plan.connections)?;
        }
        Ok(begun)
    }

    fn start_over_database(&self, arm: usize) -> Result<Option<Begun>> {
        let lanes = Lane::OVER_DATABASE.into_iter();
        let lanes: Vec<Lane> = lanes.filter(|&lane| self.goes_on(arm, lane)).collect();
        let Some(&first) = lanes.first() else {
            return Ok(None);
        };
        let mut begun = self.start_one(arm, &lanes, None)?;
        if let Some(life) = begun.as_mut().and_then(|begun| begun.life.as_mut()) {
            life.connect(self.plan.load(first).connections)?;
        }
        Ok(begun)
    }

    /// Whether a lane is one of the process that an arm has for most.
    fn is_usual(&self, arm: usize, lane: Lane) -> bool {
        let subject = self.measurement.subjects[arm].as_ref();
        subject.is_some_and(|subject| subject.answers_by_itself(lane))
    }

    /// Whether an arm has a process for the lane `custom` alone.
    fn serves_content_apart(&self, arm: usize) -> bool {
        self.plan.takes_part(arm, Lane::Custom) && !self.is_usual(arm, Lane::Custom)
    }

    fn start_content(&self, arm: usize) -> Result<Option<Begun>> {
        if !self.goes_on(arm, Lane::Custom) {
            return Ok(None);
        }
        let mut begun = self.start_one(arm, &[Lane::Custom], None)?;
        if let Some(life) = begun.as_mut().and_then(|begun| begun.life.as_mut()) {
            life.connect(self.plan.load(Lane::Custom).connections)?;
        }
        Ok(begun)
    }

    fn start_large(&self, arm: usize) -> Result<Option<Begun>> {
        let Some(locales) = self
            .locales
            .as_ref()
            .filter(|_| self.goes_on(arm, Lane::Large))
        else {
            return Ok(None);
        };
        let mut begun = self.start_one(arm, &[Lane::Large], Some(locales))?;
        if let Some(life) = begun.as_mut().and_then(|begun| begun.life.as_mut()) {
            life.connect(self.plan.load(Lane::Large).connections)?;
        }
        Ok(begun)
    }

    /// Starts an arm's server for these lanes. None where the arm is excluded.
    pub(super) fn start_one(
        &self,
        arm: usize,
        lanes: &[Lane],
        locales: Option<&Locales>,
    ) -> Result<Option<Begun>> {
        let workers = self.plan.workers;
        self.start_at(self.measurement.place(), workers, (arm, lanes), locales)
    }

    /// The same in another place than the comparison's, with so many workers.
    pub(super) fn start_at(
        &self,
        place: Place<'_>,
        workers: usize,
        (arm, lanes): (usize, &[Lane]),
        locales: Option<&Locales>,
    ) -> Result<Option<Begun>> {
        let subject = self.measurement.subjects[arm].as_ref();
        let Some(subject) = subject.filter(|_| !self.failed[arm]) else {
            return Ok(None);
        };
        let start = Start {
            workers,
            lanes,
            model: locales.map_or(self.measurement.model, |locales| &locales.model),
            locales,
            expected: self.measurement.expected,
            warm_up: warm_up(self.plan),
            answers_alike: self.plan.arms[arm].role == ArmRole::Floor,
            database: self
                .measurement
                .database
                .filter(|_| lanes.iter().any(|lane| lane.is_over_database())),
        };
        Life::begin(&start, subject, place).map(Some)
    }

    fn take_slices(
        &mut self,
        restart: &Restart,
        number: u32,
        lives: &mut Lives,
        taken: &mut RestartRecord,
    ) {
        for (turns, block) in restart.blocks.iter().zip(0..) {
            for (cell, position) in turns.iter().zip(0..) {
                if self.interrupted() {
                    return;
                }
                self.progress.done(self.plan.slice_length(*cell));
                let place = lives.of(*cell);
                let life = place.as_mut().filter(|_| self.goes_on(cell.arm, cell.lane));
                let Some(life) = life else {
                    continue;
                };
                let load = self.plan.load(cell.lane);
                match life.slice(load, cell.lane) {
                    Ok(mut slice) => {
                        (slice.block, slice.position, slice.arm) = (block, position, cell.arm);
                        taken.slices.push(slice);
                    }
                    Err(error) => {
                        let path = self.plan.path(cell.lane);
                        let method = cell.lane.posted().map_or("GET", |_| "POST");
                        let error = error.context(format!("{method} {path}"));
                        // The other lanes need connections that work.
                        let again = life.connect(load.connections);
                        self.fail(cell.arm, Some(cell.lane), number, &error);
                        if let Err(error) = again {
                            *lives.of(*cell) = None;
                            if self.is_usual(cell.arm, cell.lane) {
                                self.fail(cell.arm, None, number, &error);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether an arm is measured in a lane and has not failed in it.
    fn goes_on(&self, arm: usize, lane: Lane) -> bool {
        self.plan.takes_part(arm, lane) && !self.has_failed(arm, lane)
    }

    /// Whether an arm has failed, in a lane or in all.
    pub(super) fn has_failed(&self, arm: usize, lane: Lane) -> bool {
        self.failed[arm] || self.failed_lanes.contains(&(arm, lane))
    }

    /// Where servers and generator are in the comparison.
    pub(super) fn placement(&self) -> &'a Placement {
        self.measurement.placement
    }

    /// Notes a failure, in one lane or in all, unless the wish to stop explains it.
    fn fail(&mut self, arm: usize, lane: Option<Lane>, restart: u32, error: &Error) {
        let Some(reason) = self.reason(error) else {
            return;
        };
        let name = &self.plan.arms[arm].name;
        match lane {
            Some(lane) => {
                let lane_name = lane.name();
                self.progress
                    .say(&format!("{name}, {lane_name}, is excluded: {reason}"));
                self.failed_lanes.insert((arm, lane));
            }
            None => {
                self.progress.say(&format!("{name} is excluded: {reason}"));
                self.failed[arm] = true;
            }
        }
        self.exclusions.push(Exclusion {
            arm,
            restart: Some(restart),
            lane,
            reason,
        });
    }

    /// What went wrong, as a sentence; none where the wish to stop explains it, or the servers' machine is lost.
    pub(super) fn reason(&self, error: &Error) -> Option<String> {
        if self.measurement.host.look().is_some() {
            return None;
        }
        let deadline = Instant::now() + AFTERTHOUGHT;
        while !self.interrupted() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        (!self.interrupted()).then(|| format!("{error:#}"))
    }

    /// What servers are started by.
    pub(super) fn host(&self) -> &'a dyn Host {
        self.measurement.host
    }

    /// Whether nothing more can or is to be measured.
    pub(super) fn interrupted(&self) -> bool {
        self.measurement.interrupt.requested() || self.measurement.host.lost().is_some()
    }

    /// What was done, or nothing where it failed because the servers' machine is lost.
    pub(super) fn unless_lost<T>(&self, done: Result<T>) -> Result<Option<T>> {
        match done {
            Ok(done) => Ok(Some(done)),
            Err(_) if self.measurement.host.look().is_some() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Starts every arm for one lane, in this order, with what happened to each: a mode's restart.
    pub(super) fn start_for_mode(
        &mut self,
        start_order: &[usize],
        lane: Lane,
        mut failed: impl FnMut(usize, String),
    ) -> Vec<Option<Life>> {
        let mut lives: Vec<Option<Life>> = self.failed.iter().map(|_| None).collect();
        for &arm in start_order {
            if self.interrupted() {
                break;
            }
            if !self.plan.takes_part(arm, lane) {
                continue;
            }
            self.progress.done(self.plan.start_length(arm));
            if !self.goes_on(arm, lane) {
                continue;
            }
            let begun = self.start_one(arm, &[lane], None);
            match begun.and_then(|begun| begun.map(Begun::whole).transpose()) {
                Ok(life) => lives[arm] = life,
                Err(error) => {
                    if let Some(reason) = self.reason(&error) {
                        failed(arm, reason);
                    }
                }
            }
        }
        lives
    }

    /// Ends what a mode started. What was measured of a server that does not end counts all the same.
    pub(super) fn end_of_mode(&self, lives: Vec<Option<Life>>) {
        for (arm, life) in lives.into_iter().enumerate() {
            let ended = life.map(|life| life.end(arm));
            if let Some(Err(error)) = ended
                && let Some(reason) = self.reason(&error)
            {
                let name = &self.plan.arms[arm].name;
                self.progress.say(&format!("{name}: {reason}"));
            }
        }
    }
}

/// Enters what ended: the first process of an arm with all that is known of it, of another its
/// lanes alone.
fn join(arms: &mut BTreeMap<usize, ArmRestart>, ended: ArmRestart) {
    match arms.get_mut(&ended.arm) {
        Some(entry) => entry.lanes.extend(ended.lanes),
        None => {
            arms.insert(ended.arm, ended);
        }
    }
}
