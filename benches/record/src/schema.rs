//! The form of a record as JSON Schema (draft 2020-12), made from the types that write it.

use anyhow::Result;

use crate::record::Record;

/// The schema of [`Record`].
///
/// # Errors
/// Never in practice: it is made of types alone.
pub fn text() -> Result<String> {
    let schema = schemars::schema_for!(Record);
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

#[cfg(test)]
mod tests;
