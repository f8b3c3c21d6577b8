//! What the four servers share: the greetings and where they come from, entity tags, problems,
//! the OpenAPI document and its page, options, and how a program starts and stops.
//!
//! Everything here is plain data (`u16`, `&str`, bytes): no framework, and none of the `http`
//! crate's types, of which the frameworks use different major versions.

mod api;
mod api_key;
mod conditional;
mod data_file;
#[cfg(feature = "database")]
mod database;
pub mod docs;
mod duration;
mod entity_tag;
mod greeting;
mod health;
mod lang;
mod listen;
mod log;
pub mod openapi;
mod options;
mod place;
mod problem;
mod program;
mod request_head;
mod shutdown;
mod store;
mod versioned;

pub use api::{Api, Ending};
pub use api_key::{ApiKeyError, ApiKeys};
pub use conditional::not_modified;
pub use data_file::DataError;
pub use entity_tag::EntityTag;
pub use greeting::Greeting;
pub use health::Health;
pub use lang::{Lang, MalformedLang};
pub use listen::{Address, ListenError, Listener, listen};
pub use options::{HeadLimits, Options, Timeouts};
pub use place::{MalformedPublicUrl, MalformedRootPath, Place, PlaceConflict, PublicUrl, RootPath};
pub use problem::{ALLOW, FieldError, Problem};
pub use program::{Particulars, Program, main, main_with};
pub use request_head::RequestHead;
pub use shutdown::{Ready, shutdown_signal};
pub use store::Greetings;
pub use versioned::Versioned;

/// The media type of JSON (RFC 8259 §11).
pub const JSON: &str = "application/json";

/// The media type of a problem (RFC 9457 §6.1).
pub const PROBLEM_JSON: &str = "application/problem+json";
