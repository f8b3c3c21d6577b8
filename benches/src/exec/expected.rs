//! What the lane `custom` asks, and the answer that is right there.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use quartet_generator::{Connections, Exchange};
use quartet_record::plan::Custom;
use tempfile::NamedTempFile;

use super::{files, read};
use crate::failure::Failure;

/// How long a server may take over one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most content. A slice of more would be a few answers long.
const MOST_BYTES: usize = 16 << 20;

/// How many bytes are shown where answers differ.
const SHOWN: usize = 24;

/// A request, and the content that is right.
#[derive(Debug)]
pub struct Expected {
    path: String,
    content: Vec<u8>,
    /// The content once more, for servers that are told a file: the one of the command line may change.
    file: NamedTempFile,
}

impl Expected {
    /// Reads the content of a file.
    ///
    /// # Errors
    /// Where it cannot be read, or is too long.
    pub(crate) fn read(path: &str, file: &Path) -> Result<Self, Failure> {
        let content = read(file).map_err(|error| Failure::Usage(format!("--expect: {error}")))?;
        if content.len() > MOST_BYTES {
            let (name, most) = (file.display(), MOST_BYTES >> 20);
            let sentence = format!("--expect: {name} is longer than {most} MiB");
            return Err(Failure::Usage(sentence));
        }
        Ok(Self::of(path, content)?)
    }

    /// This content.
    ///
    /// # Errors
    /// Where there is no room for a file.
    pub(crate) fn of(path: &str, content: Vec<u8>) -> Result<Self> {
        let write = || -> std::io::Result<NamedTempFile> {
            let mut file = tempfile::Builder::new()
                .prefix("quartet-content-")
                .tempfile()?;
            file.write_all(&content)?;
            file.flush()?;
            Ok(file)
        };
        Ok(Self {
            path: path.to_owned(),
            file: write().context("cannot write a copy of the expected content")?,
            content,
        })
    }

    /// The path that is requested.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A file that has the content, gone when this is.
    pub(crate) fn file(&self) -> &Path {
        self.file.path()
    }

    /// What the plan of a run says of it.
    pub(crate) fn custom(&self, warm_up: Duration) -> Custom {
        Custom {
            path: self.path.clone(),
            bytes: self.content.len() as u64,
            sha256: files::hash(&self.content),
            warm_up_ms: warm_up.as_millis() as u64,
        }
    }

    /// Asks a server once, and gives what to hold every other answer against: each of their bytes.
    ///
    /// # Errors
    /// Where it does not answer with status 200 and this content; what differs first is in the message.
    pub(crate) fn learn(&self, address: SocketAddr) -> Result<Exchange> {
        let path = &self.path;
        let authority = address.to_string();
        let found = Exchange::learn(address, path, &authority, &[], PATIENCE)
            .with_context(|| format!("GET {path}"))?;
        let status = found.expected_status();
        ensure!(status == 200, "GET {path} answers {status}, not 200");
        if let Some(difference) = difference(found.expected_body(), &self.content) {
            bail!("GET {path} does not answer with the content of --expect: {difference}");
        }
        Ok(found.comparing_all())
    }

    /// Asks a server several times on one connection.
    ///
    /// # Errors
    /// Where it answers otherwise, or not on a connection that is held open.
    pub(crate) fn try_on(&self, address: SocketAddr) -> Result<()> {
        let exchange = self.learn(address)?;
        // No slice has fewer answers than two on each connection.
        let again = Connections::open(address, 1, PATIENCE)
            .and_then(|mut one| one.closed_loop(&exchange, Duration::ZERO, Duration::ZERO));
        again
            .map(drop)
            .with_context(|| format!("GET {}, several times on one connection", self.path))
    }
}

/// What is not the same first, as a phrase; none where all is.
pub(crate) fn difference(found: &[u8], expected: &[u8]) -> Option<String> {
    let pairs = found.iter().zip(expected);
    let same = pairs.take_while(|(one, other)| one == other).count();
    if same == found.len() && same == expected.len() {
        return None;
    }
    let part = |bytes: &[u8]| {
        let rest = &bytes[same..];
        match rest {
            [] => "the end".to_owned(),
            _ => format!("\"{}\"", rest[..rest.len().min(SHOWN)].escape_ascii()),
        }
    };
    let lengths = match found.len() == expected.len() {
        true => String::new(),
        false => format!("{} bytes instead of {}; ", found.len(), expected.len()),
    };
    Some(format!(
        "{lengths}at byte {} it has {} where {} is expected",
        same + 1,
        part(found),
        part(expected)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_said() {
        assert_eq!(difference(b"abc", b"abc"), None);
        assert_eq!(
            difference(b"abc", b"abc\n").unwrap(),
            "3 bytes instead of 4; at byte 4 it has the end where \"\\n\" is expected"
        );
        assert_eq!(
            difference(b"ab\xff", b"abc").unwrap(),
            "at byte 3 it has \"\\xff\" where \"c\" is expected"
        );
        let long = [b'x'; 100];
        assert!(
            difference(&long, b"")
                .unwrap()
                .ends_with("has \"xxxxxxxxxxxxxxxxxxxxxxxx\" where the end is expected")
        );
    }

    #[test]
    fn what_is_expected_must_be_there() {
        let missing = Expected::read("/", Path::new("no-such-file"));
        let Err(Failure::Usage(sentence)) = missing else {
            panic!("{missing:?}");
        };
        assert!(
            sentence.starts_with("--expect: cannot read no-such-file: "),
            "{sentence}"
        );
    }
}
