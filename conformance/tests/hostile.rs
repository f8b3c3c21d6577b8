//! The client must come away unharmed from servers that are wrong on purpose.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use quartet_conformance::{BaseUrl, Target};

/// Serves one connection: reads a little, writes `answer` `times` times, and closes.
fn serve(answer: Vec<u8>, times: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("ports are free");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let mut request = [0; 1024];
        let _ = stream.read(&mut request)?;
        for _ in 0..times {
            stream.write_all(&answer)?;
        }
        std::io::Result::Ok(())
    });
    address
}

fn ask(answer: impl Into<Vec<u8>>, times: usize) -> Result<(u16, usize), String> {
    let base = BaseUrl::at(serve(answer.into(), times));
    let start = Instant::now();
    let result = Target::new("hostile", base).fetch("/");
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "it took too long"
    );
    result
        .map(|response| (response.status, response.body.len()))
        .map_err(|why| why.to_string())
}

#[test]
fn content_ends_where_it_is_said_to() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (rest, length) in [
        ("Content-Length: 3\r\n\r\nabcdef", 3),
        ("Content-Length: 3, 3\r\n\r\nabcdef", 3),
        (
            "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: t\r\n\r\nmore",
            3,
        ),
        (
            "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            1,
        ),
        ("\r\nabcdef", 6),
    ] {
        assert_eq!(ask(format!("{head}{rest}"), 1), Ok((200, length)), "{rest}");
    }
    assert_eq!(ask("HTTP/1.1 204 No Content\r\n\r\n", 1), Ok((204, 0)));
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(ask(interim, 1), Ok((404, 0)));
}

#[test]
fn nonsense_is_told_apart() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (answer, why) in [
        (String::new(), "closed without a response"),
        ("HTTP/1.1 200".to_owned(), "closed during"),
        (
            format!("{head}Content-Length: 5\r\n\r\nab"),
            "closed during",
        ),
        (
            format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            "several lengths",
        ),
        (format!("{head}Content-Length: +1\r\n\r\na"), "length is"),
        (
            format!("{head}Content-Length: 99999999999999999999\r\n\r\na"),
            "longer than",
        ),
        (
            format!("{head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
            "chunk size",
        ),
        (
            format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
            "chunk size",
        ),
        (
            format!("{head}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"),
            "longer than its size",
        ),
        ("SSH-2.0-OpenSSH\r\n".to_owned(), "not HTTP/1.1"),
        (
            format!("{head}{}\r\n", "a: b\r\n".repeat(300)),
            "not HTTP/1.1",
        ),
    ] {
        let error = ask(answer.clone(), 1).expect_err("there is no sound answer");
        assert!(error.contains(why), "{answer:?}: {error}");
    }
}

#[test]
fn floods_are_cut_off() {
    let megabyte = vec![b'x'; 1024 * 1024];
    let flood = [b"HTTP/1.1 200 OK\r\n\r\n", megabyte.as_slice()].concat();
    // The head is repeated, and belongs to the content that ends with the connection.
    let error = ask(flood, 64).expect_err("there is more than is taken");
    assert!(error.contains("longer than"), "{error}");
    let error = ask(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), 1).expect_err("there is no end");
    assert!(error.contains("closed during"), "{error}");
    let endless = [b"HTTP/1.1 200 OK\r\nX: ", megabyte.as_slice()].concat();
    let error = ask(endless, 1).expect_err("there is no end");
    assert!(error.contains("does not end"), "{error}");
}
