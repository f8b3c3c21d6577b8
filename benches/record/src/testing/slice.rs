//! One made-up slice.

use crate::plan::Lane;
use crate::restart::Slice;

/// A slice of an arm at this rate, requests per second, on 64 connections.
pub fn slice(block: u32, position: u32, arm: usize, lane: Lane, rate: f64) -> Slice {
    let requests = (rate * 0.020) as u64;
    let total_requests = (rate * 0.0234) as u64;
    let latency = (64e9 / rate) as u64;
    Slice {
        block,
        position,
        arm,
        lane,
        requests,
        window_ns: 20_000_000,
        total_requests,
        total_ns: 23_400_000,
        cpu_ns: Some(23_200_000),
        busy_ns: None,
        mean_ns: latency,
        p50_ns: latency,
        p99_ns: 2 * latency,
    }
}
