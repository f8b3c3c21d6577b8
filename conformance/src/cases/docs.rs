//! The description of the API: the page for people and the document for programs.
//!
//! What only a browser can tell (that the page draws the operations, that trying one out works) is
//! not among these cases.

mod css;
pub(super) mod document;
mod html;
pub(super) mod page;
mod policy;
pub(super) mod truth;
