//! The faults, one module an area.

mod contract;

use super::Fault;

const AREAS: &[&[Fault]] = &[contract::FAULTS];

/// Every fault.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    AREAS.iter().copied().flatten()
}
