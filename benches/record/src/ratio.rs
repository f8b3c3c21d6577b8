//! A ratio with its interval. It knows nothing of how one is worked out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A ratio with its confidence interval; 1.02 is two percent more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    /// The geometric mean of the restarts' ratios.
    pub estimate: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Ratio {
    /// The same comparison read from the other side: b ÷ a of a ÷ b.
    pub fn inverse(self) -> Self {
        Self {
            estimate: self.estimate.recip(),
            low: self.high.recip(),
            high: self.low.recip(),
        }
    }

    /// How far the interval reaches from "no difference", as a ratio less one: 0.02 of (0.99, 1.02).
    pub fn reach(self) -> f64 {
        (self.high.max(self.low.recip())) - 1.0
    }
}
