//! Learning the right answer from a server.

use super::*;

fn learn(server: &Server, timeout: Duration) -> Result<Exchange, Error> {
    Exchange::learn(server.address, "/", "localhost", &[], timeout)
}

#[test]
fn what_a_server_answers_first_is_what_it_must_answer() {
    let server = Server::answering(response("404 Not Found", "", b"No such thing"));
    let exchange = learn(&server, PATIENCE).unwrap();
    assert_eq!(exchange.expected_status(), 404);
    assert_eq!(exchange.expected_body(), b"No such thing");
    let slice = run(&mut server.connect(2), &exchange).unwrap();
    // The first one was asked to learn.
    assert_eq!(slice.total_requests + 1, server.requests());
}

#[test]
fn an_answer_that_comes_in_pieces_is_learned_whole() {
    let pieces = ["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 5\r\n\r\nHe", "llo"];
    let pieces = pieces.map(|piece| piece.as_bytes().to_vec()).to_vec();
    let server = Server::start(move |_, _| Send(pieces.clone()));
    assert_eq!(learn(&server, PATIENCE).unwrap().expected_body(), b"Hello");
}

#[test]
fn without_a_whole_answer_nothing_is_learned() {
    let cut = Server::start(|_, _| {
        SendAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHe".to_vec())
    });
    let error = learn(&cut, PATIENCE).unwrap_err();
    assert!(matches!(error, Error::Truncated { length: 2 }), "{error:?}");
    let closing = Server::start(|_, _| SendAndClose(Vec::new()));
    let error = learn(&closing, PATIENCE).unwrap_err();
    assert!(matches!(error, Error::Closed { answers: 0 }), "{error:?}");
    let silent = Server::start(|_, _| Silence);
    let error = learn(&silent, Duration::from_millis(50)).unwrap_err();
    assert!(
        matches!(error, Error::Timeout { outstanding: 1, .. }),
        "{error:?}"
    );
}
