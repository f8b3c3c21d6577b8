//! As much of RFC 3986 as the suite needs: base URLs, relative references, percent-encoding.

use std::fmt;

/// Where an API is: `http://host:port/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    host: String,
    port: u16,
    prefix: String,
}

/// Why a text is not a base URL the suite can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} cannot be tested: {why}")]
pub struct UrlError {
    url: String,
    why: &'static str,
}

impl BaseUrl {
    /// Reads `http://host[:port][/prefix][/]`.
    ///
    /// # Errors
    /// If the URL is not of that form. `https` is refused: the suite sends exact octets over plain
    /// TCP.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let fail = |why| {
            Err(UrlError {
                url: url.to_owned(),
                why,
            })
        };
        let Some((scheme, rest)) = url.split_once("://") else {
            return fail("must start with http://");
        };
        if scheme.eq_ignore_ascii_case("https") {
            return fail(
                "the suite does not speak TLS, because it sends exact octets; give the http \
                 address behind the TLS proxy",
            );
        }
        if !scheme.eq_ignore_ascii_case("http") {
            return fail("the scheme must be http");
        }
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        if path.contains(['?', '#']) || authority.contains(['?', '#', '@']) {
            return fail("must not have user information, a query or a fragment");
        }
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return fail("has characters that must be percent-encoded");
        }
        let after_literal = authority.rfind(']').map_or(0, |end| end + 1);
        let colon = authority
            .get(after_literal..)
            .and_then(|rest| rest.find(':'))
            .map(|at| at + after_literal);
        let (host, port) = match colon {
            None => (authority, 80),
            Some(colon) => {
                let (host, port) = authority.split_at(colon);
                match port.trim_start_matches(':').parse() {
                    Ok(port) if port > 0 => (host, port),
                    _ => return fail("the port must be a number from 1 to 65535"),
                }
            }
        };
        if host.is_empty() {
            return fail("has no host");
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            prefix: path.trim_end_matches('/').to_owned(),
        })
    }

    /// The root of whatever listens at `address`.
    pub fn at(address: std::net::SocketAddr) -> Self {
        let host = match address {
            std::net::SocketAddr::V4(v4) => v4.ip().to_string(),
            std::net::SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        Self {
            host,
            port: address.port(),
            prefix: String::new(),
        }
    }

    /// The root of the server that this is a part of.
    pub(crate) fn root(&self) -> Self {
        Self {
            prefix: String::new(),
            ..self.clone()
        }
    }

    /// Host name or address; an IPv6 address stands in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port number.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path under which the API is, without a slash at the end; empty at the root.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What belongs in a `Host` field (RFC 9112 §3.2): an IPv6 address without its zone, which means
    /// something on this machine alone (RFC 6874 §4).
    pub fn authority(&self) -> String {
        let host = match self.host.split_once('%') {
            Some((address, _)) if address.starts_with('[') => format!("{address}]"),
            _ => self.host.clone(),
        };
        match self.port {
            80 => host,
            port => format!("{host}:{port}"),
        }
    }

    /// Whether every address of the host is this machine's own. A host without an address is none's.
    pub fn is_loopback(&self) -> bool {
        use std::net::ToSocketAddrs as _;
        self.socket().to_socket_addrs().is_ok_and(|addresses| {
            let mut addresses = addresses.peekable();
            addresses.peek().is_some() && addresses.all(|address| address.ip().is_loopback())
        })
    }

    /// Host and port as [`std::net::ToSocketAddrs`] takes them.
    pub(crate) fn socket(&self) -> (String, u16) {
        let host = self.host.trim_matches(['[', ']']);
        // In a URL the zone of an IPv6 address stands after %25 (RFC 6874 §2).
        (host.replacen("%25", "%", 1), self.port)
    }

    /// Where a reference found on `page` leads: the path and query if it stays on this server.
    /// `page` is a path with the prefix.
    ///
    /// # Errors
    /// The absolute URL if it leads elsewhere.
    pub fn follow(&self, page: &str, reference: &str) -> Result<String, String> {
        let reference = reference.split('#').next().unwrap_or_default();
        let colon = reference.find(':');
        let slash = reference.find(['/', '?']);
        let has_scheme = colon.is_some_and(|colon| slash.is_none_or(|slash| colon < slash));
        let with_authority = if has_scheme {
            reference.to_owned()
        } else if reference.starts_with("//") {
            format!("http:{reference}")
        } else {
            return Ok(resolve(page, reference));
        };
        match Self::parse_origin(&with_authority) {
            Some((origin, path)) if origin.host == self.host && origin.port == self.port => {
                Ok(resolve("/", if path.is_empty() { "/" } else { path }))
            }
            _ => Err(with_authority),
        }
    }

    /// The origin of an absolute http URL, and what follows it: path and query. None if it is no such URL.
    pub(crate) fn parse_origin(url: &str) -> Option<(Self, &str)> {
        let start = url.find("://")? + 3;
        let end = url
            .get(start..)?
            .find(['/', '?'])
            .map_or(url.len(), |at| start + at);
        let (origin, path) = url.split_at(end);
        Some((Self::parse(origin).ok()?, path))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}/", self.authority(), self.prefix)
    }
}

/// Resolves a reference without authority against a path (RFC 3986 §5.2.2, §5.2.4).
fn resolve(base: &str, reference: &str) -> String {
    let base = base.split('?').next().unwrap_or_default();
    let (path, query) = match reference.find('?') {
        Some(at) => reference.split_at(at),
        None => (reference, ""),
    };
    let merged = if path.is_empty() {
        base.to_owned()
    } else if path.starts_with('/') {
        path.to_owned()
    } else {
        let directory = base.rfind('/').map_or("/", |slash| &base[..=slash]);
        format!("{directory}{path}")
    };
    remove_dot_segments(&merged) + query
}

fn remove_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for segment in path.trim_start_matches('/').split('/') {
        ends_open = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    if ends_open {
        kept.push("");
    }
    format!("/{}", kept.join("/"))
}

/// Decodes percent-encoded octets (RFC 3986 §2.1), or nothing if a `%` is not followed by two
/// hexadecimal digits.
pub fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    Some(decoded)
}

/// Percent-encodes every octet that is not unreserved (RFC 3986 §2.3).
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_read() {
        for (url, host, port, prefix) in [
            ("http://localhost", "localhost", 80, ""),
            ("http://127.0.0.1:8000/", "127.0.0.1", 8000, ""),
            ("HTTP://[::1]:81/a/b/", "[::1]", 81, "/a/b"),
            ("http://[::1]", "[::1]", 80, ""),
        ] {
            let base = BaseUrl::parse(url).unwrap();
            assert_eq!(
                (base.host(), base.port(), base.prefix()),
                (host, port, prefix)
            );
        }
    }

    #[test]
    fn a_zone_is_connected_to_and_not_sent() {
        for url in ["http://[fe80::1%25lo]:81/", "http://[fe80::1%lo]:81/"] {
            let base = BaseUrl::parse(url).unwrap();
            assert_eq!(base.socket(), ("fe80::1%lo".to_owned(), 81));
            assert_eq!(base.authority(), "[fe80::1]:81");
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "localhost:80",
            "https://x/",
            "ftp://x",
            "http://",
            "http://:80",
            "http://x:0",
            "http://x:port",
            "http://x/?q",
            "http://u@x/",
            "http://x/é",
            "http://x /",
        ] {
            assert!(BaseUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        let is_loopback = |url| BaseUrl::parse(url).unwrap().is_loopback();
        assert!(is_loopback("http://127.0.0.1:1") && is_loopback("http://[::1]/"));
        assert!(!is_loopback("http://192.0.2.1/"));
    }

    #[test]
    fn references_are_followed() {
        let base = BaseUrl::parse("http://h:81/p/").unwrap();
        for (page, reference, path) in [
            ("/p/docs", "docs/a.css", "/p/docs/a.css"),
            ("/p/docs", "./openapi.json#x", "/p/openapi.json"),
            ("/p/docs/x", "../../../q?a=../b", "/q?a=../b"),
            ("/p/", "docs", "/p/docs"),
            ("/p/docs", ".", "/p/"),
            ("/p/docs", "/x:y", "/x:y"),
            ("/p/docs", "", "/p/docs"),
            ("/p/docs", "//h:81/z", "/z"),
            ("/p/docs", "http://h:81", "/"),
        ] {
            assert_eq!(
                base.follow(page, reference).as_deref(),
                Ok(path),
                "{reference}"
            );
        }
        for elsewhere in [
            "http://h/z",
            "//cdn.example/x.js",
            "data:x",
            "https://h:81/",
        ] {
            assert!(base.follow("/p/docs", elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn percent_encoding_round_trips() {
        let text = "a/é%\0~";
        assert_eq!(percent_encode(text), "a%2F%C3%A9%25%00~");
        assert_eq!(
            percent_decode(&percent_encode(text)).unwrap(),
            text.as_bytes()
        );
        assert_eq!(percent_decode("%zz"), None);
        assert_eq!(percent_decode("%4"), None);
        assert_eq!(percent_decode("%+1"), None);
    }
}
