//! Measuring what a run plans.

use quartet_conformance::Model;
use quartet_record::plan::{ArmRole, Plan};
use quartet_record::{Record, State};

use super::begun::Run;
use super::planned::plans_database;
use super::resume::prepare_again;
use super::warnings::{shared, warnings};
use crate::cores::Usable;
use crate::cost::{self, Costing};
use crate::database::Database;
use crate::failure::Failure;
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::measure::Measurement;
use crate::prepare::{CustomLane, prepare, prepare_over_database};
use crate::shell::quoted;
use crate::variant;

impl Run {
    /// Measures what the plan has and the record has not, and what servers cost besides, if asked
    /// to. What was measured is in the record and in its file, however this ends.
    ///
    /// # Errors
    /// Where nothing remains to measure, what is to be gone on with is not what was begun, or this
    /// process itself is at fault.
    pub(crate) fn measure(&mut self, cost: Option<cost::Options>) -> Result<(), Failure> {
        let interrupt = Interrupt::listen()?;
        let model = Model::embedded();
        if let Some(own) = &self.own {
            // Before anything is built, which takes long.
            own.try_each(self.record.plan.workers, &self.site.placement, &interrupt)?;
        }
        let arms = self.record.plan.arms.iter();
        let names = arms.map(|arm| arm.server.as_str());
        let sources = variant::sources(&self.catalogue, names, &interrupt)?;
        let mut database = match plans_database(&self.record.plan) {
            true => Some(Database::start(&self.site.placement)?),
            false => None,
        };
        let host: &dyn Host = &*self.site.host;
        let mut subjects = match self.blocks {
            None => prepare_again(
                &self.catalogue,
                &sources,
                host,
                &interrupt,
                &mut self.record,
            )?,
            Some(_) => prepare(
                &self.catalogue,
                &sources,
                host,
                &interrupt,
                &mut self.record,
            ),
        };
        if interrupt.requested() {
            return Err(Failure::Interrupted);
        }
        self.unless_lost()?;
        if let Some(database) = &mut database {
            let record = &mut self.record;
            let (catalogue, subjects) = (&self.catalogue, &mut subjects);
            let prepared =
                prepare_over_database(catalogue, database, &model, &interrupt, record, subjects);
            // Which may be why it failed.
            if interrupt.requested() {
                return Err(Failure::Interrupted);
            }
            prepared?;
        }
        if let Some(own) = &self.own {
            let begun = self.blocks.is_none();
            let custom = CustomLane {
                catalogue: &self.catalogue,
                expected: &own.expected,
                placement: &self.site.placement,
                interrupt: &interrupt,
            };
            custom.prepare(&mut self.record, &mut subjects, begun)?;
            if interrupt.requested() {
                return Err(Failure::Interrupted);
            }
        }
        let expected = self.own.as_ref().map(|own| &own.expected);
        let measurement = Measurement {
            subjects,
            expected,
            database: database.as_ref(),
            placement: &self.site.placement,
            host,
            model: &model,
            interrupt: &interrupt,
        };
        let anything = measurement
            .subjects
            .iter()
            .zip(&self.record.plan.arms)
            .any(|(subject, arm)| subject.is_some() && arm.role != ArmRole::Floor);
        if !anything {
            return Err(anyhow::anyhow!("nothing remains to measure").into());
        }
        if nothing_to_compare(&self.record.plan, &measurement.subjects) {
            self.record.state = State::Complete;
            return Ok(self.record.write(self.claim.directory()).map(drop)?);
        }
        eprintln!("measuring on {}", self.record.machine.sentence());
        for warning in &self.site.placement.warnings {
            eprintln!("{warning}");
        }
        let levels = self.record.plan.scaling.iter();
        for warning in levels.flat_map(|it| &it.levels).filter_map(shared) {
            eprintln!("{warning}");
        }
        // Before this thread is confined to the generator's core.
        let usable = Usable::now()?;
        if let Some(blocks) = self.blocks {
            let plan = &mut self.record.plan;
            measurement.look_for_slow_arms(plan)?;
            if interrupt.requested() {
                // Nothing is measured, and who goes on must not go by half a look.
                return Err(Failure::Interrupted);
            }
            self.unless_lost()?;
            let plan = &mut self.record.plan;
            plan.blocks = plan.blocks_near(blocks);
            self.record
                .warnings
                .extend(warnings(plan, &self.site.placement));
        }
        let output = self.claim.directory();
        let rest = self.rest();
        let keep = |record: &Record| {
            let written = record.write(output).map(drop);
            // Such as on a full disk: what was written before stays.
            written.map_err(|error| match Record::file(output).is_file() {
                true => anyhow::anyhow!("{error:#}; what was measured before is kept, and {rest}"),
                false => error,
            })
        };
        if self.blocks.is_none() {
            // What was packed becomes plain before there is more of it.
            keep(&self.record)?;
        }
        measurement.run(&mut self.record, keep)?;
        if let Some(options) = cost.filter(|_| !interrupt.requested() && host.lost().is_none()) {
            let costing = Costing {
                options,
                root: self.catalogue.root(),
                subjects: &measurement.subjects,
                placement: &self.site.placement,
                host,
                workers: self.record.plan.workers,
                usable: &usable,
                model: &model,
                expected,
                interrupt: &interrupt,
            };
            costing.measure(&mut self.record, keep)?;
        }
        // Not before: a run that is killed while costs are measured is to be gone on with.
        let ended_early = interrupt.requested() || host.lost().is_some();
        self.record.state = if ended_early {
            State::Interrupted
        } else {
            State::Complete
        };
        keep(&self.record)?;
        if interrupt.requested() {
            return Ok(());
        }
        self.unless_lost()
    }

    /// Goes on unless the servers' machine is lost.
    ///
    /// # Errors
    /// Where it is: one line that says why, and what to do.
    fn unless_lost(&self) -> Result<(), Failure> {
        let Some(reason) = self.site.host.lost() else {
            return Ok(());
        };
        let measured = self.record.restarts.iter().any(|restart| restart.complete);
        let rest = match measured {
            true => self.rest(),
            false => "nothing was measured".to_owned(),
        };
        Err(anyhow::anyhow!("{reason}; {rest}").into())
    }

    /// What measures the rest of this run.
    fn rest(&self) -> String {
        let via = match self.site.host.is_agent() {
            true => ", with --servers-via,",
            false => "",
        };
        format!(
            "`cargo compare --resume {}`{via} measures the rest",
            quoted(&self.claim.directory().to_string_lossy())
        )
    }
}

/// Whether a run is about variants alone, and has none.
fn nothing_to_compare<T>(plan: &Plan, subjects: &[Option<T>]) -> bool {
    let variants = plan.variants();
    let is_about_others = plan.arms.iter().any(|arm| arm.role == ArmRole::Compared);
    let runs = |arm: usize| subjects.get(arm).is_some_and(Option::is_some);
    !variants.is_empty()
        && !is_about_others
        && !variants.iter().any(|&(arm, base)| runs(arm) && runs(base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::record;
    use quartet_record::variant::Variant;

    #[test]
    fn without_a_variant_that_runs_there_is_nothing_to_compare() {
        let mut plan = record().plan;
        let mut subjects: Vec<Option<()>> = vec![Some(()); plan.arms.len()];
        subjects[1] = None;
        assert!(!nothing_to_compare(&plan, &subjects));
        plan.arms[1].variant = Some(Variant {
            of: plan.arms[0].server.clone(),
            differences: Vec::new(),
            against: Vec::new(),
            directory: None,
        });
        assert!(!nothing_to_compare(&plan, &subjects), "others are compared");
        for arm in &mut plan.arms {
            if arm.role == ArmRole::Compared {
                arm.role = ArmRole::Aside;
            }
        }
        assert!(nothing_to_compare(&plan, &subjects));
        subjects[1] = Some(());
        assert!(!nothing_to_compare(&plan, &subjects));
        subjects[0] = None;
        assert!(nothing_to_compare(&plan, &subjects));
    }
}
