//! What a run found, for people and for programs.

mod between;
mod finding;
pub mod html;
pub mod json;
pub mod junit;
mod matrix;
mod style;

use crate::differential::Between;
use crate::judgement::{Judged, Standing};

pub use finding::describe;
pub use matrix::{Detail, write_text};
pub use style::Style;

/// What was found of every target of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed of what was drawn at random.
    pub seed: u64,
    /// One entry a target, in the order they were tested.
    pub targets: Vec<TargetReport>,
    /// Servers that were asked for and could not be built here, and why, a sentence each.
    pub absent: Vec<String>,
    /// What was found between the targets, where they were compared.
    pub between: Option<Between>,
}

/// What was found of one target.
#[derive(Clone, Debug)]
pub struct TargetReport {
    /// Its name.
    pub name: String,
    /// The version of the framework it is built on, if that is known.
    pub version: Option<String>,
    /// What was found, in the catalogue's order.
    pub judged: Vec<Judged>,
}

impl Report {
    /// Whether every deviation is known, every known deviation occurs, and no two targets
    /// contradict each other.
    pub fn is_as_expected(&self) -> bool {
        let conflict = self.between.as_ref().and_then(|b| b.conflict.as_ref());
        if conflict.is_some() {
            return false;
        }
        let mut all = self.targets.iter().flat_map(|target| &target.judged);
        !all.any(|judged| judged.standing.is_failure())
    }
}

impl TargetReport {
    /// How many findings have this standing.
    pub fn count(&self, standing: Standing) -> usize {
        let has = |judged: &&Judged| judged.standing == standing;
        self.judged.iter().filter(has).count()
    }

    /// What was found in a case.
    pub fn find(&self, case: &str) -> Option<&Judged> {
        self.judged
            .iter()
            .find(|judged| judged.finding.case.id == case)
    }
}
