//! How far a response has been read, and why it cannot be. It knows nothing of how it is read.

use thiserror::Error;

/// The longest response head, in bytes, and the longest line or trailer of chunked framing.
pub(super) const MAX_HEAD: usize = 64 * 1024;

/// How far the bytes fed so far have got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// They end within the response.
    Partial,
    /// The response is complete; of the last bytes fed, `used` belong to it.
    Complete {
        /// Bytes of the last input up to the response's end.
        used: usize,
    },
}

/// Why bytes are not an HTTP/1.1 response that can share its connection with others.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The status line or a field line is not what RFC 9112 §4 and §5 say.
    #[error("the response head is malformed: {0}")]
    Head(#[from] httparse::Error),
    /// The head goes on for longer than this reader follows.
    #[error("the response head is longer than {MAX_HEAD} bytes")]
    LongHead,
    /// `101 Switching Protocols` was not asked for, and interim responses must end (RFC 9110 §15.2).
    #[error("status {0} does not lead to an answer")]
    Interim(u16),
    /// Not a number, too large for one, or several that disagree (RFC 9112 §6.3).
    #[error("the content-length is malformed")]
    ContentLength,
    /// Another coding than `chunked`, or one beside a content-length (RFC 9112 §6.1, §6.3).
    #[error("the transfer-encoding is malformed or not understood")]
    TransferEncoding,
    /// Content that only the connection's end delimits, so that nothing can follow it
    /// (RFC 9112 §6.3).
    #[error("the response states no length, so only closing the connection ends it")]
    NoLength,
    /// A chunk size that is no hexadecimal number, or too large for one (RFC 9112 §7.1).
    #[error("a chunk size is malformed")]
    ChunkSize,
    /// A chunk, a chunk's line or a trailer line does not end with CRLF (RFC 9112 §7.1).
    #[error("the chunked framing is malformed")]
    Chunk,
    /// The extensions of a chunk, or the trailers, go on for longer than this reader follows.
    #[error("chunk extensions or trailers are longer than {MAX_HEAD} bytes")]
    LongChunkLine,
}
