//! As much of WebDriver (W3C) as it takes to look at a page and press its buttons.
//!
//! The protocol is JSON over HTTP/1.1. The crates for it are asynchronous and would bring hyper and
//! tokio, which a suite that tests servers built on them had better not stand on.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// How long a command may take: loading a page is the longest, and has its own limit below this.
const PATIENCE: Duration = Duration::from_secs(90);

/// The longest answer that is read.
const LONGEST_ANSWER: u64 = 16 * 1024 * 1024;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebDriverError {
    /// The driver cannot be talked to.
    #[error("the browser's driver does not answer: {0}")]
    Io(#[from] io::Error),
    /// It answered something that is not WebDriver.
    #[error("the browser's driver answers {0:?}")]
    Malformed(String),
    /// It carried out the command, which failed; a sentence for people.
    #[error("{0}")]
    Failed(String),
}

/// A driver, by its address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Driver(pub(super) SocketAddr);

impl Driver {
    /// Carries out a command and returns its `value`.
    ///
    /// # Errors
    /// If it failed, or the driver is not there.
    pub(super) fn call(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, WebDriverError> {
        // GET and DELETE take no parameters.
        let content = match body {
            Value::Null => String::new(),
            _ => body.to_string(),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{content}",
            self.0,
            content.len()
        );
        let mut stream = TcpStream::connect_timeout(&self.0, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        read(BufReader::new(stream.take(LONGEST_ANSWER)))
    }
}

/// The `value` of an answer (§6.3), or the error that it is (§6.6). Drivers do not end the
/// connection even where they are asked to, so that the content ends as its length says.
fn read(mut answer: impl BufRead) -> Result<Value, WebDriverError> {
    let mut status = String::new();
    answer.read_line(&mut status)?;
    let malformed = || WebDriverError::Malformed(status.trim_end().to_owned());
    let mut length = None;
    loop {
        let mut line = String::new();
        answer.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok();
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut content = Vec::new();
    answer
        .take(length.ok_or_else(malformed)?)
        .read_to_end(&mut content)?;
    let mut content: Value = serde_json::from_slice(&content).map_err(|_| malformed())?;
    if status.starts_with("HTTP/1.1 200 ") {
        return Ok(content["value"].take());
    }
    let message = content["value"]["message"].as_str().ok_or_else(malformed)?;
    // After the sentences come, in brackets, the versions of everything.
    let sentences = message
        .lines()
        .take_while(|line| !line.trim_start().starts_with('('));
    let sentences: Vec<&str> = sentences.collect();
    Err(WebDriverError::Failed(sentences.join("; ")))
}

/// What asks for a browser without windows that keeps its console's log.
pub(super) fn capabilities(arguments: &[&str]) -> Value {
    json!({"capabilities": {"alwaysMatch": {
        "timeouts": {"pageLoad": 60_000, "script": 30_000},
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {"args": arguments},
    }}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let answer = |status, content: &str| {
            let length = content.len();
            format!("HTTP/1.1 {status}\r\ncontent-length:{length}\r\n\r\n{content}and more")
        };
        let read = |answer: String| read(answer.as_bytes());
        let value = read(answer("200 OK", r#"{"value": [1]}"#));
        assert_eq!(value.expect("it is sound"), json!([1]));
        let failed = read(answer(
            "500 x",
            r#"{"value": {"message": "no such\nthing\n  (v1)\nmore"}}"#,
        ));
        assert!(matches!(failed, Err(WebDriverError::Failed(why)) if why == "no such; thing"));
        for nonsense in [
            String::new(),
            "SSH".to_owned(),
            "HTTP/1.1 200 OK\r\n\r\n{}".to_owned(),
            answer("200 OK", "<html>"),
            answer("404 x", "{}"),
        ] {
            let error = read(nonsense);
            assert!(
                matches!(error, Err(WebDriverError::Malformed(_))),
                "{error:?}"
            );
        }
    }
}
