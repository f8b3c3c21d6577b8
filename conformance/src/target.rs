//! A server under test.

use std::collections::BTreeSet;

use crate::{BaseUrl, Model, Need};

/// A server under test and what is known of it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The name it goes by in reports and in `deviations.toml`.
    pub name: String,
    /// Where it is.
    pub base: BaseUrl,
    /// The greetings it holds and the answers that follow.
    pub model: Model,
    /// What it offers to cases.
    pub provides: BTreeSet<Need>,
    /// A second instance that asks for an API key.
    pub keyed: Option<Keyed>,
    /// The OpenAPI document it must serve, byte for byte, and whose document that is.
    pub document: Option<(String, Vec<u8>)>,
}

/// An instance that asks for an API key on its data routes.
#[derive(Clone, Debug)]
pub struct Keyed {
    /// Where it is.
    pub base: BaseUrl,
    /// The key it asks for.
    pub key: String,
}

impl Target {
    /// A target of which only the address is known.
    pub fn new(name: impl Into<String>, base: BaseUrl, model: Model) -> Self {
        Self {
            name: name.into(),
            base,
            model,
            provides: BTreeSet::new(),
            keyed: None,
            document: None,
        }
    }

    /// The same target, offering `need` as well.
    pub fn providing(mut self, need: Need) -> Self {
        self.provides.insert(need);
        self
    }

    /// The same target with a second instance that asks for `key`.
    pub fn with_key(mut self, base: BaseUrl, key: impl Into<String>) -> Self {
        self.keyed = Some(Keyed {
            base,
            key: key.into(),
        });
        self.providing(Need::ApiKey)
    }
}
