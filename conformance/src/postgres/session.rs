//! A connection to PostgreSQL: blocking, each step with a deadline, and nothing done behind one's
//! back.
//!
//! The protocol's messages are those of the crate that the asynchronous drivers stand on; the socket
//! is the standard library's, so that the suite stands on no runtime that the servers stand on.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::authentication::{md5_hash, sasl};
use postgres_protocol::message::backend::{DataRowBody, ErrorResponseBody, Message};
use postgres_protocol::message::frontend;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// How many octets are read at once.
const CHUNK: usize = 16 * 1024;

/// How long a request to cancel a statement may take to be sent.
const CANCEL: Duration = Duration::from_millis(250);

/// Whom to connect as, and to what.
#[derive(Clone, Debug)]
pub struct Login {
    /// Where PostgreSQL listens.
    pub address: SocketAddr,
    /// The role.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The database.
    pub database: String,
    /// How the connection is encrypted, if it is to be.
    pub tls: Option<Tls>,
}

/// How a connection is encrypted.
#[derive(Clone, Debug)]
pub struct Tls {
    /// What is asked of PostgreSQL's certificate.
    pub config: Arc<ClientConfig>,
    /// The name that it must be for.
    pub name: String,
}

/// A connection's octets, as they are or encrypted.
#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }

    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(to),
            Self::Tls(stream) => stream.read(to),
        }
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(octets),
            Self::Tls(stream) => stream.write_all(octets).and_then(|()| stream.flush()),
        }
    }
}

/// Why a step came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The connection failed, was closed, or the deadline passed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// PostgreSQL refused it.
    #[error("{message} (SQLSTATE {code})")]
    Refused {
        /// The five characters of the error's code.
        code: String,
        /// What PostgreSQL says.
        message: String,
    },
}

/// A row, each column as text, or nothing where it is null.
pub type Row = Vec<Option<String>>;

/// A connection that is ready for statements.
#[derive(Debug)]
pub struct Session {
    stream: Stream,
    received: BytesMut,
    deadline: Instant,
    address: SocketAddr,
    process_id: i32,
    secret_key: i32,
    prepared: BTreeSet<String>,
}

impl Session {
    /// Connects and logs in.
    ///
    /// # Errors
    /// If that cannot be done before the deadline.
    pub fn connect(login: &Login, deadline: Instant) -> Result<Self, SessionError> {
        let left = left(deadline)?;
        let stream = TcpStream::connect_timeout(&login.address, left)?;
        stream.set_nodelay(true)?;
        let stream = match &login.tls {
            Some(tls) => encrypted(stream, tls, deadline)?,
            None => Stream::Plain(stream),
        };
        let mut session = Self {
            stream,
            received: BytesMut::new(),
            deadline,
            address: login.address,
            process_id: 0,
            secret_key: 0,
            prepared: BTreeSet::new(),
        };
        session.log_in(login)?;
        Ok(session)
    }

    /// Gives the steps from now on another deadline.
    pub fn until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// The process that serves this connection.
    pub fn process_id(&self) -> i32 {
        self.process_id
    }

    /// Runs statements, separated by semicolons, and returns all their rows.
    ///
    /// # Errors
    /// If one fails, or they do not end before the deadline: then the connection is of no more use.
    pub fn run(&mut self, statements: &str) -> Result<Vec<Row>, SessionError> {
        let mut message = BytesMut::new();
        frontend::query(statements, &mut message)?;
        self.send(&message)?;
        self.rows()
    }

    /// Prepares a statement of this name, whose parameters are texts.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub fn prepare(&mut self, name: &str, statement: &str) -> Result<(), SessionError> {
        let mut messages = BytesMut::new();
        frontend::parse(name, statement, [], &mut messages)?;
        frontend::sync(&mut messages);
        self.send(&messages)?;
        self.rows().map(drop)
    }

    /// The same, unless one of this name was prepared before.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub fn prepare_once(&mut self, name: &str, statement: &str) -> Result<(), SessionError> {
        if !self.prepared.contains(name) {
            self.prepare(name, statement)?;
            self.prepared.insert(name.to_owned());
        }
        Ok(())
    }

    /// Executes a statement that was prepared.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub fn execute(&mut self, name: &str, parameters: &[&str]) -> Result<Vec<Row>, SessionError> {
        let mut messages = BytesMut::new();
        let write = |value: &&str, to: &mut BytesMut| {
            to.extend_from_slice(value.as_bytes());
            Ok(postgres_protocol::IsNull::No)
        };
        frontend::bind("", name, [], parameters, write, [], &mut messages).map_err(|error| {
            match error {
                frontend::BindError::Conversion(error) => io::Error::other(error),
                frontend::BindError::Serialization(error) => error,
            }
        })?;
        frontend::execute("", 0, &mut messages)?;
        frontend::sync(&mut messages);
        self.send(&messages)?;
        self.rows()
    }

    /// Asks PostgreSQL, on a connection of its own, to cancel the statement that runs on this one.
    ///
    /// # Errors
    /// If it cannot be asked within a quarter of a second.
    pub fn cancel(&self) -> io::Result<()> {
        let mut message = BytesMut::new();
        frontend::cancel_request(self.process_id, self.secret_key, &mut message);
        let mut stream = TcpStream::connect_timeout(&self.address, CANCEL)?;
        stream.set_write_timeout(Some(CANCEL))?;
        stream.write_all(&message)
    }

    /// Whether nothing has come that was not asked for: that it was closed, or is about to be.
    pub fn is_quiet(&self) -> bool {
        let peek = || {
            let stream = self.stream.tcp();
            stream.set_nonblocking(true)?;
            let peeked = stream.peek(&mut [0]);
            stream.set_nonblocking(false)?;
            peeked
        };
        matches!(peek(), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    fn log_in(&mut self, login: &Login) -> Result<(), SessionError> {
        let mut message = BytesMut::new();
        let parameters = [
            ("user", login.user.as_str()),
            ("database", login.database.as_str()),
            ("client_encoding", "UTF8"),
            ("application_name", "quartet"),
        ];
        frontend::startup_message(parameters, &mut message)?;
        self.send(&message)?;
        let mut scram = None;
        loop {
            let mut answer = BytesMut::new();
            match self.receive()? {
                Message::AuthenticationCleartextPassword => {
                    frontend::password_message(login.password.as_bytes(), &mut answer)?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let (user, password) = (login.user.as_bytes(), login.password.as_bytes());
                    let hash = md5_hash(user, password, body.salt());
                    frontend::password_message(hash.as_bytes(), &mut answer)?;
                }
                Message::AuthenticationSasl(_) => {
                    let unsupported = sasl::ChannelBinding::unsupported();
                    let begun = sasl::ScramSha256::new(login.password.as_bytes(), unsupported);
                    let begun = scram.insert(begun);
                    let first = begun.message();
                    frontend::sasl_initial_response(sasl::SCRAM_SHA_256, first, &mut answer)?;
                }
                Message::AuthenticationSaslContinue(body) => {
                    let scram = scram.as_mut().ok_or_else(unexpected)?;
                    scram.update(body.data())?;
                    frontend::sasl_response(scram.message(), &mut answer)?;
                }
                Message::AuthenticationSaslFinal(body) => {
                    scram.as_mut().ok_or_else(unexpected)?.finish(body.data())?;
                }
                Message::BackendKeyData(body) => {
                    (self.process_id, self.secret_key) = (body.process_id(), body.secret_key());
                }
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ErrorResponse(body) => return Err(refused(&body)),
                Message::AuthenticationOk | Message::ParameterStatus(_) => {}
                Message::NoticeResponse(_) => {}
                _ => return Err(unexpected().into()),
            }
            self.send(&answer)?;
        }
    }

    /// The rows up to where PostgreSQL is ready again.
    fn rows(&mut self) -> Result<Vec<Row>, SessionError> {
        let mut rows = Vec::new();
        let mut refusal = None;
        loop {
            match self.receive()? {
                Message::DataRow(body) => rows.push(row(&body)?),
                Message::ErrorResponse(body) => refusal = Some(refused(&body)),
                Message::ReadyForQuery(_) => return refusal.map_or(Ok(rows), Err),
                _ => {}
            }
        }
    }

    fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        let left = left(self.deadline)?;
        self.stream.tcp().set_write_timeout(Some(left))?;
        // An answer may have to be read before, where it is encrypted.
        self.stream.tcp().set_read_timeout(Some(left))?;
        self.stream.write(octets)
    }

    fn receive(&mut self) -> io::Result<Message> {
        loop {
            if let Some(message) = Message::parse(&mut self.received)? {
                return Ok(message);
            }
            let left = left(self.deadline)?;
            self.stream.tcp().set_read_timeout(Some(left))?;
            let mut chunk = [0; CHUNK];
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.received.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// Asks for encryption, and agrees on it once octets are sent.
fn encrypted(mut stream: TcpStream, tls: &Tls, deadline: Instant) -> io::Result<Stream> {
    let mut message = BytesMut::new();
    frontend::ssl_request(&mut message);
    let left = left(deadline)?;
    stream.set_write_timeout(Some(left))?;
    stream.set_read_timeout(Some(left))?;
    stream.write_all(&message)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    if answer != *b"S" {
        return Err(io::Error::other("PostgreSQL does not encrypt"));
    }
    let name = tls.name.clone().try_into().map_err(io::Error::other)?;
    let connection = ClientConnection::new(tls.config.clone(), name).map_err(io::Error::other)?;
    Ok(Stream::Tls(Box::new(StreamOwned::new(connection, stream))))
}

/// The time until then, which is more than none.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    match left.is_zero() {
        true => Err(io::ErrorKind::TimedOut.into()),
        false => Ok(left),
    }
}

fn unexpected() -> io::Error {
    io::Error::other("PostgreSQL sends a message that was not to be expected")
}

fn row(body: &DataRowBody) -> io::Result<Row> {
    let mut ranges = body.ranges();
    let mut row = Row::new();
    while let Some(range) = ranges.next()? {
        let text = range.map(|range| String::from_utf8(body.buffer()[range].to_vec()));
        row.push(text.transpose().map_err(io::Error::other)?);
    }
    Ok(row)
}

fn refused(body: &ErrorResponseBody) -> SessionError {
    let (mut code, mut message) = (String::new(), String::new());
    let mut fields = body.fields();
    // What cannot be read is left out: that it is an error is known.
    while let Ok(Some(field)) = fields.next() {
        let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => code = value(),
            b'M' => message = value(),
            _ => {}
        }
    }
    SessionError::Refused { code, message }
}
