//! Going on with a run that ended before its time.

use std::collections::BTreeMap;
use std::path::Path;

use quartet_conformance::servers::Catalogue;
use quartet_record::machine::Machine;
use quartet_record::variant::VariantSource;
use quartet_record::{Exclusion, PACKED_NAME, PLAIN_NAME, Record, ServerRecord, State, now};

use super::begun::Run;
use super::claim::Claim;
use super::options::Options;
use super::planned::plans_database;
use crate::database::Database;
use crate::environment::Private;
use crate::exec::Own;
use crate::failure::{Failure, named};
use crate::host::{Host, Site, Wishes};
use crate::interrupt::Interrupt;
use crate::prepare::prepare;
use crate::shell::quoted;
use crate::subject::Subject;
use crate::variant;

impl Run {
    /// The run of a record, given its file or its directory.
    ///
    /// # Errors
    /// Where there is none, another process is measuring it, it is complete, or it was begun on
    /// another machine: restarts of two machines are no sample of either.
    pub(crate) fn again(options: &Options, record: &Path) -> Result<Self, Failure> {
        let mut catalogue = options.catalogue()?;
        let file = Record::file(record);
        named(&file)?;
        let directory = match file.parent() {
            Some(parent) if file.ends_with(PACKED_NAME) || file.ends_with(PLAIN_NAME) => parent,
            _ => {
                let sentence = format!("{} is not a {PACKED_NAME} or {PLAIN_NAME}", file.display());
                return Err(Failure::Usage(sentence));
            }
        };
        // A relative path's parent may be empty, which is here.
        let directory = if directory.as_os_str().is_empty() {
            Path::new(".")
        } else {
            directory
        };
        let claim = Claim::again(directory)?;
        // Not before: whoever had it until now may have written more.
        let mut record = named(directory)?;
        let is_left = may_be_gone_on_with(&record, options.via().any());
        is_left.map_err(Failure::Usage)?;
        let private = Private::here(catalogue.root());
        let site = options.via().site(wishes(&record), &private)?;
        is_where_it_was(&record, &site).map_err(Failure::Usage)?;
        has_cores(&record, &site.placement.usable).map_err(Failure::Usage)?;
        let own = options.own()?;
        Own::same_as(own.as_ref(), &record, &private).map_err(Failure::Usage)?;
        if let Some(own) = &own {
            own.enter(&mut catalogue).map_err(Failure::Usage)?;
        }
        variant::enter_again(&mut catalogue, &record.plan.arms).map_err(Failure::Usage)?;
        if plans_database(&record.plan) {
            Database::look()?;
        }
        record.state = State::Running;
        record.resumed.push(now());
        Ok(Self {
            catalogue,
            site,
            claim,
            record,
            own,
            blocks: None,
        })
    }
}

/// Whether anything is left to measure, and servers are started as they were.
fn may_be_gone_on_with(record: &Record, by_agent: bool) -> Result<(), String> {
    if record.state == State::Complete {
        return Err("the run is complete; nothing remains to measure".to_owned());
    }
    match (&record.servers_via, by_agent) {
        (Some(via), false) => Err(format!(
            "the run was started with --servers-via {}; --resume needs it again",
            quoted(&via.command)
        )),
        (None, true) => Err("the run was started without --servers-via".to_owned()),
        _ => Ok(()),
    }
}

/// Whether servers and generator are on the machines that the run was begun on.
fn is_where_it_was(record: &Record, site: &Site) -> Result<(), String> {
    is_same(&record.machine, &site.machine, "")?;
    if let (Some(then), Some(now)) = (&record.servers_via, &site.via) {
        is_same(&then.generator, &now.generator, " with its load generator")?;
        if (then.same_machine, then.loopback) != (now.same_machine, now.loopback) {
            return Err("the servers are not where they were when the run was started".to_owned());
        }
    }
    Ok(())
}

/// Whether the cores are still to be had that more workers are measured on.
fn has_cores(record: &Record, usable: &[usize]) -> Result<(), String> {
    let levels = record.plan.scaling.iter().flat_map(|it| &it.levels);
    let mut cores =
        levels.flat_map(|level| level.server_cores.iter().chain(&level.generator_cores));
    match cores.find(|core| !usable.contains(core)) {
        Some(core) => Err(format!(
            "core {core}, which the run was started on, is not available to this process"
        )),
        None => Ok(()),
    }
}

fn is_same(then: &Machine, now: &Machine, what: &str) -> Result<(), String> {
    if now.processor.is_none() && then == now {
        return Err(format!(
            "the run was started{what} on {}; unknown whether that is this machine",
            now.sentence()
        ));
    }
    if then != now {
        return Err(format!(
            "the run was started{what} on another machine: {}; this is {}",
            then.sentence(),
            now.sentence()
        ));
    }
    Ok(())
}

/// The cores that a run was begun on.
fn wishes(record: &Record) -> Wishes<'_> {
    let plan = &record.plan;
    Wishes {
        server: wish(&plan.server_cores),
        generator: wish(&plan.generator_cores),
        shared: plan.shares_a_core() && !record.is_over_two_machines(),
        again: true,
    }
}

/// The cores to ask for, if the run was confined to any.
fn wish(cores: &[usize]) -> Option<&[usize]> {
    (!cores.is_empty()).then_some(cores)
}

/// Builds and gates once more, and sees to it that these are the programs the run was begun with.
/// What was excluded remains so.
pub(super) fn prepare_again<'a>(
    catalogue: &'a Catalogue,
    sources: &BTreeMap<String, VariantSource>,
    host: &dyn Host,
    interrupt: &Interrupt,
    record: &mut Record,
) -> Result<Vec<Option<Subject<'a>>>, Failure> {
    let servers = std::mem::take(&mut record.servers);
    let exclusions = std::mem::take(&mut record.exclusions);
    let mut subjects = prepare(catalogue, sources, host, interrupt, record);
    let now = std::mem::replace(&mut record.servers, servers);
    let new = std::mem::replace(&mut record.exclusions, exclusions);
    if interrupt.requested() || host.lost().is_some() {
        return Ok(subjects);
    }
    same_programs(&record.servers, &now).map_err(Failure::Usage)?;
    add(&mut record.exclusions, new);
    drop_excluded(&mut subjects, &record.exclusions);
    Ok(subjects)
}

/// Adds what is excluded now, unless it was known to be.
fn add(known: &mut Vec<Exclusion>, new: Vec<Exclusion>) {
    for exclusion in new {
        let same = |one: &Exclusion| (one.arm, one.lane) == (exclusion.arm, exclusion.lane);
        if !known.iter().any(same) {
            known.push(exclusion);
        }
    }
}

/// Takes away arms that are excluded in every lane. The others go on in those that are not.
fn drop_excluded<T>(subjects: &mut [Option<T>], exclusions: &[Exclusion]) {
    for exclusion in exclusions
        .iter()
        .filter(|exclusion| exclusion.lane.is_none())
    {
        if let Some(subject) = subjects.get_mut(exclusion.arm) {
            *subject = None;
        }
    }
}

fn same_programs(then: &[ServerRecord], now: &[ServerRecord]) -> Result<(), String> {
    for server in then {
        let hash = |server: &ServerRecord| Some(server.program.as_ref()?.sha256.clone());
        let found = now.iter().find(|found| found.name == server.name);
        if found.and_then(hash) != hash(server) {
            return Err(format!(
                "{} is not the program that the run was started with; start a new run",
                server.name
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::plan::Lane;
    use quartet_record::testing::record;

    #[test]
    fn a_run_goes_on_where_it_was_begun_and_only_if_something_is_left() {
        let mut record = record();
        let machine = record.machine.clone();
        let complete = may_be_gone_on_with(&record, false).unwrap_err();
        assert!(
            complete.contains("nothing remains to measure"),
            "{complete}"
        );
        record.state = State::Interrupted;
        assert_eq!(may_be_gone_on_with(&record, false), Ok(()));
        assert_eq!(is_same(&record.machine, &machine, ""), Ok(()));
        let other = Machine {
            cores: 3,
            ..machine
        };
        let elsewhere = is_same(&record.machine, &other, "").unwrap_err();
        assert!(
            elsewhere.contains("another machine") && elsewhere.contains("3 cores"),
            "{elsewhere}"
        );
    }

    #[test]
    fn servers_are_started_again_as_they_were() {
        let mut record = record();
        record.state = State::Interrupted;
        assert!(may_be_gone_on_with(&record, true).is_err());
        record.servers_via = Some(quartet_record::ServersVia {
            command: "ssh …".to_owned(),
            generator: record.machine.clone(),
            same_machine: false,
            loopback: false,
            round_trip_ns: 50_000,
        });
        assert_eq!(may_be_gone_on_with(&record, true), Ok(()));
        let without = may_be_gone_on_with(&record, false).unwrap_err();
        assert!(
            without.ends_with("--servers-via 'ssh …'; --resume needs it again"),
            "{without}"
        );
    }

    #[test]
    fn a_run_does_not_go_on_where_nothing_tells_the_machine() {
        let mut record = record();
        record.state = State::Interrupted;
        record.machine.processor = None;
        let refused = is_same(&record.machine, &record.machine, "").unwrap_err();
        assert!(refused.contains("unknown whether"), "{refused}");
    }

    fn exclusion(arm: usize, lane: Option<Lane>, reason: &str) -> Exclusion {
        Exclusion {
            arm,
            restart: None,
            lane,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn an_excluded_lane_does_not_end_its_arm() {
        let mut subjects = [Some(()), Some(()), Some(())];
        let exclusions = [exclusion(0, Some(Lane::Miss), ""), exclusion(2, None, "")];
        drop_excluded(&mut subjects, &exclusions);
        assert_eq!(subjects, [Some(()), Some(()), None]);
    }

    #[test]
    fn what_is_excluded_is_said_once_for_each_lane() {
        let mut known = vec![
            exclusion(0, Some(Lane::Miss), "then"),
            exclusion(1, None, "then"),
        ];
        add(
            &mut known,
            vec![exclusion(0, None, "now"), exclusion(1, None, "now")],
        );
        let reasons: Vec<_> = known
            .iter()
            .map(|exclusion| (exclusion.arm, exclusion.lane, exclusion.reason.as_str()))
            .collect();
        assert_eq!(
            reasons,
            [
                (0, Some(Lane::Miss), "then"),
                (1, None, "then"),
                (0, None, "now")
            ]
        );
    }

    #[test]
    fn programs_are_told_by_their_hashes() {
        let then = record().servers;
        assert_eq!(same_programs(&then, &then), Ok(()));
        let mut now = then.clone();
        now[1].program.as_mut().unwrap().sha256 = "cd".repeat(32);
        let changed = same_programs(&then, &now).unwrap_err();
        assert!(changed.starts_with("warp is not the program"), "{changed}");
        now.truncate(1);
        assert!(same_programs(&then, &now).is_err());
    }
}
