//! The load generator: an HTTP/1.1 client that costs little more than its system calls.
//!
//! One thread polls a set of connections without ever sleeping, on a core of its own. It sends
//! request bytes that were built beforehand and reads answers into one buffer, one `write` and one
//! `read` each. Every answer's status and content length are checked, and every byte of small
//! content; of large content, a sample.

mod connection;
mod connections;
mod error;
mod exchange;
pub mod response;
mod slice;
#[cfg(test)]
mod tests;
pub mod versus;

pub use connections::Connections;
pub use error::Error;
pub use exchange::{Exchange, WrongAnswer};
pub use slice::{LATENCY_DIGITS, MAX_LATENCY, Slice};
