//! The catalogue of cases, one module an area.

mod contract;

use crate::Case;

/// The areas in the order reports have them.
const AREAS: &[&[Case]] = &[contract::CASES];

/// Every case, in the order reports have them.
pub fn all() -> impl Iterator<Item = &'static Case> {
    AREAS.iter().copied().flatten()
}
