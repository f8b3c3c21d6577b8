//! Learning what a server answers. It knows nothing of load.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::{
    error::Error,
    exchange::Exchange,
    response::{Progress, ResponseReader},
};

/// Bytes read at once.
const READ_SIZE: usize = 16 * 1024;

impl Exchange {
    /// A GET as [`Exchange::get`] has it, of which the right answer is whatever the server gives now: it is
    /// asked once, on a connection of its own.
    ///
    /// `timeout` bounds opening the connection and each wait for more of the answer.
    ///
    /// # Errors
    /// The server does not accept, or its answer is malformed, does not come in time or not whole.
    pub fn learn(
        address: SocketAddr,
        path: &str,
        authority: &str,
        headers: &[(&str, &str)],
        timeout: Duration,
    ) -> Result<Self, Error> {
        let question = Self::get(path, authority, headers, 0, Vec::new());
        let refused = |source| Error::Connect { address, source };
        let mut stream = TcpStream::connect_timeout(&address, timeout).map_err(refused)?;
        stream.set_read_timeout(Some(timeout)).map_err(refused)?;
        stream.set_write_timeout(Some(timeout)).map_err(refused)?;
        let failed = |action| move |source: io::Error| Error::Io { action, source };
        stream
            .write_all(question.request())
            .map_err(failed("send the first request"))?;
        let mut reader = ResponseReader::new();
        let mut content = Vec::new();
        let mut buffer = [0; READ_SIZE];
        loop {
            let count = stream
                .read(&mut buffer)
                .map_err(failed("read the first answer"))?;
            if count == 0 {
                let length = reader.length();
                return Err(Error::Truncated { length });
            }
            let progress =
                reader.feed(&buffer[..count], |piece| content.extend_from_slice(piece))?;
            if let Progress::Complete { .. } = progress {
                let status = reader.status();
                return Ok(Self::get(path, authority, headers, status, content));
            }
        }
    }
}
