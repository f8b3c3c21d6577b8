//! Asks the server in this container whether it is well: the image has neither a shell nor curl.
//!
//! Exit status 0 if `GET /healthz` is answered with 200 within two seconds, 1 otherwise.

use std::env;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    match probe() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("probe: {error}");
            ExitCode::FAILURE
        }
    }
}

fn probe() -> Result<(), Box<dyn Error>> {
    // The address that the server is told; that for all interfaces is not one to connect to.
    let listen = env::var("QUARTET_LISTEN").unwrap_or_else(|_| "127.0.0.1:8000".to_owned());
    let mut address: SocketAddr = listen
        .parse()
        .map_err(|error| format!("QUARTET_LISTEN is {listen}: {error}"))?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut start = [0; 12];
    stream.read_exact(&mut start)?;
    if start.starts_with(b"HTTP/1.") && start.ends_with(b" 200") {
        return Ok(());
    }
    let start = String::from_utf8_lossy(&start);
    Err(format!("the answer starts with {start:?}").into())
}
