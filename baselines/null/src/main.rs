//! The physical floor: what the kernel alone costs.
//!
//! It reads to the end of each request head and writes bytes that were fixed before, as many as a
//! real server sends: those of the greetings, or with `--content` those of a file. It shows how much
//! of a request is sockets, and whether a load generator can outrun the fastest server there could
//! be.
//!
//! It is not an HTTP server. It looks at nothing but the request target, to tell the list from one
//! greeting, and the head's last line, to see whether the connection is to be closed; it validates
//! nothing, takes a request's content for the next request, sends the same `Date` for ever, and
//! drops what is in flight when it is told to stop.

mod answer;
mod connection;
mod worker;

use std::{
    convert::Infallible,
    fs,
    io::{self, Write},
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::{self, ExitCode},
    thread,
};

use clap::Parser;
use mio::net::TcpListener;
use socket2::SockRef;

use crate::answer::Answers;
use crate::worker::{Acceptor, Worker};

/// Answers every request with constant bytes: the floor of the comparison.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Address and port to listen on; port 0 selects a free one
    #[arg(
        long,
        env = "QUARTET_LISTEN",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:8000"
    )]
    listen: SocketAddr,

    /// Number of threads [default: the number of cores]
    #[arg(long, env = "QUARTET_WORKERS", value_name = "N")]
    workers: Option<NonZeroUsize>,

    /// Answer every request with the content of this file instead of greetings
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
}

fn main() -> ExitCode {
    match serve(Options::parse()) {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: Options) -> io::Result<Infallible> {
    ctrlc::set_handler(|| process::exit(0)).map_err(io::Error::other)?;
    let workers = match options.workers {
        Some(workers) => workers,
        None => thread::available_parallelism()?,
    };
    let answers = match &options.content {
        Some(file) => Answers::of(&read(file)?),
        None => Answers::GREETINGS,
    };
    let (listener, address) = listen(options.listen).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot listen on {}: {error}", options.listen),
        )
    })?;

    let mut inboxes = Vec::new();
    for _ in 1..workers.get() {
        let (worker, inbox) = Worker::new(answers)?;
        inboxes.push(inbox);
        thread::spawn(move || {
            let Err(error) = worker.serve(None);
            eprintln!("{error}");
            process::exit(1);
        });
    }
    let (first, _) = Worker::new(answers)?;

    let mut stdout = io::stdout();
    writeln!(stdout, "listening on http://{address}")?;
    stdout.flush()?;
    first.serve(Some(Acceptor::new(listener, inboxes)))
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    fs::read(file).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot read {}: {error}", file.display()),
        )
    })
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)?;
    // Accepted sockets inherit it, which spares each a system call.
    SockRef::from(&listener).set_tcp_nodelay(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
