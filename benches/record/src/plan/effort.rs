//! How much is measured, by default and on request. It knows nothing of what.

/// How much to measure: many restarts of few blocks. Processes differ for as long as they live, by
/// more than what a block adds to be known, and starting them takes less than a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Fresh processes of every server.
    pub restarts: u32,
    /// Blocks of each restart, about, where no server is slow.
    pub blocks: u32,
}

impl Effort {
    /// About a minute for four servers in two lanes, for a first look.
    pub const QUICK: Self = Self {
        restarts: 14,
        blocks: 6,
    };
    /// About six minutes for four servers in two lanes.
    pub const NORMAL: Self = Self {
        restarts: 84,
        blocks: 8,
    };
    /// About half an hour for four servers in every lane.
    pub const THOROUGH: Self = Self {
        restarts: 164,
        blocks: 8,
    };
    /// About two minutes for a server and a variant of it in two lanes.
    pub const PAIR: Self = Self {
        restarts: 56,
        blocks: 8,
    };
    /// About five minutes for what features cost with four frameworks.
    pub const FEATURES: Self = Self {
        restarts: 19,
        blocks: 6,
    };
}
