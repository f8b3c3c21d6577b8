//! One careful request: the answer that every later one is compared with.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use quartet_generator::Exchange;
use quartet_generator::response::{Progress, ResponseReader};
use serde_json::Value;

/// How long a server may take over one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than any greeting; an answer beyond it is wrong already.
const MOST_BYTES: usize = 16 << 20;

/// Field lines a response may have.
const MOST_FIELDS: usize = 64;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status code.
    pub status: u16,
    /// Its entity tag, if it has one.
    pub etag: Option<String>,
    /// Its media type, if it has one.
    pub content_type: Option<String>,
    /// Its content.
    pub content: Vec<u8>,
}

/// Asks for `path` and gives the content, having made sure that it is what `expected` says.
///
/// It must be 200 and mean the same JSON, be it with white space and escapes, as some frameworks have
/// it: who sends more than is needed has done no less.
///
/// # Errors
/// Where the server cannot be asked, or answers anything else.
pub fn checked_get(address: SocketAddr, path: &str, expected: &Value) -> Result<Vec<u8>> {
    checked_answer(address, path, expected).map(|answer| answer.content)
}

/// As [`checked_get`], with what else the answer says.
///
/// # Errors
/// As [`checked_get`].
pub fn checked_answer(address: SocketAddr, path: &str, expected: &Value) -> Result<Answer> {
    let answer = get(address, path, &[])?;
    let (status, content) = (answer.status, &answer.content);
    ensure!(status == 200, "GET {path} answers {status}, not 200");
    let found: Value = serde_json::from_slice(content)
        .with_context(|| format!("the answer to GET {path} is not JSON"))?;
    ensure!(
        found == *expected,
        "GET {path} answers {}, not {}",
        shown(&found),
        shown(expected)
    );
    Ok(answer)
}

/// A value, or the beginning of a long one.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(500) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A connection that sends at once, and on which nothing is waited for longer than `PATIENCE`.
///
/// # Errors
/// Where the server does not accept.
pub fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Asks for `path` on a connection that is left open, and gives the answer's status and content.
///
/// # Errors
/// Where no answer comes, or one that ends with its connection.
pub fn ask(stream: &mut TcpStream, address: SocketAddr, path: &str) -> Result<(u16, Vec<u8>)> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut reader = ResponseReader::new();
    let mut content = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let count = match stream.read(&mut buffer)? {
            0 => bail!("the connection was closed within the answer"),
            count => count,
        };
        let progress = reader.feed(&buffer[..count], |piece| content.extend_from_slice(piece))?;
        ensure!(content.len() <= MOST_BYTES, "more than {MOST_BYTES} bytes");
        if let Progress::Complete { used } = progress {
            ensure!(used == count, "more came than the answer");
            return Ok((reader.status(), content));
        }
    }
}

/// Asks for `path` with these header fields, on a connection of its own.
///
/// # Errors
/// Where the server cannot be asked, no answer comes, or one without a length.
pub fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.push_str("\r\n");
    connect(address)
        .and_then(|mut stream| answer_to(&mut stream, request.as_bytes()))
        .with_context(|| format!("GET {path} from {address}"))
}

/// Asks what an exchange asks once, whatever it expects, on a connection of its own.
///
/// # Errors
/// Where the server cannot be asked, no answer comes, or one without a length.
pub fn once(address: SocketAddr, exchange: &Exchange) -> Result<Answer> {
    connect(address)
        .and_then(|mut stream| answer_to(&mut stream, exchange.request()))
        .with_context(|| address.to_string())
}

fn answer_to(stream: &mut TcpStream, request: &[u8]) -> Result<Answer> {
    stream.write_all(request)?;
    let mut received = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        if let Some(answer) = complete(&received)? {
            return Ok(answer);
        }
        match stream.read(&mut buffer)? {
            0 => bail!("the connection was closed within the answer"),
            count => received.extend_from_slice(&buffer[..count]),
        }
        ensure!(received.len() <= MOST_BYTES, "more than {MOST_BYTES} bytes");
    }
}

/// The answer, once all of it has come.
fn complete(received: &[u8]) -> Result<Option<Answer>> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(head) = response
        .parse(received)
        .context("the answer is not HTTP/1.1")?
    else {
        return Ok(None);
    };
    let status = response.code.context("the answer has no status")?;
    let field = |name: &str| {
        let field = response
            .headers
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(field.value)
            .ok()
            .map(|value| value.trim().to_owned())
    };
    let length: usize = match status {
        // It has no content, whatever length it states (RFC 9110 §15.4.5).
        304 => 0,
        _ => field("content-length")
            .context("the answer has no Content-Length")?
            .parse()
            .context("the answer's Content-Length is no number")?,
    };
    let content = &received[head..];
    ensure!(
        content.len() <= length,
        "more came than the answer's Content-Length"
    );
    Ok((content.len() == length).then(|| Answer {
        status,
        etag: field("etag"),
        content_type: field("content-type"),
        content: content.to_vec(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::net::TcpListener;
    use std::thread;

    /// Serves one connection: these bytes, in two pieces, then the end.
    fn serve(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).unwrap() > 0);
            let (first, second) = answer.split_at(answer.len() / 2);
            stream.write_all(first).unwrap();
            stream.write_all(second).unwrap();
        });
        address
    }

    fn asked(answer: &'static [u8]) -> Result<Vec<u8>> {
        checked_get(serve(answer), "/x", &json!({"a": 1}))
    }

    #[track_caller]
    fn refused(answer: &'static [u8], why: &str) {
        let error = format!("{:#}", asked(answer).unwrap_err());
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn the_right_answer_is_given_back() {
        let content = asked(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}").unwrap();
        assert_eq!(content, br#"{"a":1}"#);
        let content = asked(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}").unwrap();
        assert_eq!(content, br#"{"a": 1}"#);
    }

    #[test]
    fn anything_else_is_refused() {
        refused(
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 7\r\n\r\n{\"a\":1}",
            "answers 404",
        );
        refused(
            b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":2}",
            r#"{"a":2}, not"#,
        );
        refused(
            b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n<br>",
            "not JSON",
        );
        refused(
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\":1}",
            "closed within",
        );
        refused(b"HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", "no Content-Length");
        refused(
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{\"a\":1}",
            "more came",
        );
        refused(b"220 mail ready\r\n", "not HTTP/1.1");
    }

    #[test]
    fn nobody_there_is_said() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let error = checked_get(address, "/x", &json!(1))
            .unwrap_err()
            .to_string();
        assert!(error.contains(&address.to_string()), "{error}");
    }
}
