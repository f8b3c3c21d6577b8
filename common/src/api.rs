//! What the handlers and the middleware of a server read. It knows no program and no socket.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{
    ApiKeys, Greetings, HeadLimits, Health, Problem, Versioned, docs::Docs, openapi::Mode,
};

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
    /// Whether the server has been told to end.
    pub ending: Ending,
}

/// Whether a server has been told to end, from then on until it does.
#[derive(Debug, Default)]
pub struct Ending(AtomicBool);

impl Ending {
    /// It is told to.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was. Answers then say that their connection is closed (RFC 9112 §9.6), so that
    /// clients go elsewhere before it is.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Api {
    /// What `GET /readyz` says: whether further requests should be sent here.
    pub fn readiness(&self) -> Result<Versioned<Health>, Problem> {
        if self.ending.has_begun() {
            return Err(Problem::ending());
        }
        self.greetings.readiness()?;
        Ok(Health::ok())
    }
}

impl Default for Api {
    fn default() -> Self {
        Self {
            greetings: Greetings::embedded(),
            keys: None,
            docs: Docs::new(&Mode::default()),
            limits: HeadLimits::default(),
            ending: Ending::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_is_not_ready() {
        let api = Api::default();
        assert!(api.readiness().is_ok());
        api.ending.begin();
        let problem = api.readiness().expect_err("it ends");
        assert_eq!(problem.status(), 503);
        assert_eq!(problem.header_field(), Some(("retry-after", "1")));
    }
}
