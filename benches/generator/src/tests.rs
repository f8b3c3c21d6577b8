//! The generator against servers that do what the tests want, over real sockets.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use super::*;

mod learn;
mod loops;
mod posted;
mod threads;

const RAMP: Duration = Duration::from_millis(5);
const WINDOW: Duration = Duration::from_millis(20);
/// How long servers that answer may take, and failures to show.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long servers that do not answer are awaited.
const BRIEFLY: Duration = Duration::from_secs(1);

/// What a server does with a request.
enum Reaction {
    /// Writes these pieces, each on its own.
    Send(Vec<Vec<u8>>),
    /// Writes this, and closes the connection.
    SendAndClose(Vec<u8>),
    /// Writes the beginning of an answer, and goes on with it for ever, slowly.
    SendForEver,
    /// Nothing, until the client closes.
    Silence,
}

use Reaction::{Send, SendAndClose, SendForEver, Silence};

/// A server with a thread for each connection.
struct Server {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Server {
    /// `react` is given the connection's number and the request's number on it, both from 0.
    fn start(react: impl Fn(usize, u64) -> Reaction + std::marker::Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let react = Arc::new(react);
        let (requests, connections) = (server.requests.clone(), server.connections.clone());
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                connections
                    .lock()
                    .unwrap()
                    .push(stream.try_clone().unwrap());
                let (react, requests) = (react.clone(), requests.clone());
                thread::spawn(move || {
                    serve(stream, &requests, |request| react(number, request));
                });
            }
        });
        server
    }

    fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_, _| Send(vec![answer.clone()]))
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Does something to every connection that was accepted; the first request of each is awaited
    /// by whoever has had its answer.
    fn each_connection(&self, mut action: impl FnMut(&TcpStream)) {
        self.connections
            .lock()
            .unwrap()
            .iter()
            .for_each(&mut action);
    }

    fn connect(&self, count: usize) -> Connections {
        Connections::open(self.address, count, PATIENCE).unwrap()
    }
}

fn serve(mut stream: TcpStream, requests: &AtomicU64, react: impl Fn(u64) -> Reaction) {
    for number in 0.. {
        let mut head = Vec::new();
        let mut buffer = [0; 16 * 1024];
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => head.extend_from_slice(&buffer[..count]),
            }
        }
        requests.fetch_add(1, Ordering::SeqCst);
        // Writing fails where a test has seen enough and closed.
        match react(number) {
            Send(pieces) => {
                for piece in pieces {
                    if stream.write_all(&piece).is_err() {
                        return;
                    }
                }
            }
            SendAndClose(bytes) => {
                let _ = stream.write_all(&bytes);
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            SendForEver => {
                let mut bytes: &[u8] = b"HTTP/1.1 200 OK\r\nX: ";
                while stream.write_all(bytes).is_ok() {
                    bytes = b"x";
                    thread::sleep(Duration::from_millis(1));
                }
                return;
            }
            Silence => {}
        }
    }
}

fn response(status: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn ok(body: &[u8]) -> Vec<u8> {
    response("200 OK", "", body)
}

fn expecting(body: &[u8]) -> Exchange {
    Exchange::get("/", "localhost", &[], 200, body.to_vec())
}

fn run(connections: &mut Connections, exchange: &Exchange) -> Result<Slice, Error> {
    connections.closed_loop(exchange, RAMP, WINDOW)
}

/// The error of a slice that lasts until there is one.
fn run_into_failure(connections: &mut Connections, exchange: &Exchange) -> Error {
    connections
        .closed_loop(exchange, RAMP, PATIENCE)
        .unwrap_err()
}

/// The error on two connections where "Hello" is right.
fn failure(server: &Server) -> Error {
    run_into_failure(&mut server.connect(2), &expecting(b"Hello"))
}

fn wrong(server: &Server, exchange: &Exchange) -> WrongAnswer {
    match run_into_failure(&mut server.connect(2), exchange) {
        Error::Wrong(answer) => answer,
        other => panic!("expected a wrong answer, got {other:?}"),
    }
}

#[test]
fn every_answer_is_counted_once() {
    let server = Server::answering(ok(b"Hello"));
    let mut connections = server.connect(8);
    let mut before = 0;
    for _ in 0..3 {
        let slice = run(&mut connections, &expecting(b"Hello")).unwrap();
        assert_eq!(slice.total_requests, server.requests() - before);
        before = server.requests();
        assert!(
            slice.requests > 0 && slice.requests < slice.total_requests,
            "{slice:?}"
        );
        assert_eq!(slice.latency.len(), slice.requests);
        assert_eq!(slice.beyond_max_latency, 0);
        assert!(
            slice.window >= WINDOW && slice.total >= RAMP + slice.window,
            "{slice:?}"
        );
        assert!(u128::from(slice.latency.max()) < 2 * slice.total.as_nanos());
    }
}

#[test]
fn the_request_is_sent_as_it_was_built() {
    let headers = [("If-None-Match", "\"a\""), ("Accept", "*/*")];
    let exchange = Exchange::get("/a?b", "example.org:80", &headers, 200, Vec::new());
    let expected = "GET /a?b HTTP/1.1\r\nHost: example.org:80\r\nIf-None-Match: \"a\"\r\n\
                    Accept: */*\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(exchange.request()), expected);
}

#[test]
fn answers_may_come_in_any_number_of_pieces() {
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nHe\r\n3\r\nllo\r\n0\r\n\r\n";
    let interim = [&b"HTTP/1.1 103 Early Hints\r\n\r\n"[..], &ok(b"Hello")].concat();
    for answer in [&ok(b"Hello")[..], chunked, &interim] {
        for size in [1, 7, answer.len()] {
            let pieces: Vec<_> = answer.chunks(size).map(<[u8]>::to_vec).collect();
            let server = Server::start(move |_, _| Send(pieces.clone()));
            let slice = run(&mut server.connect(3), &expecting(b"Hello")).unwrap();
            assert_eq!(slice.total_requests, server.requests());
        }
    }
}

#[test]
fn answers_may_be_larger_than_a_read_and_requests_than_a_write() {
    let body: Vec<u8> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
    let server = Server::answering(ok(&body));
    let long = "x".repeat(8_000_000);
    let exchange = Exchange::get("/", "localhost", &[("Long", &long)], 200, body);
    let slice = run(&mut server.connect(2), &exchange).unwrap();
    assert_eq!(slice.total_requests, server.requests());
}

#[test]
fn answers_without_content_are_answers() {
    let server = Server::answering("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
    let exchange = Exchange::get(
        "/",
        "localhost",
        &[("If-None-Match", "\"a\"")],
        304,
        Vec::new(),
    );
    assert!(run(&mut server.connect(2), &exchange).unwrap().requests > 0);
}

#[test]
fn a_head_may_change_between_answers() {
    let server = Server::start(|_, request| {
        let date = format!("Date: {}\r\n", request / 3);
        Send(vec![response("200 OK", &date, b"Hello")])
    });
    assert!(run(&mut server.connect(3), &expecting(b"Hello")).is_ok());
}

#[test]
fn one_wrong_answer_among_right_ones_is_found() {
    let right = WrongAnswer {
        expected_status: 200,
        status: 200,
        expected_length: 5,
        length: 5,
        first_difference: None,
    };
    for (answer, expected) in [
        (
            response("404 Not Found", "", b"Hello"),
            WrongAnswer {
                status: 404,
                ..right
            },
        ),
        (
            ok(b"Help!"),
            WrongAnswer {
                first_difference: Some(3),
                ..right
            },
        ),
        (
            ok(b"Hell"),
            WrongAnswer {
                length: 4,
                first_difference: Some(4),
                ..right
            },
        ),
        (
            ok(b"Hello!"),
            WrongAnswer {
                length: 6,
                first_difference: Some(5),
                ..right
            },
        ),
        (
            ok(b""),
            WrongAnswer {
                length: 0,
                first_difference: Some(0),
                ..right
            },
        ),
    ] {
        for faulty in [0, 1, 40] {
            let answer = answer.clone();
            let server = Server::start(move |connection, request| {
                let is_wrong = connection == 1 && request == faulty;
                Send(vec![if is_wrong {
                    answer.clone()
                } else {
                    ok(b"Hello")
                }])
            });
            assert_eq!(
                wrong(&server, &expecting(b"Hello")),
                expected,
                "request {faulty}"
            );
        }
    }
}

#[test]
fn a_wrong_answer_says_what_was_expected_and_what_came() {
    let server = Server::answering(response("500 Internal Server Error", "", b"Help"));
    assert_eq!(
        failure(&server).to_string(),
        "wrong answer: expected status 200 with 5 bytes, got status 500 with 4 bytes, \
         the first difference at offset 3"
    );
}

#[test]
fn large_content_is_compared_in_a_sample() {
    let right = vec![b'x'; 200_000];
    let mut body = right.clone();
    body[199_999] = b'y';
    let server = Server::answering(ok(&body));
    let answer = wrong(&server, &expecting(&right));
    assert_eq!(answer.first_difference, Some(199_999));
    assert_eq!(answer.length, 200_000);
}

#[test]
fn content_without_an_end_is_wrong_once_it_is_too_long() {
    let server = Server::start(|_, _| {
        let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        bytes.extend(b"5\r\nHello\r\n".repeat(3));
        Send(vec![bytes])
    });
    let answer = wrong(&server, &expecting(b"Hello"));
    assert_eq!((answer.length, answer.first_difference), (15, Some(5)));
}

#[test]
fn bytes_beyond_the_answer_are_found() {
    let server = Server::answering([ok(b"Hello"), b"!?".to_vec()].concat());
    assert!(matches!(failure(&server), Error::Unsolicited { count: 2 }));
}

#[test]
fn bytes_that_come_unasked_between_slices_are_found() {
    let server = Server::answering(ok(b"Hello"));
    let mut connections = server.connect(2);
    run(&mut connections, &expecting(b"Hello")).unwrap();
    server.each_connection(|mut stream| {
        stream
            .write_all(&response("408 Request Timeout", "", b""))
            .unwrap();
    });
    // Whether it is met before the next request or after, it is not that request's answer.
    let error = run_into_failure(&mut connections, &expecting(b"Hello"));
    assert!(
        matches!(error, Error::Unsolicited { .. } | Error::Wrong(_)),
        "{error}"
    );
}

#[test]
fn an_end_within_an_answer_is_told_from_one_between_answers() {
    let cut = |bytes: &'static [u8]| {
        let server = Server::start(move |_, request| match request {
            0..5 => Send(vec![ok(b"Hello")]),
            _ => SendAndClose(bytes.to_vec()),
        });
        failure(&server)
    };
    assert!(matches!(cut(b""), Error::Closed { answers: 5 }));
    assert!(matches!(
        cut(b"HTTP/1.1 200"),
        Error::Truncated { length: 0 }
    ));
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHel";
    assert!(matches!(cut(half), Error::Truncated { length: 3 }));
    let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello";
    assert!(matches!(cut(whole), Error::Closed { answers: 6 }));
}

#[test]
fn an_announced_end_is_an_end() {
    let server = Server::answering(response("200 OK", "Connection: close\r\n", b"Hello"));
    assert!(matches!(failure(&server), Error::Closed { answers: 1 }));
}

#[test]
fn an_end_between_slices_is_found_and_leaves_nothing_to_use() {
    let server = Server::answering(ok(b"Hello"));
    let mut connections = server.connect(2);
    run(&mut connections, &expecting(b"Hello")).unwrap();
    server.each_connection(|stream| stream.shutdown(Shutdown::Both).unwrap());
    let error = run_into_failure(&mut connections, &expecting(b"Hello"));
    assert!(matches!(error, Error::Closed { answers: 1.. }), "{error:?}");
    let error = run_into_failure(&mut connections, &expecting(b"Hello"));
    assert!(matches!(error, Error::Unusable), "{error:?}");
}

#[test]
fn what_is_not_http_is_malformed() {
    let server = Server::answering("SSH-2.0-OpenSSH_9.6\r\n");
    assert!(matches!(failure(&server), Error::Malformed(_)));
    let server = Server::answering("HTTP/1.1 200 OK\r\n\r\nHello");
    let error = failure(&server);
    assert!(
        matches!(error, Error::Malformed(response::Malformed::NoLength)),
        "{error:?}"
    );
}

#[test]
fn a_server_that_says_nothing_is_not_awaited_for_ever() {
    let server = Server::start(|_, _| Silence);
    let mut connections = Connections::open(server.address, 3, BRIEFLY).unwrap();
    let error = run_into_failure(&mut connections, &expecting(b"Hello"));
    assert!(
        matches!(error, Error::Timeout { outstanding: 3, .. }),
        "{error:?}"
    );
}

#[test]
fn one_silent_connection_among_others_is_not_awaited_for_ever() {
    let server = Server::start(|connection, _| match connection {
        1 => Silence,
        _ => Send(vec![ok(b"Hello")]),
    });
    let mut connections = Connections::open(server.address, 3, BRIEFLY).unwrap();
    let error = run(&mut connections, &expecting(b"Hello")).unwrap_err();
    assert!(
        matches!(error, Error::Timeout { outstanding: 1, .. }),
        "{error:?}"
    );
}

#[test]
fn an_answer_that_never_ends_is_not_awaited_for_ever() {
    let server = Server::start(|_, _| SendForEver);
    let mut connections = Connections::open(server.address, 2, BRIEFLY).unwrap();
    let error = run_into_failure(&mut connections, &expecting(b"Hello"));
    assert!(
        matches!(error, Error::Timeout { outstanding: 2, .. }),
        "{error:?}"
    );
}

#[test]
fn connecting_to_nothing_is_an_error() {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let error = Connections::open(address, 1, PATIENCE).err().unwrap();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    let error = Connections::open(address, 0, PATIENCE).err().unwrap();
    assert!(matches!(error, Error::NoConnections), "{error:?}");
}
