//! Which processor cores the servers and the generator run on.
//!
//! Servers share their cores with each other, never with the generator: while one answers, the
//! others sleep, so all see the same core, and what the generator costs is not taken from them. Nor
//! do they share a physical core with it, whose threads slow each other.

mod choose;
mod confined;
mod list;
mod many;
mod placement;
mod topology;

pub use confined::Usable;
pub use list::CoreList;
pub(crate) use many::levels;
pub use placement::Placement;
