//! The load generator: an HTTP/1.1 client that costs little more than its system calls.
//!
//! One thread polls a set of connections without ever sleeping, on a core of its own. It sends
//! request bytes that were built beforehand and reads answers into one buffer: for an ordinary
//! request one `write`, one `read` and one look at the clock, and nothing allocated. Where one
//! core cannot keep a server busy, several threads do so, each with its share of the connections.
//!
//! Every answer's status and content length are checked, and every byte of content up to 4 KiB; of
//! larger content, a sample. [`versus`] holds the generator against those of others.

mod connect_loop;
mod connection;
mod connections;
mod crew;
mod dialogue;
mod error;
mod exchange;
mod open_loop;
mod poller;
pub mod response;
mod share;
mod slice;
#[cfg(test)]
mod tests;
pub mod versus;

pub use connections::Connections;
pub use error::Error;
pub use exchange::{Exchange, WrongAnswer};
pub use open_loop::{Offer, OpenLoopSlice};
pub use slice::{LATENCY_DIGITS, MAX_LATENCY, Slice};
