//! Counts connections on their way.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// Passes every connection on to another address, octet for octet, until it is dropped.
#[derive(Debug)]
pub(super) struct Relay {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    stopping: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Relay {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be had.
    pub(super) fn start(to: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let stopping = Arc::new(AtomicBool::new(false));
        let (count, stop) = (connections.clone(), stopping.clone());
        let acceptor = std::thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                count.fetch_add(1, Ordering::Relaxed);
                // A connection that fails ends, which is what the client is to see.
                let _ = client.and_then(|client| pass_on(client, to));
            }
        });
        Ok(Self {
            address,
            connections,
            stopping,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has passed on.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

fn pass_on(client: TcpStream, to: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(to)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let (from_client, to_client) = (client.try_clone()?, client);
    let (from_server, to_server) = (server.try_clone()?, server);
    std::thread::spawn(move || copy(from_client, to_server));
    std::thread::spawn(move || copy(from_server, to_client));
    Ok(())
}

/// Copies one direction to its end, and ends it on the other side too.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    // Either end may go at any time; the other is told so below.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Wakes the acceptor. If it cannot be reached it cannot be woken, and is left behind.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            // It ends without a value, and has no cause to panic.
            let _ = acceptor.join();
        }
    }
}
