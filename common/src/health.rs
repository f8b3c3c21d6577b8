use std::sync::LazyLock;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{EntityTag, Versioned};

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
        static ETAG: LazyLock<EntityTag> = LazyLock::new(|| EntityTag::of(br#"{"status":"ok"}"#));
        Versioned {
            value: Self { status: "ok" },
            etag: *ETAG,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entity_tag_is_that_of_its_json() {
        let Versioned { value, etag } = Health::ok();
        let json = serde_json::to_vec(&value).unwrap();
        assert_eq!(etag, EntityTag::of(&json));
    }
}
