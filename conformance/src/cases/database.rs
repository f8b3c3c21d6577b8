//! The greetings in a PostgreSQL database that the suite starts, and what befalls that.

pub(super) mod again;
pub(super) mod connections;
pub(super) mod described;
pub(super) mod outages;
pub(super) mod requests;
pub(super) mod rows;
pub(super) mod secrets;
pub(super) mod seeding;
pub(super) mod statements;

mod pulse;
mod stage;
mod traffic;

use std::time::Duration;

use crate::{Case, Context, Need, Outcome};

/// Where these requirements come from.
const CONTRACT: &str = "the contract";

/// What a case of this area takes.
const NEEDS: &[Need] = &[Need::Process, Need::Postgres, Need::Database];

/// The same, with processes of PostgreSQL that are stopped one by one.
const NEEDS_PROC: &[Need] = &[Need::Process, Need::Postgres, Need::Database, Need::Usage];

const fn case(id: &'static str, requirement: &'static str, run: fn(&Context) -> Outcome) -> Case {
    Case::must(id, CONTRACT, requirement, run)
        .needing(NEEDS)
        .within(Duration::from_secs(90))
}
