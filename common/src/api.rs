use crate::{ApiKeys, Greetings, HeadLimits, docs::Docs, openapi::Mode};

/// All that the handlers and the middleware of a server read.
#[derive(Debug)]
pub struct Api {
    /// The data.
    pub greetings: Greetings,
    /// The keys that open the data routes; without any, they are open.
    pub keys: Option<ApiKeys>,
    /// The page, its assets and the OpenAPI document.
    pub docs: Docs,
    /// What is refused as too large.
    pub limits: HeadLimits,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            greetings: Greetings::embedded(),
            keys: None,
            docs: Docs::new(&Mode::default()),
            limits: HeadLimits::default(),
        }
    }
}
