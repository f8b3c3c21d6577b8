//! The statistics of the comparison.
//!
//! The unit of replication is the *restart*, never the slice or the block: a process keeps a bias of up to about one
//! percent for as long as it lives, so any number of rounds within one life are pseudo-replicates (Kalibera and Jones,
//! "Rigorous Benchmarking in Reasonable Time", ISMM 2013, section 3; Georges, Buytaert and Eeckhout, "Statistically
//! Rigorous Java Performance Evaluation", OOPSLA 2007). Each restart therefore gives one number, from the
//! [differences between neighbours](levels) in time, and intervals are Student's over restarts.
//!
//! Ratios are averaged as logarithms, so that a ÷ b and b ÷ a give reciprocal answers.

mod blocks;
mod descriptive;
mod intervals;
mod neighbours;
mod random_effects;
mod trend;
mod verdict;

pub use quartet_record::ratio::Ratio;

pub use blocks::{Entry, block_levels};
pub use descriptive::{mean, median, standard_deviation};
pub use intervals::{
    CONFIDENCE, critical_t, median_interval, pairs_of, ratio_between, ratio_over_restarts,
    ratio_with_critical, simultaneous_confidence,
};
pub use neighbours::levels;
pub use random_effects::{
    Effect, Estimator, Pooled, combined, pooled, tau_squared, variance_within,
};
pub use trend::{Trend, trend};
pub use verdict::{LEAST_LATENCY_MARGIN, LEAST_MARGIN, Rank, Verdict, margin, restarts_needed};

#[cfg(test)]
mod tests;
