//! Answers that are right, and answers that are not.

use super::*;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

const HELLO: &str = r#"{"lang":"en","text":"Hello"}"#;

/// Answers each request, one a connection, by what `answer` makes of its head.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = vec![0; 4096];
            let count = stream.read(&mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..count]);
            stream.write_all(answer(&head).as_bytes()).unwrap();
        }
    });
    address
}

fn response(status: u16, fields: &str, content: &str) -> String {
    let length = content.len();
    format!("HTTP/1.1 {status} x\r\n{fields}Content-Length: {length}\r\n\r\n{content}")
}

fn learnt(address: SocketAddr, lane: Lane, alike: bool) -> Result<Exchange> {
    learn(address, lane, &Model::embedded(), None, alike)
}

fn request(exchange: &Exchange) -> String {
    String::from_utf8_lossy(exchange.request()).into_owned()
}

#[track_caller]
fn refused(address: SocketAddr, lane: Lane, why: &str) {
    let error = format!("{:#}", learnt(address, lane, false).unwrap_err());
    assert!(error.contains(why), "{error}");
}

#[test]
fn a_miss_is_a_404_problem() {
    let problem = r#"{"title":"Not Found","status":404}"#;
    let with = |status, kind: &'static str, content: &'static str| {
        serve(move |_| response(status, &format!("Content-Type: {kind}\r\n"), content))
    };
    let right = with(404, "application/problem+json", problem);
    let exchange = learnt(right, Lane::Miss, false).unwrap();
    assert_eq!(exchange.expected_body(), problem.as_bytes());
    assert!(request(&exchange).starts_with("GET /greetings/qaa HTTP/1.1\r\n"));
    assert!(Model::embedded().item("qaa").is_none());

    refused(
        with(200, "application/problem+json", problem),
        Lane::Miss,
        "200, not 404",
    );
    refused(with(404, "text/plain", problem), Lane::Miss, "`text/plain`");
    refused(
        with(404, "application/problem+json", "<br>"),
        Lane::Miss,
        "not JSON",
    );
    refused(
        with(404, "application/problem+json", "{}"),
        Lane::Miss,
        "status is not 404",
    );
}

#[test]
fn revalidation_uses_the_servers_own_tag() {
    let conditional = |status: u16| {
        serve(
            move |head| match head.contains("If-None-Match: \"own\"\r\n") {
                true if status == 304 => "HTTP/1.1 304 x\r\nETag: \"own\"\r\n\r\n".to_owned(),
                true => response(status, "", HELLO),
                false => response(200, "ETag: \"own\"\r\n", HELLO),
            },
        )
    };
    let exchange = learnt(conditional(304), Lane::Revalidate, false).unwrap();
    assert!(request(&exchange).contains("\r\nIf-None-Match: \"own\"\r\n"));
    assert!(exchange.expected_body().is_empty());
    refused(conditional(200), Lane::Revalidate, "answers 200, not 304");
    refused(
        serve(|_| response(200, "", HELLO)),
        Lane::Revalidate,
        "without ETag",
    );
}

#[test]
fn what_is_ones_own_is_right_byte_for_byte() {
    let expected = Expected::of("/own?a=b", b"abc".to_vec()).unwrap();
    let asked = |answer: &'static str, status| {
        let address = serve(move |_| response(status, "", answer));
        learn(
            address,
            Lane::Custom,
            &Model::embedded(),
            Some(&expected),
            false,
        )
    };
    let exchange = asked("abc", 200).unwrap();
    assert!(request(&exchange).starts_with("GET /own?a=b HTTP/1.1\r\n"));
    assert_eq!(exchange.expected_body(), b"abc");
    for (answer, status, why) in [
        ("abc", 404, "GET /own?a=b answers 404, not 200"),
        ("abd", 200, "at byte 3 it has \"d\" where \"c\" is expected"),
        (
            "abc\n",
            200,
            "at byte 4 it has \"\\n\" where the end is expected",
        ),
    ] {
        let error = format!("{:#}", asked(answer, status).unwrap_err());
        assert!(error.contains(why), "{error}");
    }
    let unknown = serve(|_| response(200, "", "abc"));
    assert!(learnt(unknown, Lane::Custom, false).is_err());
}

#[test]
fn a_floor_is_held_to_its_constant_bytes() {
    let constant = || serve(|_| response(200, "ETag: \"a\"\r\n", HELLO));
    for lane in [Lane::Item, Lane::Miss, Lane::Revalidate, Lane::Connect] {
        let exchange = learnt(constant(), lane, true).unwrap();
        assert_eq!(exchange.expected_body(), HELLO.as_bytes());
        assert_eq!(exchange.closes(), lane == Lane::Connect);
    }
    refused(constant(), Lane::List, "not [");
    refused(constant(), Lane::Large, "not [");
}

/// Answers each request, one a connection, by what `answer` makes of its content.
fn serve_posts(answer: impl Fn(&[u8]) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let head = String::from_utf8(head).unwrap();
            assert!(head.contains("\r\nContent-Type: application/json\r\n"));
            let (_, length) = head.split_once("Content-Length: ").unwrap();
            let length = length.split("\r\n").next().unwrap().parse().unwrap();
            let mut content = vec![0; length];
            stream.read_exact(&mut content).unwrap();
            let said = response(200, "", &answer(&content));
            stream.write_all(said.as_bytes()).unwrap();
        }
    });
    address
}

#[test]
fn what_is_posted_is_an_array_of_greetings_of_its_size() {
    let counted = |content: &[u8]| {
        let greetings: Vec<std::collections::BTreeMap<String, String>> =
            serde_json::from_slice(content).unwrap();
        assert!(greetings.iter().all(|one| one.len() == 2));
        greetings.len().to_string()
    };
    for lane in Lane::POSTED {
        let size = lane.posted().unwrap();
        let is_json = lane.as_bytes().is_some();
        let address = serve_posts(move |content| {
            assert_eq!(content.len(), size);
            match is_json {
                true => counted(content),
                false => size.to_string(),
            }
        });
        let exchange = learnt(address, lane, false).unwrap();
        let (said, line) = (exchange.expected_body(), request(&exchange));
        assert_eq!(said == size.to_string().as_bytes(), !is_json);
        assert!(line.starts_with(&format!("POST {} ", lane.path().unwrap())));
    }
}

#[test]
fn a_server_that_does_not_take_all_of_it_in_is_refused() {
    for lane in Lane::POSTED {
        let error = learnt(serve_posts(|_| "7".to_owned()), lane, false).unwrap_err();
        assert!(
            error.to_string().contains("answers 200 `7`, not 200 `"),
            "{error}"
        );
    }
}
