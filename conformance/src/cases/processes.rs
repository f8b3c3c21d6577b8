//! Steps of the cases that start processes of their own.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use crate::http::{Connection, Request};
use crate::servers::{Process, Setting, Signal};
use crate::tools::ScratchFile;
use crate::{Context, Deviation, Model, ensure};

/// How long a process may take to do what it does at once, on a machine that is busy.
pub(super) const AT_ONCE: Duration = Duration::from_secs(3);

/// Octets in a greeting that is large: several times what a system buffers of a connection that
/// is opened [narrowly](connect_narrowly).
pub(super) const LARGE: usize = 1024 * 1024;

/// The receive buffer of a client that keeps the server from being done with a large answer.
const NARROW: usize = 16 * 1024;

/// The largest segment that such a client takes. Linux sizes a server's send buffer by it, and by
/// loopback's own it would be megabytes.
#[cfg(unix)]
const SEGMENT: u32 = 1400;

/// How long an answer may take to begin.
const BEGINNING: Duration = Duration::from_secs(5);

/// Starts a further process with these settings, and a view of it.
///
/// # Errors
/// A deviation if it does not get ready.
pub(super) fn start(
    context: &Context,
    settings: &[Setting<'_>],
) -> Result<(Process, Context), Deviation> {
    let process = context.start(context.options(settings)?)?;
    let view = context.seen_at(process.base_url());
    Ok((process, view))
}

/// Sends a signal.
///
/// # Errors
/// The case ends without a verdict if the system does not deliver it.
pub(super) fn signal(
    context: &Context,
    process: &mut Process,
    signal: Signal,
) -> Result<(), Deviation> {
    let sent = process.signal(signal);
    sent.map_err(|error| context.obstructed(format!("cannot send {}: {error}", signal.as_str())))
}

/// Waits until a process that has been sent a signal ends, with exit status 0.
///
/// # Errors
/// A deviation if it does not within `limit`, or ends otherwise.
pub(super) fn ends_well(
    process: &mut Process,
    limit: Duration,
    after: &str,
) -> Result<Duration, Deviation> {
    let start = Instant::now();
    let status = ends(process, limit, after)?;
    ensure!(
        status.code() == Some(0),
        "after {after} it ended with {status}, not 0"
    );
    Ok(start.elapsed())
}

/// Waits until a process ends.
///
/// # Errors
/// A deviation if it does not within `limit`.
pub(super) fn ends(
    process: &mut Process,
    limit: Duration,
    after: &str,
) -> Result<ExitStatus, Deviation> {
    let ended = process.ended_within(limit);
    ended.ok_or_else(|| Deviation(format!("{limit:?} after {after} it has not ended")))
}

/// Checks that a process serves: that GET of the greetings is answered as it must be, or as the
/// server under test answers it. That this is wrong is for other cases to say.
///
/// # Errors
/// A deviation if it is not.
pub(super) fn serves(view: &Context) -> Result<(), Deviation> {
    let response = view.get("/greetings")?;
    let expected = view.model().answer("GET", "/greetings");
    let checked = expected.check(&response).map(drop);
    checked.or_else(|why| {
        let first = view.aside().seen_at(view.target().base.clone());
        let usual = first.get("/greetings")?;
        ensure!(
            usual.status < 500 && usual.status == response.status && usual.body == response.body,
            "GET /greetings: {why}"
        );
        Ok(())
    })
}

/// A file of the case's own, gone when this is.
///
/// # Errors
/// The case ends without a verdict if it cannot be written.
pub(super) fn scratch_file(context: &Context, content: &[u8]) -> Result<ScratchFile, Deviation> {
    let written = ScratchFile::with(content);
    written.map_err(|error| context.obstructed(format!("cannot write a temporary file: {error}")))
}

/// A process whose one greeting is large, so that its answers are in progress for as long as a
/// client likes.
#[derive(Debug)]
pub(super) struct Large {
    pub(super) process: Process,
    pub(super) view: Context,
    model: Model,
    _file: ScratchFile,
}

impl Large {
    /// Starts it, with so many octets in the greeting, and further settings.
    ///
    /// # Errors
    /// A deviation if it does not get ready.
    pub(super) fn start(
        context: &Context,
        octets: usize,
        settings: &[Setting<'_>],
    ) -> Result<Self, Deviation> {
        let greetings = BTreeMap::from([("en".to_owned(), "Hello".repeat(octets / 5))]);
        let content = serde_json::to_vec(&greetings).map_err(|e| context.obstructed(e))?;
        let file = scratch_file(context, &content)?;
        let data = Setting::DataFile(file.path());
        let (process, view) = start(context, &[settings, &[data]].concat())?;
        Ok(Self {
            process,
            view,
            model: Model::new(greetings),
            _file: file,
        })
    }

    /// Asks for the greetings and waits until the answer begins.
    ///
    /// # Errors
    /// A deviation if it does not.
    pub(super) fn ask(&self) -> Result<InProgress, Deviation> {
        let stream = connect_narrowly(&self.view)?;
        let watched = stream.try_clone().map_err(|e| self.view.obstructed(e))?;
        let mut connection = self.view.over(stream)?;
        let request = self.view.prepare(Request::get("/greetings"));
        connection.send(&request.to_bytes())?;
        let begun = watched
            .set_read_timeout(Some(BEGINNING))
            .and_then(|()| watched.peek(&mut [0]));
        match begun {
            Ok(1..) => Ok(InProgress(connection)),
            Ok(0) => Err(Deviation("GET /greetings was not answered".to_owned())),
            Err(error) => Err(Deviation(format!(
                "no answer to GET /greetings began within {BEGINNING:?}: {error}"
            ))),
        }
    }

    /// Asks for the greetings and reads the answer.
    ///
    /// # Errors
    /// A deviation if it is not right.
    pub(super) fn get(&self) -> Result<(), Deviation> {
        let response = self.view.aside().get("/greetings")?;
        let answer = self.model.answer("GET", "/greetings");
        answer.check(&response).map(drop)
    }

    /// Reads an answer to its end.
    ///
    /// # Errors
    /// A deviation if it is not whole, or not right.
    pub(super) fn finish(&self, mut answer: InProgress) -> Result<(), Deviation> {
        let response = answer.0.receive("GET")?;
        self.model
            .answer("GET", "/greetings")
            .check(&response)
            .map(drop)
    }
}

/// An answer that has begun, and cannot end before it is read.
#[derive(Debug)]
pub(super) struct InProgress(Connection);

/// Opens a connection of which little is buffered, on either side.
///
/// # Errors
/// A deviation if it is not accepted.
pub(super) fn connect_narrowly(view: &Context) -> Result<TcpStream, Deviation> {
    let connect = |address: SocketAddr| -> io::Result<TcpStream> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // Both must be small before the connection exists, whose window they bound.
        socket.set_recv_buffer_size(NARROW)?;
        #[cfg(unix)]
        socket.set_tcp_mss(SEGMENT)?;
        socket.connect_timeout(&address.into(), BEGINNING)?;
        Ok(socket.into())
    };
    let address = view.base().socket().to_socket_addrs();
    address
        .and_then(|mut addresses| addresses.next().ok_or(io::ErrorKind::NotFound.into()))
        .and_then(connect)
        .map_err(|error| Deviation(format!("no connection to {}: {error}", view.base())))
}
