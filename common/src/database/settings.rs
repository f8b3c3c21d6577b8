//! What a database's URL says, and one connection by it. No query is known here.

use std::path::Path;

use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Client, Config, Connection, Error, Socket,
    config::{Host, SslMode as Negotiation},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    options::DatabaseUrl,
    password, tls,
    url_error::{SslMode, UrlError},
};

type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// How to connect to a database.
#[derive(Clone)]
pub(super) struct Settings {
    config: Config,
    tls: MakeRustlsConnect,
    /// What is tried, one after the other.
    negotiations: &'static [Negotiation],
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without its password.
        self.config.fmt(f)
    }
}

impl Settings {
    /// What a URL says, to be used by a program of this name.
    ///
    /// tokio-postgres does not know all of libpq's sslmodes, nor sslrootcert.
    pub(super) fn new(url: &DatabaseUrl, program: &str) -> Result<Self, UrlError> {
        let url = url.reveal();
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(UrlError::Scheme);
        }
        // A password may have a question mark, for tokio-postgres as well.
        let host = url.find('@').unwrap_or(0);
        let query = url[host..].find('?').map_or(url.len(), |at| host + at);
        let (base, query) = url.split_at(query);
        let query = query.strip_prefix('?').unwrap_or_default();
        let (mut mode, mut roots) = (None, None);
        let mut others = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = percent_decode_str(value).decode_utf8_lossy();
            match name {
                "sslmode" => mode = Some(value.parse()?),
                "sslrootcert" => roots = Some(value.into_owned()),
                _ => others.push(parameter),
            }
        }
        let config = format!("{base}?{}", others.join("&")).parse();
        let mut config: Config = config.map_err(malformed)?;
        // Were it in another place than where it was looked for, it would not be observed.
        if config.get_ssl_mode() != Negotiation::Prefer {
            return Err(UrlError::SslMode);
        }
        let is_local = match config.get_hosts() {
            [] if config.get_hostaddrs().is_empty() => return Err(UrlError::NoHost),
            [] => false,
            hosts => hosts.iter().all(is_socket),
        };
        if config.get_application_name().is_none() {
            config.application_name(program);
        }
        let mode = mode.unwrap_or(SslMode::Prefer);
        let tls = tls::connector(mode, roots.as_deref().map(Path::new))?;
        let negotiations: &[_] = match mode {
            // As libpq has it.
            _ if is_local => &[Negotiation::Disable],
            SslMode::Disable => &[Negotiation::Disable],
            SslMode::Allow => &[Negotiation::Disable, Negotiation::Require],
            SslMode::Prefer => &[Negotiation::Prefer, Negotiation::Disable],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Negotiation::Require],
        };
        Ok(Self {
            config,
            tls,
            negotiations,
        })
    }

    /// For a pool that connects itself, with the first way that is tried.
    #[cfg(feature = "deadpool")]
    pub(super) fn parts(&self) -> (Config, MakeRustlsConnect) {
        let mut config = self.config.clone();
        if let Some(negotiation) = self.negotiations.first() {
            config.ssl_mode(*negotiation);
        }
        (config, self.tls.clone())
    }

    /// Connects once, whatever time that takes.
    pub(super) async fn connect(&self) -> Result<(Client, Connection<Socket, Stream>), Error> {
        let mut config = self.config.clone();
        if config.get_password().is_none()
            && let Some(password) = password::find(&config)
        {
            config.password(password);
        }
        let mut negotiations = self.negotiations.iter();
        loop {
            let mut config = config.clone();
            if let Some(negotiation) = negotiations.next() {
                config.ssl_mode(*negotiation);
            }
            let connected = config.connect(self.tls.clone()).await;
            match connected {
                // The server may refuse one kind of connection, and take the other.
                Err(error) if is_refused(&error) && negotiations.len() > 0 => {}
                connected => return connected,
            }
        }
    }
}

/// Whether a server was reached, and refused.
fn is_refused(error: &Error) -> bool {
    error.as_db_error().is_some() || error.to_string().contains("TLS")
}

fn is_socket(host: &Host) -> bool {
    match host {
        Host::Tcp(_) => false,
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn malformed(error: Error) -> UrlError {
    let source = error.into_source();
    match source.map(|source| source.to_string()) {
        // The name of an option that is none may be part of a password.
        Some(source) if source.starts_with("unknown option") => UrlError::Parameter,
        Some(source) => UrlError::Malformed(source),
        None => UrlError::Malformed("it cannot be read".to_owned()),
    }
}
