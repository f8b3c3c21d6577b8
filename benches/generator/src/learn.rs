//! Learning what a server answers. It knows nothing of load.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
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
        let failed = |reader: &ResponseReader, action, source: io::Error| match source.kind() {
            // Which of the two a wait ends with depends on the system.
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Error::Timeout {
                waited: timeout,
                outstanding: 1,
            },
            _ => Error::of_connection(action, source, reader, 0),
        };
        let mut reader = ResponseReader::new();
        stream
            .write_all(question.request())
            .map_err(|source| failed(&reader, "send the first request", source))?;
        let mut content = Vec::new();
        let mut buffer = [0; READ_SIZE];
        loop {
            let count = match stream.read(&mut buffer) {
                Ok(0) => return Err(Error::ended(&reader, 0)),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(&reader, "read the first answer", error)),
            };
            let progress =
                reader.feed(&buffer[..count], |piece| content.extend_from_slice(piece))?;
            if let Progress::Complete { .. } = progress {
                let status = reader.status();
                return Ok(Self::get(path, authority, headers, status, content));
            }
        }
    }
}
