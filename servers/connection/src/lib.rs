//! How servers on hyper meet the contract's limits, timeouts and drain.
//!
//! `axum::serve` 0.8 and `warp::serve` 0.4 install no header timeout (tokio-rs/axum#2741), and wait
//! without end for a half-sent request when they drain (tokio-rs/axum#3478). `axum::serve` takes a
//! `Listener` of one's own, and with it a stream that has timeouts, but no hyper settings, which the
//! limit on heads is, and its drain has no end of its own. `warp::serve` takes no stream either, and
//! salvo's `Server` tells no stream that a head has been read. So all are served by hyper and
//! hyper-util, as the floor is. What hyper itself lacks, an idle timeout apart from the header timeout
//! (hyperium/hyper#1628), is `timed_stream`'s. `listeners` accepts from several sockets, over TCP or
//! not, and waits where none can be accepted. [`uphold`] is what stands around each framework's routes,
//! and [`run`] serves a program's API by it, [`serve`] any service. No framework is known here.

mod conditional;
mod listeners;
mod serve;
mod timed_stream;
mod uphold;

pub use conditional::{etag, has_preconditions, not_modified};
pub use serve::{run, serve};
pub use uphold::uphold;
