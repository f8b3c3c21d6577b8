//! Where the reference listens.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use quartet_common::{Address, Listener};
use socket2::{Domain, Protocol, Socket, Type};

use super::conduct::Conduct;

/// One socket that it listens on.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
    /// What it says of it.
    pub(super) said: String,
}

impl Listening {
    fn tcp(listener: TcpListener) -> io::Result<Self> {
        // Each connection has a thread.
        listener.set_nonblocking(false)?;
        let address = listener.local_addr()?;
        let said = format!("http://{address}");
        Ok(Self {
            listener,
            address,
            said,
        })
    }

    fn of(listener: Listener) -> io::Result<Self> {
        match listener {
            Listener::Tcp(listener) => Self::tcp(listener),
            #[cfg(unix)]
            Listener::Unix(listener) => unix::carried(listener),
        }
    }
}

/// Listens where it is told to, or does as the conduct has it.
pub(super) fn listen(address: &Address, conduct: &Conduct) -> io::Result<Vec<Listening>> {
    let is_sound = conduct.takes_inherited
        && conduct.reuses_address
        && !conduct.shares_port
        && !conduct.listens_everywhere
        && conduct.most_addresses == usize::MAX;
    if let Address::Host { .. } = address
        && !is_sound
    {
        let addresses = address.resolve()?.into_iter().take(conduct.most_addresses);
        return addresses
            .map(|address| listen_at(address, conduct))
            .collect();
    }
    #[cfg(unix)]
    if let Address::Unix(path) = address {
        unix::prepare(path, conduct.path)?;
    }
    // The variable is removed where it is read.
    let inherits = std::env::var_os("LISTEN_FDS").is_some();
    let mut listeners = quartet_common::listen(address).map_err(io::Error::other)?;
    if let Address::Host { .. } = address {
        listeners.truncate(conduct.most_inherited);
    }
    let mut places: Vec<_> = listeners
        .into_iter()
        .map(Listening::of)
        .collect::<Result<_, _>>()?;
    if conduct.listens_there_too && inherits {
        for address in address.resolve()? {
            places.push(listen_at(address, conduct)?);
        }
    }
    Ok(places)
}

/// Listens at one address over TCP.
pub(super) fn listen_at(address: SocketAddr, conduct: &Conduct) -> io::Result<Listening> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // On Windows the option would let two programs take one port.
    #[cfg(unix)]
    {
        socket.set_reuse_address(conduct.reuses_address)?;
        socket.set_reuse_port(conduct.shares_port)?;
    }
    let bound = match conduct.listens_everywhere {
        true => (Ipv4Addr::UNSPECIFIED, address.port()).into(),
        false => address,
    };
    socket.bind(&bound.into())?;
    socket.listen(1024)?;
    let mut listening = Listening::tcp(socket.into())?;
    listening.address.set_ip(address.ip());
    listening.said = format!("http://{}", listening.address);
    Ok(listening)
}

/// Says where it listens, a line for each place.
pub(super) fn announce(places: impl IntoIterator<Item = String>) {
    let mut stdout = io::stdout().lock();
    for place in places {
        // Nobody waits for the line if it cannot be written.
        let _ = writeln!(stdout, "listening on {place}").and_then(|()| stdout.flush());
    }
}

#[cfg(unix)]
mod unix {
    use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::{io, path, thread};

    use super::Listening;
    use crate::conduct::Path;

    /// Makes way for a socket, as far as the conduct has it.
    pub(super) fn prepare(path: &path::Path, conduct: Path) -> io::Result<()> {
        match conduct {
            Path::Considerate => Ok(()),
            Path::Kept if path.exists() => Err(io::ErrorKind::AddrInUse.into()),
            Path::Replaced if path.exists() => std::fs::remove_file(path),
            Path::Kept | Path::Replaced => Ok(()),
        }
    }

    /// A socket over TCP, to which what comes over a Unix socket is carried.
    pub(super) fn carried(listener: UnixListener) -> io::Result<Listening> {
        listener.set_nonblocking(false)?;
        let address = listener.local_addr()?;
        let path = address.as_pathname().map(|path| path.display().to_string());
        let mut place = Listening::tcp(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?)?;
        place.said = format!("unix:{}", path.unwrap_or_default());
        let to = place.address;
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || carry(&client, to));
            }
        });
        Ok(place)
    }

    /// Carries octets both ways until both ends have ended. What fails is the client's affair.
    fn carry(client: &UnixStream, to: SocketAddr) -> io::Result<()> {
        let server = TcpStream::connect(to)?;
        thread::scope(|scope| {
            scope.spawn(|| {
                let _ = io::copy(&mut &*client, &mut &server);
                let _ = server.shutdown(Shutdown::Write);
            });
            io::copy(&mut &server, &mut &*client)?;
            client.shutdown(Shutdown::Both)
        })
    }
}
