//! The conformance suite, for any server in any language.
//!
//! A [`Case`] is one requirement with the experiment that decides it; [`cases::all`] is the
//! catalogue. A [`Target`] is a server under test, a [`Suite`] runs cases against it, and a
//! [`Finding`] is a [`Verdict`] with its [`Evidence`](evidence::Evidence).

pub mod cases;
pub mod evidence;
pub mod http;
pub mod model;
pub mod reference;
pub mod url;

mod case;
mod context;
mod suite;
mod target;

pub use case::{Case, Deviation, Level, Need, Outcome, Verdict};
pub use context::Context;
pub use model::Model;
pub use suite::{Finding, Suite, SuiteError};
pub use target::{Keyed, Target};
pub use url::BaseUrl;
