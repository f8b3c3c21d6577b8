//! The comparison: load generator, statistics, report, criterion benches.
