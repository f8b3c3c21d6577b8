//! A value with the entity tag of its JSON.

use serde::Serialize;

use crate::EntityTag;

/// A representation's value with the validator that names its present version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// What the representation says.
    pub value: T,
    /// The strong entity tag of its JSON.
    pub etag: EntityTag,
}

/// The entity tag of a value's JSON.
pub(crate) fn etag_of<T: Serialize>(value: &T) -> EntityTag {
    EntityTag::of(&serde_json::to_vec(value).expect("strings always serialise"))
}
