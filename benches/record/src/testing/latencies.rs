//! Made-up latencies.

use hdrhistogram::Histogram;

use crate::histogram::encode;

/// A histogram of these latencies, nanoseconds, each so many times, as a record holds it.
pub(super) fn latencies(of: &[(u64, u64)]) -> String {
    let mut histogram = Histogram::<u64>::new(3).expect("3 digits are allowed");
    for &(latency, times) in of {
        histogram
            .record_n(latency, times)
            .expect("a histogram without bounds takes any value");
    }
    encode(&histogram).expect("a few counts can be encoded")
}
