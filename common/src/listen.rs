//! Where a program listens: addresses, Unix sockets, and sockets that it inherits.

mod address;
mod bind;
mod room;

use std::{io, net::TcpListener};

#[cfg(unix)]
use std::os::unix::net::UnixListener;

pub use address::Address;
pub use bind::{ListenError, listen};
pub(crate) use room::{NoRoom, ensure_room};

/// A socket that is bound and listens, and does not block. TCP's have TCP_NODELAY, which Linux hands
/// on to every connection accepted from them.
#[derive(Debug)]
pub enum Listener {
    /// Over TCP.
    Tcp(TcpListener),
    /// Over a socket in the file system.
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    /// Where it listens, as the line says that a program prints.
    pub(crate) fn place(&self) -> io::Result<String> {
        match self {
            Self::Tcp(listener) => Ok(format!("http://{}", listener.local_addr()?)),
            #[cfg(unix)]
            Self::Unix(listener) => {
                let address = listener.local_addr()?;
                let path = address.as_pathname().map(|path| path.display().to_string());
                Ok(format!("unix:{}", path.unwrap_or_default()))
            }
        }
    }

    /// A second descriptor of it.
    fn duplicate(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(listener) => Self::Tcp(listener.try_clone()?),
            #[cfg(unix)]
            Self::Unix(listener) => Self::Unix(listener.try_clone()?),
        })
    }
}
