//! The faults, one module an area.

mod api;
mod contract;
mod data;
mod database;
mod docs;
mod lifecycle;
mod load;
mod octets;
mod problems;
mod proxy;
mod security;
mod semantics;
mod wire;

use super::Fault;

const AREAS: &[&[Fault]] = &[
    contract::FAULTS,
    data::FAULTS,
    problems::FAULTS,
    docs::FAULTS,
    docs::browser::FAULTS,
    docs::mode::FAULTS,
    api::FAULTS,
    semantics::head::FAULTS,
    semantics::methods::FAULTS,
    semantics::conditional::FAULTS,
    semantics::preconditions::FAULTS,
    semantics::negotiation::FAULTS,
    semantics::requests::FAULTS,
    semantics::answers::FAULTS,
    semantics::targets::FAULTS,
    semantics::everywhere::FAULTS,
    semantics::each_time::FAULTS,
    semantics::alike::FAULTS,
    semantics::ranges::FAULTS,
    wire::host::FAULTS,
    wire::request_line::FAULTS,
    wire::target::FAULTS,
    wire::fields::FAULTS,
    wire::limits::FAULTS,
    wire::framing::FAULTS,
    wire::chunked::FAULTS,
    wire::exchange::FAULTS,
    wire::connection::FAULTS,
    wire::upgrade::FAULTS,
    proxy::FAULTS,
    security::FAULTS,
    lifecycle::start::FAULTS,
    lifecycle::place::FAULTS,
    lifecycle::data::FAULTS,
    lifecycle::end::FAULTS,
    lifecycle::delay::FAULTS,
    lifecycle::slow::FAULTS,
    database::FAULTS,
    load::FAULTS,
];

/// Every fault.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    AREAS.iter().copied().flatten()
}

impl Fault {
    /// The fault of this name: the first of those that a case must find, `area/slug`, or the Nth,
    /// `area/slug:N`, counted from 1.
    pub fn named(name: &str) -> Option<&'static Self> {
        let (case, number) = match name.split_once(':') {
            Some((case, number)) => (case, number.parse().ok()?),
            None => (name, 1_usize),
        };
        all()
            .filter(|fault| fault.breaks == case)
            .nth(number.checked_sub(1)?)
    }

    /// The name of a fault.
    pub fn name(&self) -> String {
        let of_the_case = all().filter(|fault| fault.breaks == self.breaks);
        let before = of_the_case.take_while(|fault| fault.what != self.what);
        format!("{}:{}", self.breaks, before.count() + 1)
    }
}
