//! Asks the server in this container whether it is ready: the image has neither a shell nor curl.
//!
//! Exit status 0 if `GET /readyz` is answered with 200 within two seconds, 1 otherwise. It is asked where
//! the environment says that the server listens, read as the server reads it; options on the server's
//! command line it does not see.

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);

type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    match probe() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("probe: {error}");
            ExitCode::FAILURE
        }
    }
}

fn probe() -> Result<(), Failure> {
    // An empty variable is one that is not set.
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let listen = variable("QUARTET_LISTEN");
    if let Some(path) = listen
        .as_deref()
        .and_then(|told| told.strip_prefix("unix:"))
    {
        let stream = UnixStream::connect(path).map_err(|error| format!("{path}: {error}"))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        return ask(stream);
    }
    let (host, port) = match &listen {
        Some(told) => {
            let (host, port) = told.rsplit_once(':').ok_or("QUARTET_LISTEN has no port")?;
            (host.to_owned(), port.to_owned())
        }
        None => (
            variable("QUARTET_HOST").unwrap_or_else(|| Ipv4Addr::LOCALHOST.to_string()),
            // A link to a service called `port`, which the server overlooks.
            variable("PORT")
                .filter(|port| !port.starts_with("tcp://"))
                .unwrap_or_else(|| "8000".to_owned()),
        ),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port: u16 = port
        .parse()
        .map_err(|error| format!("port {port}: {error}"))?;
    ask(connect(host, port).map_err(|error| format!("{host}, port {port}: {error}"))?)
}

/// A connection to the first address of the host that takes one.
fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut failure = io::Error::other("the name has no address");
    for mut address in (host, port).to_socket_addrs()? {
        // The address for all interfaces is not one to connect to.
        address.set_ip(match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        });
        match connect_to(address) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

fn ask(mut stream: impl Read + Write) -> Result<(), Failure> {
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut start = [0; 12];
    stream.read_exact(&mut start)?;
    if start.starts_with(b"HTTP/1.") && start.ends_with(b" 200") {
        return Ok(());
    }
    let start = String::from_utf8_lossy(&start);
    Err(format!("the answer starts with {start:?}").into())
}
