//! The network between generator and servers: where an agent can be reached, and how long that takes.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _,
};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a connection may take to be opened, and its token to come.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a round trip is timed; the shortest time counts.
const TIMES: usize = 10;

/// What sends a token to whoever connects, for as long as the program runs.
#[derive(Debug)]
pub(super) struct Beacon {
    /// Its port, on every address of the machine.
    pub(super) port: u16,
    /// What it sends.
    pub(super) token: String,
}

impl Beacon {
    /// Begins to send.
    ///
    /// # Errors
    /// Where there is no port.
    pub(super) fn light() -> Result<Self> {
        let anywhere = [
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        ];
        // On Linux the first takes IPv4 as well; the second is for kernels without IPv6.
        let listener = TcpListener::bind(&anywhere[..]).context("cannot listen on any port")?;
        let port = listener.local_addr()?.port();
        let token = format!("{:032x}", rand::random::<u128>());
        let sent = format!("{token}\n");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // Who does not wait for it has gone.
                let _ = stream.and_then(|mut stream| stream.write_all(sent.as_bytes()));
            }
        });
        Ok(Self { port, token })
    }
}

/// A beacon that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Where servers are to be asked.
    pub(super) address: IpAddr,
    pub(super) port: u16,
    token: String,
    /// The shortest time that a connection took to be opened.
    pub(super) round_trip: Duration,
}

/// Looks for a beacon at the host that was named, or else at this machine's own address and at those that the other
/// machine says it has.
///
/// # Errors
/// Where it is at none of them.
pub(super) fn find(
    named: Option<&str>,
    told: &BTreeSet<IpAddr>,
    beacon: u16,
    token: &str,
) -> Result<Found> {
    let places: Vec<IpAddr> = match named {
        Some(host) => {
            let found = (host, beacon).to_socket_addrs();
            let found = found.with_context(|| format!("--servers-address {host}"))?;
            found.map(|address| address.ip()).collect()
        }
        None => [IpAddr::V4(Ipv4Addr::LOCALHOST)]
            .into_iter()
            .chain(told.iter().copied())
            .collect(),
    };
    let mut last = None;
    for &address in &places {
        match hear(SocketAddr::new(address, beacon), token) {
            Ok(round_trip) => {
                return Ok(Found {
                    address,
                    port: beacon,
                    token: token.to_owned(),
                    round_trip,
                });
            }
            Err(error) => last = Some((address, error)),
        }
    }
    let Some((address, error)) = last else {
        bail!("the servers' machine has no address");
    };
    let tried = match (named, places.len()) {
        (Some(host), _) => format!("{host} ({address})"),
        (None, 1) => address.to_string(),
        (None, several) => format!("any of its {several} addresses, the last {address}"),
    };
    bail!(
        "cannot reach the servers' machine at {tried}: {error:#}; --servers-address names another"
    )
}

impl Found {
    /// Whether it is still there.
    ///
    /// # Errors
    /// Where it is not.
    pub(super) fn look(&self) -> Result<()> {
        let place = SocketAddr::new(self.address, self.port);
        once(place, &self.token).map(drop).with_context(|| {
            format!(
                "cannot reach the servers' machine at {} any more",
                self.address
            )
        })
    }
}

/// The shortest time that a connection takes to be opened.
fn hear(place: SocketAddr, token: &str) -> Result<Duration> {
    let mut shortest = once(place, token)?;
    for _ in 1..TIMES {
        shortest = shortest.min(once(place, token)?);
    }
    Ok(shortest)
}

fn once(place: SocketAddr, token: &str) -> Result<Duration> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect_timeout(&place, PATIENCE)?;
    let took = begun.elapsed();
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut heard = vec![0; token.len()];
    stream.read_exact(&mut heard)?;
    anyhow::ensure!(heard == token.as_bytes(), "another program answers there");
    Ok(took)
}

/// The addresses of this machine that others may reach it by.
#[cfg(target_os = "linux")]
pub(super) fn own_addresses() -> BTreeSet<IpAddr> {
    let Ok(all) = nix::ifaddrs::getifaddrs() else {
        return BTreeSet::new();
    };
    let addresses = all.filter_map(|one| {
        let address = one.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| Some(IpAddr::V6(address.as_sockaddr_in6()?.ip())))
    });
    // An address of one link alone says nothing without the link's name.
    let reachable = |address: &IpAddr| match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local(),
    };
    addresses.filter(reachable).collect()
}

/// Unknown on this platform.
#[cfg(not(target_os = "linux"))]
pub(super) fn own_addresses() -> BTreeSet<IpAddr> {
    BTreeSet::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beacon_is_found_by_its_token_alone() {
        let beacon = Beacon::light().unwrap();
        let nothing = BTreeSet::new();
        let found = find(None, &nothing, beacon.port, &beacon.token).unwrap();
        assert_eq!(found.address, IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert!(found.round_trip > Duration::ZERO);
        found.look().unwrap();
        let other = "0".repeat(beacon.token.len());
        let error = find(None, &nothing, beacon.port, &other).unwrap_err();
        assert!(
            error.to_string().contains("another program answers there"),
            "{error}"
        );
        let named = find(Some("localhost"), &nothing, beacon.port, &beacon.token);
        assert!(named.unwrap().address.is_loopback());
    }

    #[test]
    fn where_nothing_listens_the_address_is_said() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let error = find(Some("127.0.0.1"), &BTreeSet::new(), port, "x").unwrap_err();
        let error = error.to_string();
        assert!(error.contains("at 127.0.0.1 (127.0.0.1)"), "{error}");
        assert!(
            error.ends_with("--servers-address names another"),
            "{error}"
        );
    }
}
