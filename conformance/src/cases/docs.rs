//! The description of the API: the page for people and the document for programs.

pub(super) mod browser;
mod css;
pub(super) mod document;
mod html;
pub(super) mod mode;
pub(super) mod page;
mod policy;
pub(super) mod printed;
pub(super) mod truth;
