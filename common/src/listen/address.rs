//! Addresses as they are written. Nothing listens here.

use std::{
    fmt, io,
    net::{SocketAddr, ToSocketAddrs as _},
    path::PathBuf,
    str::FromStr,
};

/// What a program is told to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A name or an address, and a port. A name stands for all its addresses, an IPv6 address may have
    /// a zone (RFC 4007 §11).
    Host {
        /// Without brackets.
        host: String,
        /// 0 stands for any that is free.
        port: u16,
    },
    /// A socket in the file system.
    Unix(PathBuf),
}

const FORM: &str =
    "must look like 127.0.0.1:8000, [::1]:8000, localhost:8000 or unix:/run/quartet.sock";

impl Address {
    /// The addresses that a name has now, each once; none of a Unix socket.
    ///
    /// # Errors
    /// The name has none, or the system cannot say.
    pub fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let Self::Host { host, port } = self else {
            return Ok(Vec::new());
        };
        let mut addresses = Vec::new();
        for address in (host.as_str(), *port).to_socket_addrs()? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(io::Error::other("the name has no address"));
        }
        Ok(addresses)
    }

    /// A host that may be in brackets, and a port.
    pub(crate) fn of_host(host: &str, port: u16) -> Result<Self, &'static str> {
        let literal = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let host = literal.unwrap_or(host);
        if host.is_empty() || host.contains(['/', '[', ']', ' ']) {
            return Err("must be a name or an address, such as 127.0.0.1, ::1 or localhost");
        }
        Ok(Self::Host {
            host: host.to_owned(),
            port,
        })
    }
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                _ if cfg!(not(unix)) => Err("this system has no Unix sockets"),
                "" => Err(FORM),
                path => Ok(Self::Unix(path.into())),
            };
        }
        let (host, port) = text.rsplit_once(':').ok_or(FORM)?;
        // An IPv6 address without brackets leaves open where its port begins.
        if host.contains(':') && !host.starts_with('[') {
            return Err(FORM);
        }
        Self::of_host(host, port.parse().map_err(|_| FORM)?).map_err(|_| FORM)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Host { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_as_written() {
        for text in [
            "127.0.0.1:8000",
            "[::1]:0",
            "[fe80::1%lo]:8000",
            "localhost:8000",
            "unix:/run/quartet.sock",
            "unix:quartet.sock",
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "8000",
            ":8000",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "::1:8000",
            "[::1]",
            "[]:8000",
            "http://127.0.0.1:8000",
            "tcp://10.0.0.1:80",
            "unix:",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_zone_is_understood() {
        // By its number, which every system takes; loopback is 1 on Linux.
        let address: Address = "[fe80::1%1]:8000".parse().unwrap();
        let resolved = address.resolve().unwrap();
        assert!(matches!(resolved[..], [SocketAddr::V6(one)] if one.scope_id() == 1));
    }
}
