//! Free ports, for programs that have to be told one.

use std::io;
#[cfg(unix)]
use std::net::TcpStream;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that systems give to outgoing connections and to who asks for any port (32,768 and
/// above on Linux, 49,152 and above elsewhere): those could be taken between the look and the use.
const PORTS: Range<u16> = 20_000..30_000;

/// A port at which nothing listened at this address a moment ago, and another each time.
///
/// # Errors
/// If no port is free, or the machine does not have the address.
pub(crate) fn free_port(ip: IpAddr) -> io::Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    TcpListener::bind((ip, 0))?;
    let count = PORTS.end - PORTS.start;
    // Processes that start together have neighbouring numbers, and each takes many ports.
    let spread = std::process::id().wrapping_mul(379);
    let first = u16::try_from(spread % u32::from(count)).unwrap_or_default();
    for _ in 0..count {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(first);
        let port = PORTS.start + offset % count;
        if is_free(SocketAddr::new(ip, port)) {
            return Ok(port);
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

/// Whether a connection is refused. A socket bound to the port would be open for a moment longer than
/// here in a process that another thread starts meanwhile, and keep the port from its user.
#[cfg(unix)]
fn is_free(place: SocketAddr) -> bool {
    /// How long a refusal may take.
    const LOOK: std::time::Duration = std::time::Duration::from_millis(200);
    TcpStream::connect_timeout(&place, LOOK)
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Whether the port can be bound. Windows tries a refused connection again for seconds, and starts
/// processes without a copy of this one's sockets.
#[cfg(not(unix))]
fn is_free(place: SocketAddr) -> bool {
    TcpListener::bind(place).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn each_port_is_another_and_can_be_used() {
        let ip = IpAddr::from(Ipv4Addr::LOCALHOST);
        let ports = [(); 3].map(|()| free_port(ip).unwrap());
        let _taken = ports.map(|port| TcpListener::bind((ip, port)).unwrap());
        assert!(ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]);
        assert!(ports.iter().all(|port| PORTS.contains(port)));
    }

    #[test]
    fn an_address_that_the_machine_does_not_have_is_an_error() {
        // 192.0.2.0/24 is for documentation (RFC 5737).
        let error = free_port(Ipv4Addr::new(192, 0, 2, 1).into()).unwrap_err();
        assert_ne!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
