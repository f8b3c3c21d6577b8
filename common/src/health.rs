use serde::Serialize;
use utoipa::ToSchema;

/// What `GET /healthz` says, and `GET /readyz` of a server that is ready.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: a server that is not does not answer.
    #[schema(example = "ok")]
    status: &'static str,
}

impl Health {
    /// The server answers.
    pub const OK: Self = Self { status: "ok" };
}
