//! A load generator for HTTP/1.1: a client that costs little more than its system calls.
//!
//! One thread polls a set of connections without ever sleeping, on a core of its own. It sends
//! request bytes that were built beforehand and reads answers into one buffer: for an ordinary
//! request one `write`, one `read` and one look at the clock, and nothing allocated. Where one
//! core cannot keep a server busy, several threads do so, each with its share of the connections.
//!
//! Every answer's status and content length are checked, and every byte of content up to 4 KiB; of
//! larger content, a sample, or all if asked to ([`Exchange::comparing_all`]).
//!
//! - [`Connections::closed_loop`] keeps one request in flight on each connection: how many requests per
//!   second a server answers.
//! - [`Connections::open_loop`] sends requests when they are due, whether or not those before them are
//!   answered: how long a server takes at a given rate.
//! - [`Connections::connect_loop`] opens a connection for each request.
//!
//! It speaks plain HTTP to an address, without TLS, and asks one thing over and over: an [`Exchange`], whose
//! answer is given ([`Exchange::get`], [`Exchange::post`]) or learned from the server ([`Exchange::learn`]).
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use quartet_generator::{Connections, Exchange, Offer};
//!
//! let address = "127.0.0.1:8000".parse()?;
//! let exchange = Exchange::get("/", "127.0.0.1:8000", &[], 200, b"Hello".to_vec());
//! let mut connections = Connections::open(address, 64, Duration::from_secs(10))?;
//!
//! let (ramp, window) = (Duration::from_millis(100), Duration::from_secs(2));
//! let slice = connections.closed_loop(&exchange, ramp, window)?;
//! println!("{:.0} requests per second", slice.rate());
//!
//! let offer = Offer { per_second: slice.rate() / 2.0, phase: 0.5, ramp, window };
//! let slice = connections.open_loop(&exchange, offer)?;
//! println!("99 % of answers within {} ns", slice.latency.value_at_quantile(0.99));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/load.rs` does this for any URL.

mod affinity;
mod connect_loop;
mod connection;
mod connections;
mod crew;
mod dialogue;
mod error;
mod exchange;
mod learn;
mod open_loop;
mod poller;
pub mod response;
mod round;
mod share;
mod slice;
#[cfg(test)]
mod tests;

pub use affinity::{AffinityError, confine};
pub use connections::Connections;
pub use error::Error;
pub use exchange::{Exchange, WrongAnswer};
pub use open_loop::{Offer, OpenLoopSlice};
pub use slice::{LATENCY_DIGITS, MAX_LATENCY, Slice};
