//! What a measurement works with. It knows nothing of how it goes.

use quartet_conformance::Model;

use crate::cores::Placement;
use crate::database::Database;
use crate::exec::Expected;
use crate::host::Host;
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
    /// Where the generator runs, and the servers where they are on this machine.
    pub placement: &'a Placement,
    /// What servers are started by.
    pub(crate) host: &'a dyn Host,
    /// The answers that are right.
    pub model: &'a Model,
    /// Whether to stop early.
    pub interrupt: &'a Interrupt,
}

impl<'a> Measurement<'a> {
    /// Where servers are started and loaded from.
    pub(crate) fn place(&self) -> Place<'a> {
        Place {
            host: self.host,
            placement: self.placement,
        }
    }
}

/// Where servers are started and loaded from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// What servers are started by.
    pub(crate) host: &'a dyn Host,
    /// Where the generator runs, and the servers where they are on this machine.
    pub(crate) placement: &'a Placement,
}
