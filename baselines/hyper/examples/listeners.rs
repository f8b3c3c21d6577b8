//! Bare hyper with a listener for each worker, to compare with: each has a runtime of its own on one thread, and a
//! socket of its own at the same port, among which the kernel distributes connections (`SO_REUSEPORT`).
//!
//! The finished servers accept from one socket and leave it to the runtime which worker serves a connection. A worker
//! that is busy here keeps its connections waiting though another is idle, and a socket that is closed resets those that
//! wait in it. Another program of the same user may take the same port without an error.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    thread,
};

use quartet_baseline_hyper::app;
use quartet_common::{Listener, Program, shutdown_signal};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
};

/// How many connections wait to be accepted, in each socket.
const BACKLOG: i32 = 1024;

fn main() -> ExitCode {
    quartet_common::main("listeners-hyper", run)
}

fn run(program: Program) -> io::Result<()> {
    let sockets = one_each(program.listeners, program.workers)?;
    let (limits, timeouts) = (program.api.limits, program.timeouts);
    let service = app(program.api);
    let (end, ended) = watch::channel(());
    let mut workers = Vec::new();
    for sockets in sockets {
        let (runtime, service, mut ended) = (runtime()?, service.clone(), ended.clone());
        let shutdown = async move {
            // Whether it is told or the other side is gone.
            let _ = ended.changed().await;
        };
        let served = move || {
            let serving = quartet_connection::serve(sockets, service, &limits, &timeouts, shutdown);
            runtime.block_on(serving)
        };
        workers.push(thread::spawn(served));
    }
    runtime()?.block_on(shutdown_signal(program.ready));
    drop(end);
    for worker in workers {
        let worked = worker.join();
        worked.map_err(|_| io::Error::other("a worker panicked"))??;
    }
    Ok(())
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// For each worker a socket at the place of each of these, which are closed: they do not share their port.
fn one_each(listeners: Vec<Listener>, workers: usize) -> io::Result<Vec<Vec<Listener>>> {
    let place = |listener: &Listener| match listener {
        Listener::Tcp(listener) => listener.local_addr(),
        #[cfg(unix)]
        Listener::Unix(_) => Err(io::Error::other("a Unix socket cannot be shared")),
    };
    let places = listeners.iter().map(place);
    let places: Vec<SocketAddr> = places.collect::<io::Result<_>>()?;
    drop(listeners);
    let bound = |_| places.iter().map(|&place| bind(place)).collect();
    (0..workers).map(bound).collect()
}

fn bind(address: SocketAddr) -> io::Result<Listener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(Listener::Tcp(TcpListener::from(socket)))
}
