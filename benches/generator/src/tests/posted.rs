//! Requests with content.

use super::*;

/// A server that answers each request when it has all of its content, with how many bytes that were, if they are
/// these.
fn counting(content: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, content) = (stream.unwrap(), content.clone());
            thread::spawn(move || while answer(&mut stream, &content).is_some() {});
        }
    });
    address
}

/// None where the client has closed.
fn answer(stream: &mut TcpStream, content: &[u8]) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let length = format!("Content-Length: {}\r\n", content.len());
    assert!(head.contains(&length), "{head}");
    let mut came = vec![0; content.len()];
    stream.read_exact(&mut came).ok()?;
    let said = if came == content { came.len() } else { 0 };
    stream.write_all(&ok(said.to_string().as_bytes())).ok()
}

/// Bytes that are nowhere the same, so that one too many or too few is seen.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

fn exchange(content: &[u8]) -> Exchange {
    let said = content.len().to_string().into_bytes();
    Exchange::post("/x", "localhost", &[("A", "b")], content, 200, said)
}

#[test]
fn a_request_is_its_head_and_its_content() {
    let request = exchange(b"12345");
    assert_eq!(
        request.request(),
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nA: b\r\nContent-Length: 5\r\n\r\n12345"
    );
}

#[test]
fn content_arrives_whole_on_every_connection_though_a_socket_takes_only_a_part_of_it() {
    for length in [0, 1, 100_000, 8 << 20] {
        let content = content(length);
        let address = counting(content.clone());
        let mut connections = Connections::open(address, 2, PATIENCE).unwrap();
        let slice = connections
            .closed_loop(&exchange(&content), Duration::ZERO, Duration::ZERO)
            .unwrap();
        assert!(slice.requests >= 4, "{slice:?}");
    }
}

#[test]
fn an_answer_before_the_content_is_an_error() {
    // It reads no more than the beginning of the head.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        stream.write_all(&response("413 x", "", b"")).unwrap();
        // The client ends it.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let content = content(64 << 20);
    let mut connections = Connections::open(address, 1, PATIENCE).unwrap();
    let slice = connections.closed_loop(&exchange(&content), RAMP, WINDOW);
    let error = slice.unwrap_err();
    assert!(
        matches!(error, Error::Unsolicited { .. } | Error::Wrong(_)),
        "{error:?}"
    );
}
