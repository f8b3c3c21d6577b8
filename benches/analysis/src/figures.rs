//! What is worked out of one arm in one lane. It knows nothing of other arms.

use serde::Serialize;

use crate::statistics::median;

/// An arm's figures in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Requests per second. Where it is known relative to the reference, as many as that ratio makes
    /// of the reference's: the median of its slices would compare it at moments of its own, and be
    /// another ratio. Otherwise the median of all slices.
    pub requests_per_second: f64,
    /// CPU time per request.
    pub cpu: Option<CpuPerRequest>,
    /// How busy the servers' cores were, of 1: the median of all slices.
    pub utilisation: Option<f64>,
    /// Median latency at saturation, nanoseconds, over all requests.
    pub p50_ns: u64,
    /// 99th percentile of latency at saturation, nanoseconds, over all requests.
    pub p99_ns: u64,
}

/// What one request costs, nanoseconds: the median over restarts, of which the share in user mode is that
/// of all restarts together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CpuPerRequest {
    /// All of it.
    pub total: f64,
    /// In user mode.
    pub user: f64,
    /// In the kernel.
    pub system: f64,
}

impl CpuPerRequest {
    /// Of each restart's requests, their CPU time and the part of it in user mode, nanoseconds.
    pub(crate) fn of(restarts: &[(f64, f64, f64)]) -> Option<Self> {
        let each: Vec<f64> = restarts
            .iter()
            .map(|(requests, cost, _)| cost / requests)
            .collect();
        let cost: f64 = restarts.iter().map(|(_, cost, _)| cost).sum();
        let user: f64 = restarts.iter().map(|(.., user)| user).sum();
        let total = median(&each)?;
        // Of the same restarts: where some were slow, their sum is above the median by itself.
        let user = total * (user / cost).min(1.0);
        Some(Self {
            total,
            user,
            system: total - user,
        })
    }
}

/// What one restart contributes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RestartFigures {
    /// Which, from 0.
    pub restart: u32,
    /// Requests per second: the median of its slices.
    pub requests_per_second: f64,
    /// Its rate relative to the reference's: from the differences between
    /// slices that follow each other. The comparison's sample.
    pub relative: Option<f64>,
}
