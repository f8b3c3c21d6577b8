//! A client that sends exactly the bytes it is given and keeps exactly the bytes it receives.
//!
//! It is meant for servers that may be wrong or hostile: every read has a deadline, every buffer a
//! bound, and anything that is not HTTP/1.1 comes back as a value.

mod broken;
mod connection;
mod date;
mod receive;
mod request;
mod response;

pub use broken::Broken;
pub use connection::Connection;
pub use date::imf_fixdate;
pub use receive::Ending;
pub use request::Request;
pub use response::Response;
