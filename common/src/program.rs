use std::{
    io::{self, Write as _},
    net::TcpListener,
    process::ExitCode,
    sync::Arc,
};

use clap::{CommandFactory as _, FromArgMatches as _};
use socket2::{Domain, Protocol, Socket, Type};

use crate::{
    Api, ApiKeyError, ApiKeys, DataError, Greetings, Options, Place, Ready, Timeouts,
    docs::Docs,
    openapi::{self, Mode},
};

/// A server program that has read its options and its data and holds its port: all that is left
/// is to run a framework on it.
#[derive(Debug)]
pub struct Program {
    /// Bound, listening and non-blocking, with TCP_NODELAY, which Linux hands on to every
    /// connection accepted from it.
    pub listener: TcpListener,
    /// For [`shutdown_signal`](crate::shutdown_signal) to announce.
    pub ready: Ready,
    /// What the handlers read.
    pub api: Arc<Api>,
    /// How long the server waits, for what.
    pub timeouts: Timeouts,
    /// How many worker threads it runs.
    pub workers: usize,
}

#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: std::net::SocketAddr,
        source: io::Error,
    },
    #[error("cannot print the document: {0}")]
    Print(io::Error),
    #[error(transparent)]
    Serve(io::Error),
}

/// The whole of a server's `main`: reads the options, loads the data, listens, and runs `serve` to its end. A failure is one line on standard error and status 1; a
/// wrong option is status 2.
///
/// `name` is the program's.
pub fn main(name: &'static str, serve: impl FnOnce(Program) -> io::Result<()>) -> ExitCode {
    main_with(name, |program, NoMore {}| serve(program))
}

#[derive(clap::Args)]
struct NoMore {}

/// As [`main`], for a program with options of its own beside those of every server.
pub fn main_with<A: clap::Args>(
    name: &'static str,
    serve: impl FnOnce(Program, A) -> io::Result<()>,
) -> ExitCode {
    let command = A::augment_args(Options::command())
        .name(name)
        .version(env!("CARGO_PKG_VERSION"));
    let matches = command.get_matches();
    let read = Options::from_arg_matches(&matches)
        .and_then(|options| Ok((options, A::from_arg_matches(&matches)?)));
    let (options, more) = match read {
        Ok(both) => both,
        Err(error) => error.exit(),
    };
    let place = match options.place() {
        Ok(place) => place,
        Err(conflict) => {
            eprintln!("{name}: {conflict}");
            return ExitCode::from(2);
        }
    };
    let done = match options.print_openapi {
        Some(version) => print_openapi(version, &options, place),
        None => start(&options, place)
            .and_then(|program| serve(program, more).map_err(StartError::Serve)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the document that a server with these options would serve, octet for octet where it is
/// the version that is served.
fn print_openapi(
    version: openapi::Version,
    options: &Options,
    place: Place,
) -> Result<(), StartError> {
    let keyed = load_keys(options)?.is_some();
    let document = openapi::document_in(version, &Mode { keyed, place });
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(document.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(StartError::Print)
}

fn load_keys(options: &Options) -> Result<Option<ApiKeys>, ApiKeyError> {
    options
        .api_key_file
        .as_deref()
        .map(ApiKeys::load)
        .transpose()
}

fn start(options: &Options, place: Place) -> Result<Program, StartError> {
    tracing_subscriber::fmt()
        .with_max_level(options.log)
        .with_writer(io::stderr)
        .init();
    let greetings = match &options.greetings {
        Some(file) => Greetings::load(file)?,
        None => Greetings::embedded(),
    };
    let keys = load_keys(options)?;
    let mode = Mode {
        keyed: keys.is_some(),
        place,
    };
    let address = options.listen();
    let listening = listen(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (local_address, listener) =
        listening.map_err(|source| StartError::Listen { address, source })?;
    Ok(Program {
        listener,
        ready: Ready(local_address),
        api: Arc::new(Api {
            greetings,
            keys,
            docs: Docs::new(&mode),
            limits: options.limits,
        }),
        timeouts: options.timeouts,
        workers: options.workers(),
    })
}

fn listen(address: std::net::SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // On Windows the option would let two programs take one port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}
