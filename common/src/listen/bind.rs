//! Sockets from addresses, or from the system. No server is known here.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::{Address, Listener};

/// How many connections wait to be accepted.
const BACKLOG: i32 = 1024;

/// Why a program cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Not where it was told to.
    #[error("cannot listen on {place}: {source}")]
    At {
        /// Where.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// Not on what it was started with.
    #[error("cannot listen on the inherited socket {number} (LISTEN_FDS): {source}")]
    Inherited {
        /// Counted from 1.
        number: usize,
        /// What the system said.
        source: io::Error,
    },
}

/// The sockets that the program was started with, if there are any (sd_listen_fds(3)); else those of
/// `address`. Those of a name are at one port; an address of it that the machine does not have is left
/// out, if there are others.
///
/// # Errors
/// Why one of them cannot be had, in one line that names it.
pub fn listen(address: &Address) -> Result<Vec<Listener>, ListenError> {
    let inherited = inherited()?;
    if !inherited.is_empty() {
        return Ok(inherited);
    }
    let bound = match address {
        Address::Host { .. } => bind_host(address),
        #[cfg(unix)]
        Address::Unix(path) => unix::bind(path).map(|listener| vec![Listener::Unix(listener)]),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    };
    let place = address.to_string();
    bound.map_err(|source| ListenError::At { place, source })
}

#[cfg(unix)]
fn inherited() -> Result<Vec<Listener>, ListenError> {
    let mut inherited = listenfd::ListenFd::from_env();
    let mut take = |index| -> io::Result<Option<Listener>> {
        if let Ok(Some(listener)) = inherited.take_unix_listener(index) {
            listener.set_nonblocking(true)?;
            return Ok(Some(Listener::Unix(listener)));
        }
        let Some(listener) = inherited.take_tcp_listener(index)? else {
            return Ok(None);
        };
        listener.set_nonblocking(true)?;
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        Ok(Some(Listener::Tcp(listener)))
    };
    let mut listeners = Vec::new();
    for index in 0.. {
        let number = index + 1;
        match take(index).map_err(|source| ListenError::Inherited { number, source })? {
            Some(listener) => listeners.push(listener),
            None => break,
        }
    }
    Ok(listeners)
}

#[cfg(not(unix))]
fn inherited() -> Result<Vec<Listener>, ListenError> {
    Ok(Vec::new())
}

/// Listens on every address of a host.
fn bind_host(address: &Address) -> io::Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    let mut port = 0;
    let mut missing = None;
    for mut address in address.resolve()? {
        // A free port, once taken, is that of all addresses.
        if address.port() == 0 {
            address.set_port(port);
        }
        match bind_address(address) {
            Ok(listener) => {
                port = listener.local_addr()?.port();
                listeners.push(Listener::Tcp(listener));
            }
            // `localhost` is named `::1` also where there is no IPv6.
            Err(error) if is_not_here(&error) => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

fn is_not_here(error: &io::Error) -> bool {
    /// EAFNOSUPPORT, for which std has no kind.
    const NO_SUCH_FAMILY: i32 = 97;
    error.kind() == io::ErrorKind::AddrNotAvailable
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(NO_SUCH_FAMILY))
}

fn bind_address(address: SocketAddr) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option would let two programs take one port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(unix)]
mod unix {
    use std::{
        fs, io,
        os::unix::{
            fs::FileTypeExt as _,
            net::{UnixListener, UnixStream},
        },
        path::Path,
    };

    /// Listens on a socket in the file system, in place of one that nobody listens on any more: a
    /// program that ends leaves its socket behind.
    pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
        let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
        if is_socket {
            match UnixStream::connect(path) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    fs::remove_file(path)?;
                }
                Err(error) => return Err(error),
                Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
            }
        }
        let listener = UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_listen(text: &str) -> Result<Vec<Listener>, String> {
        listen(&text.parse()?).map_err(|error| error.to_string())
    }

    fn port(listener: &Listener) -> Option<u16> {
        match listener {
            Listener::Tcp(listener) => Some(listener.local_addr().ok()?.port()),
            #[cfg(unix)]
            Listener::Unix(_) => None,
        }
    }

    #[test]
    fn every_address_of_a_name_is_listened_on_at_one_port() {
        let listeners = try_listen("localhost:0").unwrap();
        let address: Address = "localhost:0".parse().unwrap();
        // Without IPv6 there is only the first.
        let here = address.resolve().unwrap().into_iter();
        let here = here.filter(|address| TcpListener::bind(address).is_ok());
        assert_eq!(listeners.len(), here.count());
        let ports: Vec<_> = listeners.iter().map(port).collect();
        assert!(
            ports
                .iter()
                .all(|port| *port == ports[0] && *port != Some(0))
        );
    }

    #[test]
    fn what_cannot_be_had_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = taken.local_addr().unwrap().to_string();
        let error = try_listen(&place).expect_err("the port is taken");
        assert!(
            error.starts_with(&format!("cannot listen on {place}: ")),
            "{error}"
        );
        let error =
            try_listen("no-such-name.invalid:80").expect_err("there is none (RFC 6761 §6.4)");
        assert!(
            error.starts_with("cannot listen on no-such-name.invalid:80: "),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_unix_socket_that_is_left_behind_is_replaced_and_nothing_else() {
        let directory = std::env::temp_dir().join(format!("quartet-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("socket");
        let place = format!("unix:{}", path.display());

        let first = try_listen(&place).unwrap();
        assert_eq!(first[0].place().unwrap(), place);
        let error = try_listen(&place).expect_err("it is in use");
        assert!(error.contains(&place), "{error}");
        drop(first);
        try_listen(&place).expect("nobody listens on it");

        let file = directory.join("file");
        std::fs::write(&file, "kept").unwrap();
        try_listen(&format!("unix:{}", file.display())).expect_err("it is no socket");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
