//! The network between generator and servers: where an agent can be reached, and how long that takes.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

/// How long a connection may take to be opened, and its token to come.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a round trip is timed; the shortest time counts.
const TIMES: usize = 10;

/// What sends a token to whoever connects, until it is dropped.
#[derive(Debug)]
pub(super) struct Beacon {
    /// Where it listens.
    place: SocketAddr,
    /// What it sends.
    token: String,
    out: Arc<AtomicBool>,
}

/// Where a beacon is, and what is known by it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lit {
    /// Its port.
    pub(super) port: u16,
    /// What it sends to whoever connects.
    pub(super) token: String,
}

impl Beacon {
    /// Begins to send, on one address of this machine, or on all of them where none is given.
    ///
    /// # Errors
    /// Where there is no port.
    pub(super) fn light(address: Option<IpAddr>) -> Result<Self> {
        let places = match address {
            Some(address) => vec![SocketAddr::new(address, 0)],
            // On Linux the first takes IPv4 as well; the second is for kernels without IPv6.
            None => vec![
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            ],
        };
        let listener = TcpListener::bind(&places[..]).context("cannot listen on any port")?;
        let mut place = listener.local_addr()?;
        if place.ip().is_unspecified() {
            place.set_ip(match place.is_ipv6() {
                true => Ipv6Addr::LOCALHOST.into(),
                false => Ipv4Addr::LOCALHOST.into(),
            });
        }
        let token = format!("{:032x}", rand::random::<u128>());
        let sent = format!("{token}\n");
        let out = Arc::new(AtomicBool::new(false));
        let put_out = out.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if put_out.load(Ordering::Relaxed) {
                    break;
                }
                // Who does not wait for it has gone.
                let _ = stream.and_then(|mut stream| stream.write_all(sent.as_bytes()));
            }
        });
        Ok(Self { place, token, out })
    }

    /// What whoever looks for it is told.
    pub(super) fn lit(&self) -> Lit {
        Lit {
            port: self.place.port(),
            token: self.token.clone(),
        }
    }
}

impl Drop for Beacon {
    fn drop(&mut self) {
        self.out.store(true, Ordering::Relaxed);
        // Wakes the thread that listens, which then ends. Where nobody can connect it has ended.
        let _ = TcpStream::connect_timeout(&self.place, PATIENCE);
    }
}

/// A machine that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Where servers are to be asked.
    pub(super) address: IpAddr,
    /// The shortest time that a connection took to be opened.
    pub(super) round_trip: Duration,
}

/// Looks for a beacon at the host that was named, or else at this machine's own address and at those that the other
/// machine says it has.
///
/// # Errors
/// Where it is at none of them.
pub(super) fn find(named: Option<&str>, told: &BTreeSet<IpAddr>, beacon: &Lit) -> Result<Found> {
    let places: Vec<IpAddr> = match named {
        Some(host) => {
            let found = (host, beacon.port).to_socket_addrs();
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
        match hear(SocketAddr::new(address, beacon.port), &beacon.token) {
            Ok(round_trip) => {
                return Ok(Found {
                    address,
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
    /// Whether it is still there, where a beacon was lit.
    ///
    /// # Errors
    /// Where it is not.
    pub(super) fn look(&self, beacon: &Lit) -> Result<()> {
        let place = SocketAddr::new(self.address, beacon.port);
        once(place, &beacon.token).map(drop).with_context(|| {
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
    fn a_beacon_is_found_by_its_token_alone_and_only_while_it_is_lit() {
        let beacon = Beacon::light(None).unwrap();
        let nothing = BTreeSet::new();
        let lit = beacon.lit();
        let found = find(None, &nothing, &lit).unwrap();
        assert_eq!(found.address, IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert!(found.round_trip > Duration::ZERO);
        found.look(&lit).unwrap();
        let other = Lit {
            token: "0".repeat(lit.token.len()),
            ..lit.clone()
        };
        let error = find(None, &nothing, &other).unwrap_err();
        assert!(
            error.to_string().contains("another program answers there"),
            "{error}"
        );
        let named = find(Some("localhost"), &nothing, &lit);
        assert!(named.unwrap().address.is_loopback());

        drop(beacon);
        let deadline = Instant::now() + Duration::from_secs(20);
        while found.look(&lit).is_ok() {
            assert!(Instant::now() < deadline, "it is not put out");
        }
        let again = Beacon::light(Some(found.address)).unwrap();
        found.look(&again.lit()).unwrap();
        assert!(again.place.ip().is_loopback());
    }

    #[test]
    fn where_nothing_listens_the_address_is_said() {
        let lit = Lit {
            port: 1,
            token: "x".to_owned(),
        };
        let error = find(Some("127.0.0.1"), &BTreeSet::new(), &lit).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("at 127.0.0.1 (127.0.0.1)"), "{error}");
        assert!(
            error.ends_with("--servers-address names another"),
            "{error}"
        );
    }
}
