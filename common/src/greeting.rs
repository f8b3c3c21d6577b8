//! A greeting, as it is in the JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Lang;

/// A greeting in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Greeting {
    /// Locale name.
    #[schema(value_type = String, example = "en")]
    pub lang: Lang,
    /// What people say there.
    #[schema(example = "Hello")]
    pub text: String,
}
