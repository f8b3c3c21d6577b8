//! The conformance suite, for any server in any language.
//!
//! A [`Case`] is one requirement with the experiment that decides it; [`cases::all`] is the
//! catalogue. A [`Target`] is a server under test, a [`Suite`] runs cases against it, and a
//! [`Finding`] is a [`Verdict`] with its [`Evidence`](evidence::Evidence). What is known to deviate
//! ([`deviations`]) decides what a finding means ([`judgement`]).
//!
//! [`servers`] is the catalogue of servers that can be built and started, and
//! [`examine`](examination::examine) tests one of them.

pub mod cases;
pub mod command;
pub mod descriptors;
pub mod deviations;
pub mod differential;
pub mod evidence;
pub mod examination;
pub mod http;
pub mod judgement;
pub mod model;
pub mod parity;
pub mod postgres;
pub mod report;
pub mod servers;
pub mod url;
pub mod view;

mod case;
mod context;
mod difference;
mod generated;
mod group;
mod harness;
mod json;
mod need;
mod openapi;
mod operations;
mod outcome;
mod over;
mod pace;
mod ports;
mod scale;
mod selection;
mod served;
mod slots;
mod stop;
mod suite;
mod target;
mod toml_file;
mod tools;
mod turns;

pub use case::{Case, Level};
pub use context::Context;
pub use generated::REQUESTS;
pub use group::Group;
pub use harness::{TEST_SEED, in_order, server_tests, test_threads};
pub use model::Model;
pub use need::Need;
pub use outcome::{Deviation, Outcome, Verdict};
pub use pace::Pace;
pub use scale::Scale;
pub use selection::{Selection, SelectionError, UnknownCase, select};
pub use suite::{Finding, Suite, SuiteError};
pub use target::{ExpectedDocument, Keyed, Launch, Target};
pub use tools::{Workbench, clean_up, end_builds, end_with_this_program};
pub use url::BaseUrl;
