//! Where the reference's database is.

use std::net::ToSocketAddrs as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::{Backing, Unavailable};
use quartet_conformance::postgres::{Login, Session, Tls};
use quartet_conformance::url::percent_decode;

/// Where a database is, and whom to be there: a `postgres://` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    user: String,
    password: String,
    host: String,
    port: u16,
    database: String,
    /// The file of the authority of the certificate that must be for the host.
    root: Option<PathBuf>,
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let rest = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or("the URL of a database begins with postgres://")?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
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
            root: root(query)?,
        })
    }
}

/// The `sslrootcert` of a query with `sslmode=verify-full`. Other modes than that there are none here.
fn root(query: &str) -> Result<Option<PathBuf>, &'static str> {
    let parameter = |name: &str| {
        let mut parameters = query.split('&');
        parameters.find_map(|it| it.strip_prefix(name)?.strip_prefix('='))
    };
    match (parameter("sslmode"), parameter("sslrootcert")) {
        (None, _) => Ok(None),
        (Some("verify-full"), Some(root)) => Ok(Some(PathBuf::from(
            percent_decode(root)
                .and_then(|octets| String::from_utf8(octets).ok())
                .ok_or("the URL is not percent-encoded")?,
        ))),
        (Some(_), _) => Err("the only sslmode is verify-full, with sslrootcert"),
    }
}

impl Place {
    /// Encryption with who has a certificate for the host, of the authority in this file.
    fn tls(&self, root: &Path) -> Result<Tls, Unavailable> {
        let failed = |error: &dyn std::fmt::Display| Unavailable(format!("TLS: {error}"));
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(root).map_err(|error| failed(&error))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| failed(&error))?;
            roots.add(certificate).map_err(|error| failed(&error))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Tls {
            config: Arc::new(config),
            name: self.host.clone(),
        })
    }

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
            tls: match &self.root {
                Some(root) if !backing.ignores_tls => Some(self.tls(root)?),
                _ => None,
            },
        };
        Session::connect(&login, deadline).map_err(|error| match backing.tells_all {
            true => Unavailable(format!("{error}: {self:?}")),
            false => error.into(),
        })
    }
}
