//! A response that a server sent.

use serde_json::Value;

use crate::Deviation;

/// One final response, with its content unframed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The reason phrase; it may be empty.
    pub reason: String,
    /// Minor HTTP version: 0 or 1.
    pub minor_version: u8,
    /// Field lines in the order received, values as bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The content, without transfer coding.
    pub body: Vec<u8>,
    /// Status codes of the interim (1xx) responses before this one.
    pub interim: Vec<u16>,
}

impl Response {
    /// Whether another response to the same request follows (RFC 9110 §15.2). 101 ends HTTP on its
    /// connection and is final here.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    /// The value of the first field of this name, if it is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }

    /// The values of all fields of this name, in order, that are UTF-8.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(given, _)| given.eq_ignore_ascii_case(name))
            .filter_map(|(_, value)| std::str::from_utf8(value).ok())
            .collect()
    }

    /// The elements of a comma-separated list field, over all its lines, trimmed, empty ones left
    /// out (RFC 9110 §5.6.1).
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.values(name)
            .into_iter()
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|element| !element.is_empty())
            .collect()
    }

    /// The media type in lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let essence = value.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    }

    /// The content as JSON.
    ///
    /// # Errors
    /// A deviation if the content is not JSON text in UTF-8.
    pub fn json(&self) -> Result<Value, Deviation> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Deviation(format!("the content is not JSON: {error}")))
    }

    /// The content as text.
    ///
    /// # Errors
    /// A deviation if the content is not UTF-8.
    pub fn text(&self) -> Result<&str, Deviation> {
        std::str::from_utf8(&self.body)
            .map_err(|error| Deviation(format!("the content is not UTF-8: {error}")))
    }
}
