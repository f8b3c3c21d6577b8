//! What the health checks say. Whether a server is ready is not decided here.

use std::sync::LazyLock;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{EntityTag, Versioned, versioned::etag_of};

/// What `GET /healthz` says, and `GET /readyz` of a server that is ready.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: a server that is not does not answer.
    #[schema(example = "ok")]
    status: &'static str,
}

impl Health {
    /// What a server says that answers. It has an entity tag, because preconditions hold for every
    /// representation (RFC 9110 §13.2.1), of which this is one.
    pub fn ok() -> Versioned<Self> {
        const OK: Health = Health { status: "ok" };
        static ETAG: LazyLock<EntityTag> = LazyLock::new(|| etag_of(&OK).leaked());
        Versioned {
            value: OK,
            etag: ETAG.clone(),
        }
    }
}
