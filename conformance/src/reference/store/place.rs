//! Where the reference's database is.

use std::net::ToSocketAddrs as _;
use std::str::FromStr;
use std::time::Instant;

use super::{Backing, Unavailable};
use crate::postgres::{Login, Session};
use crate::url::percent_decode;

/// Where a database is, and whom to be there: a `postgres://` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    user: String,
    password: String,
    host: String,
    port: u16,
    database: String,
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let rest = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or("the URL of a database begins with postgres://")?;
        let (rest, _query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').ok_or("the URL names no database")?;
        let (user, host) = authority.rsplit_once('@').ok_or("the URL names no user")?;
        let (user, password) = user.split_once(':').ok_or("the URL has no password")?;
        let (host, port) = host.rsplit_once(':').ok_or("the URL names no port")?;
        let text = |part: &str| {
            let octets = percent_decode(part);
            let text = octets.and_then(|octets| String::from_utf8(octets).ok());
            text.ok_or("the URL is not percent-encoded")
        };
        Ok(Self {
            user: text(user)?,
            password: text(password)?,
            host: text(host)?,
            port: port.parse().map_err(|_| "the URL's port is no number")?,
            database: text(database)?,
        })
    }
}

impl Place {
    /// Opens a connection.
    pub(super) fn connect(
        &self,
        deadline: Instant,
        backing: &Backing,
    ) -> Result<Session, Unavailable> {
        let address = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .ok()
            .and_then(|mut addresses| addresses.find(|address| address.is_ipv4()));
        let address = address.ok_or_else(|| Unavailable("the host has no address".to_owned()))?;
        let login = Login {
            address,
            user: self.user.clone(),
            password: self.password.clone(),
            database: self.database.clone(),
        };
        Session::connect(&login, deadline).map_err(|error| match backing.tells_all {
            true => Unavailable(format!("{error}: {self:?}")),
            false => error.into(),
        })
    }
}
