//! The OpenAPI document, written once for all four servers.
//!
//! It is a function of a server's [`Mode`]: a server that asks for a key says so, and one that does
//! not names no key. One that reads a database says that this may be away. It describes all that FastAPI's of the original does, and by the same operation
//! ids, which are the names of functions in clients that are generated from it.

mod operations;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use utoipa::openapi::Server;

use crate::Place;

/// What of a server its document depends on. The default asks for no key, has its greetings in memory and is found
/// anywhere.
#[derive(Clone, Debug, Default)]
pub struct Mode {
    /// Whether the data routes ask for an API key.
    pub keyed: bool,
    /// Whether the greetings are read from a database, which may be away: the data routes are then also 503.
    pub over_database: bool,
    /// Where clients find the API.
    pub place: Place,
}

/// A version of the OpenAPI Specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Version {
    /// 3.1, which is served.
    #[value(name = "3.1")]
    V3_1,
    /// 3.0, for tools that refuse 3.1.
    #[value(name = "3.0")]
    V3_0,
}

/// The document that a server of this mode serves, as JSON.
pub fn document(mode: &Mode) -> String {
    let mut document = operations::document(mode);
    document.servers = Some(vec![Server::new(mode.place.server())]);
    document
        .to_pretty_json()
        .expect("a test serialises the document")
}

/// The same in a version of the specification.
pub fn document_in(version: Version, mode: &Mode) -> String {
    let document = document(mode);
    match version {
        Version::V3_1 => document,
        Version::V3_0 => in_3_0(&document),
    }
}

/// The document in version 3.0.3 (<https://spec.openapis.org/oas/v3.0.3>), which has no SPDX identifier of a licence.
/// It uses nothing else that 3.1 added: a test holds it to the keywords of 3.0.
fn in_3_0(document: &str) -> String {
    let mut document: Value = serde_json::from_str(document).expect("the document is JSON");
    // Whatever features serde_json has in the program, the order is the same.
    document.sort_all_objects();
    document["openapi"] = json!("3.0.3");
    if let Some(license) = document["info"]["license"].as_object_mut() {
        license.remove("identifier");
    }
    format!("{document:#}")
}
