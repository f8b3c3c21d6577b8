//! The faults, one module an area.

mod contract;
mod docs;
mod octets;
mod proxy;
mod security;
mod semantics;
mod wire;

use super::Fault;

const AREAS: &[&[Fault]] = &[
    contract::FAULTS,
    docs::FAULTS,
    docs::browser::FAULTS,
    semantics::head::FAULTS,
    semantics::methods::FAULTS,
    semantics::conditional::FAULTS,
    semantics::negotiation::FAULTS,
    semantics::requests::FAULTS,
    semantics::answers::FAULTS,
    semantics::targets::FAULTS,
    wire::host::FAULTS,
    proxy::FAULTS,
    security::FAULTS,
];

/// Every fault.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    AREAS.iter().copied().flatten()
}
