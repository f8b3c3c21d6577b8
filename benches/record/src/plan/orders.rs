//! One restart's orders, as they follow from a plan. They are not stored: the same plan gives the same.

use super::lane::Lane;

/// One turn: a lane of an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Index into the plan's arms.
    pub arm: usize,
    /// The kind of request.
    pub lane: Lane,
}

/// One restart's orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// In which order the arms are started: indices into the plan's arms.
    pub start_order: Vec<usize>,
    /// The turns of each block.
    pub blocks: Vec<Vec<Cell>>,
}
