//! The catalogue of cases, one module an area.

mod api;
mod contract;
mod database;
mod docs;
mod everything;
mod lifecycle;
mod load;
mod processes;
mod proxy;
mod security;
mod semantics;
pub(crate) mod steps;
mod wire;

use crate::Case;

/// The areas in the order reports have them.
const AREAS: &[&[Case]] = &[
    contract::list::CASES,
    contract::item::CASES,
    contract::data::CASES,
    contract::errors::CASES,
    contract::statuses::CASES,
    contract::parallel::CASES,
    contract::generated::CASES,
    docs::page::CASES,
    docs::browser::CASES,
    docs::document::CASES,
    docs::truth::CASES,
    docs::mode::CASES,
    docs::printed::CASES,
    api::documented::CASES,
    api::methods::CASES,
    api::conditions::CASES,
    semantics::head::CASES,
    semantics::methods::CASES,
    semantics::conditional::CASES,
    semantics::preconditions::CASES,
    semantics::validators::CASES,
    semantics::negotiation::CASES,
    semantics::requests::CASES,
    semantics::answers::CASES,
    semantics::targets::CASES,
    semantics::everywhere::CASES,
    semantics::each_time::CASES,
    semantics::alike::CASES,
    semantics::ranges::CASES,
    wire::host::CASES,
    wire::request_line::CASES,
    wire::version::CASES,
    wire::target::CASES,
    wire::fields::CASES,
    wire::limits::CASES,
    wire::content_length::CASES,
    wire::transfer_encoding::CASES,
    wire::chunked::CASES,
    wire::smuggling::CASES,
    wire::expect::CASES,
    wire::pipelining::CASES,
    wire::connection::CASES,
    wire::upgrade::CASES,
    wire::answer::CASES,
    wire::garbage::CASES,
    proxy::prefix::CASES,
    proxy::bare::CASES,
    proxy::trust::CASES,
    proxy::credentials::CASES,
    proxy::options::CASES,
    proxy::upstream::CASES,
    security::keys::CASES,
    security::requests::CASES,
    security::key_file::CASES,
    security::disclosure::CASES,
    security::secrecy::CASES,
    lifecycle::ready::CASES,
    lifecycle::listen::CASES,
    lifecycle::options::CASES,
    lifecycle::log::CASES,
    lifecycle::place::CASES,
    lifecycle::environment::CASES,
    lifecycle::workers::CASES,
    lifecycle::told::CASES,
    lifecycle::together::CASES,
    lifecycle::data::CASES,
    lifecycle::stop::CASES,
    lifecycle::signals::CASES,
    lifecycle::delay::CASES,
    lifecycle::drain::CASES,
    lifecycle::slow::CASES,
    lifecycle::timeouts::CASES,
    lifecycle::crowd::CASES,
    database::again::CASES,
    database::rows::CASES,
    database::seeding::CASES,
    database::outages::CASES,
    database::connections::CASES,
    database::statements::CASES,
    database::requests::CASES,
    database::described::CASES,
    database::secrets::CASES,
    load::connections::CASES,
    load::requests::CASES,
    load::bounds::CASES,
    load::hostile::CASES,
];

/// Every case, in the order reports have them.
pub fn all() -> impl Iterator<Item = &'static Case> {
    AREAS.iter().copied().flatten()
}
