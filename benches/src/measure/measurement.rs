//! What a measurement works with. It knows nothing of how it goes.

use quartet_conformance::Model;

use crate::cores::Placement;
use crate::database::Database;
use crate::exec::Expected;
use crate::interrupt::Interrupt;
use crate::subject::Subject;

/// What a measurement works with.
#[derive(Debug)]
pub struct Measurement<'a> {
    /// What each arm of the plan runs; none where it is excluded from the start.
    pub subjects: Vec<Option<Subject<'a>>>,
    /// What is right in the lane `custom`, where there is such.
    pub expected: Option<&'a Expected>,
    /// What servers read from in the lanes over a database, where there are such.
    pub database: Option<&'a Database>,
    /// Where servers and generator run.
    pub placement: &'a Placement,
    /// The answers that are right.
    pub model: &'a Model,
    /// Whether to stop early.
    pub interrupt: &'a Interrupt,
}
