//! Where clients find the API, by path or URL.

use std::str::FromStr;

use fluent_uri::Uri;
use fluent_uri::pct_enc::{EStr, encoder};

/// Where clients find the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Where they found whatever leads them on: every link is relative, which holds behind any
    /// proxy.
    #[default]
    Anywhere,
    /// Below this path, on whichever host they ask.
    Below(RootPath),
    /// At this URL.
    At(PublicUrl),
}

/// A root path and a public URL that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("--root-path {path} is not the path of --public-url {url}")]
pub struct PlaceConflict {
    path: String,
    url: String,
}

impl Place {
    /// The place that these two, as far as they are known, say.
    ///
    /// # Errors
    /// If the root path is not the public URL's.
    pub fn of(path: Option<RootPath>, url: Option<PublicUrl>) -> Result<Self, PlaceConflict> {
        match (path, url) {
            (None, None) => Ok(Self::Anywhere),
            (Some(path), None) => Ok(Self::Below(path)),
            (Some(RootPath(path)), Some(url)) if path != url.path() => {
                Err(PlaceConflict { path, url: url.url })
            }
            (_, Some(url)) => Ok(Self::At(url)),
        }
    }

    /// The URL of the document's only server (OpenAPI 3.1 §4.8.5). It may be relative to where the
    /// document was found, which is of no use in a saved file.
    pub fn server(&self) -> &str {
        match self {
            Self::Anywhere => ".",
            Self::Below(RootPath(path)) => path,
            Self::At(url) => url.as_str(),
        }
    }

    /// What the docs page is called in a Location field (RFC 9110 §10.2.2): never with a host, so
    /// that a client stays on the one that it asked.
    pub fn docs(&self) -> String {
        match self {
            Self::Anywhere => "docs".to_owned(),
            Self::Below(RootPath(path)) => format!("{path}/docs"),
            Self::At(url) => format!("{}/docs", url.path()),
        }
    }
}

/// The path below which a proxy in front serves the API: `/content/42`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootPath(String);

/// A string that is no [`RootPath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a root path must look like /content/42, without `.` and `..` as segments")]
pub struct MalformedRootPath;

impl FromStr for RootPath {
    type Err = MalformedRootPath;

    fn from_str(text: &str) -> Result<Self, MalformedRootPath> {
        let path = text.trim_end_matches('/');
        let is_path = EStr::<encoder::Path>::new(path).is_some();
        // Clients remove dot segments, also those that are written with %2E (WHATWG URL §4.1).
        let decoded = path.to_ascii_lowercase().replace("%2e", ".");
        let has_dot_segment = decoded
            .split('/')
            .any(|segment| matches!(segment, "." | ".."));
        if path.starts_with('/') && !path.starts_with("//") && is_path && !has_dot_segment {
            Ok(Self(path.to_owned()))
        } else {
            Err(MalformedRootPath)
        }
    }
}

/// The absolute URL at which clients find the API: `https://host/content/42`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    url: String,
    path_len: usize,
}

/// A string that is no [`PublicUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a public URL must look like https://host/content/42: http or https, a host, no credentials, no \
     query and no fragment"
)]
pub struct MalformedPublicUrl;

impl PublicUrl {
    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Its path, without a slash at its end: empty at a host's root.
    pub fn path(&self) -> &str {
        &self.url[self.url.len() - self.path_len..]
    }
}

impl FromStr for PublicUrl {
    type Err = MalformedPublicUrl;

    fn from_str(text: &str) -> Result<Self, MalformedPublicUrl> {
        let uri = Uri::parse(text).map_err(|_| MalformedPublicUrl)?;
        let scheme = uri.scheme().as_str();
        let is_web = ["http", "https"]
            .iter()
            .any(|web| scheme.eq_ignore_ascii_case(web));
        let has_host = uri.authority().is_some_and(|authority| {
            !authority.host().is_empty()
                && !authority.has_userinfo()
                && authority.port_to_u16().is_ok()
        });
        if !is_web || !has_host || uri.has_query() || uri.has_fragment() {
            return Err(MalformedPublicUrl);
        }
        let path = uri.path().as_str().trim_end_matches('/');
        if !path.is_empty() && path.parse::<RootPath>().is_err() {
            return Err(MalformedPublicUrl);
        }
        Ok(Self {
            url: text.trim_end_matches('/').to_owned(),
            path_len: path.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_has_a_path_or_none() {
        for (text, url, path) in [
            (
                "https://host/content/42",
                "https://host/content/42",
                "/content/42",
            ),
            ("http://[::1]:8000/p/", "http://[::1]:8000/p", "/p"),
            ("HTTPS://host", "HTTPS://host", ""),
            ("https://host/", "https://host", ""),
        ] {
            let public: PublicUrl = text.parse().unwrap();
            assert_eq!((public.as_str(), public.path()), (url, path), "{text}");
        }
    }

    #[test]
    fn what_is_no_public_url_is_refused() {
        for text in [
            "",
            "host/content/42",
            "/content/42",
            "//host/p",
            "https://",
            "https:///p",
            "https:p",
            "ftp://host/p",
            "https://host/p?q",
            "https://host/p#f",
            "https://user:secret@host/p",
            "https://host:99999/p",
            "https://host//other",
            "https://host/a/../b",
            "https://host/{tenant}",
            "https://höst/p",
            "https://host/a b",
            " https://host",
        ] {
            assert_eq!(
                text.parse::<PublicUrl>(),
                Err(MalformedPublicUrl),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_root_path_is_one_that_clients_send_as_it_is() {
        for path in [
            "/content/42",
            "/a%20b",
            "/..a/b.c",
            "/~u/(x);v=1,2",
            "/a//b",
        ] {
            let root: RootPath = path.parse().unwrap();
            assert_eq!(root.0, path);
        }
        for path in [
            "",
            "/",
            "content",
            "//host",
            "/a b",
            "/a?b",
            "/a#b",
            "/%",
            "/%2",
            "/%zz",
            "/ö",
            "/[a]",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/a/%2e%2E/b",
            "/a/.%2e",
        ] {
            assert_eq!(path.parse::<RootPath>(), Err(MalformedRootPath), "{path:?}");
        }
    }

    #[test]
    fn links_name_no_host_and_no_more_of_the_path_than_is_known() {
        let places = [
            Place::Anywhere,
            Place::Below("/p/".parse().unwrap()),
            Place::At("https://host/p/".parse().unwrap()),
            Place::At("https://host".parse().unwrap()),
        ];
        let links = places
            .each_ref()
            .map(|place| (place.server(), place.docs()));
        let expected = [
            (".", "docs"),
            ("/p", "/p/docs"),
            ("https://host/p", "/p/docs"),
            ("https://host", "/docs"),
        ];
        assert_eq!(links, expected.map(|(url, docs)| (url, docs.to_owned())));
    }
}
