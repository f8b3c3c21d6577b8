//! The API itself.

pub(super) mod data;
pub(super) mod errors;
pub(super) mod generated;
pub(super) mod item;
pub(super) mod list;
pub(super) mod parallel;
pub(super) mod statuses;

/// The source of what the original does.
const EXAMPLE: &str = "the FastAPI example";

/// The source of what the document says.
const DOCUMENT: &str = "the OpenAPI document";

/// The source of what is in `greetings.json`.
const DATA: &str = "greetings.json";

/// The source of what the contract settles.
const CONTRACT: &str = "the contract";
