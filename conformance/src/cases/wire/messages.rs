//! Messages that there is nothing wrong with, and what the contract has a server answer. It sends none.

use crate::served::{NOWHERE, Sound};

/// Content of five octets, as it is.
pub(super) const HELLO: &[u8] = b"hello";

/// The same in chunks.
pub(super) const CHUNKED: &[u8] = b"5\r\nhello\r\n0\r\n\r\n";

/// The methods whose messages are tried.
pub(super) const METHODS: [&str; 2] = ["GET", "POST"];

/// What the contract has a server answer.
pub(super) fn assumed() -> Sound {
    Sound {
        methods: METHODS.to_vec(),
        statuses: vec![("GET", 200), ("POST", 405)],
        unread: Vec::new(),
        marker: (NOWHERE.to_owned(), 404),
    }
}
