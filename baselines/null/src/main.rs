//! The physical floor.
fn main() {}
