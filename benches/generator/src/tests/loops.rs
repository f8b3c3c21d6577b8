//! The loops other than the closed one on connections held open.

use std::sync::Barrier;

use super::*;

const CLOSE: (&str, &str) = ("Connection", "close");

fn closing() -> Exchange {
    Exchange::get("/", "localhost", &[CLOSE], 200, b"Hello".to_vec())
}

fn connect(server: &Server, exchange: &Exchange, timeout: Duration) -> Result<Slice, Error> {
    let mut connections = Connections::open(server.address, 3, timeout)?;
    connections.connect_loop(exchange, RAMP, WINDOW)
}

fn offer(per_second: f64) -> Offer {
    Offer {
        per_second,
        phase: 0.5,
        ramp: RAMP,
        window: WINDOW,
    }
}

#[test]
fn a_connection_serves_one_request() {
    for fields in ["", "Connection: close\r\n"] {
        let answer = response("200 OK", fields, b"Hello");
        let server = Server::start(move |_, request| {
            assert_eq!(request, 0, "a connection was used again");
            SendAndClose(answer.clone())
        });
        let slice = connect(&server, &closing(), PATIENCE).unwrap();
        assert_eq!(slice.total_requests, server.requests());
        assert!(slice.requests > 0 && slice.requests < slice.total_requests);
        assert_eq!(slice.latency.len(), slice.requests);
        let mut connections = 0;
        server.each_connection(|_| connections += 1);
        // Those held open are three more.
        assert_eq!(slice.total_requests + 3, connections);
    }
}

#[test]
fn wrong_answers_are_found_on_new_connections_too() {
    let server = Server::start(|_, _| SendAndClose(ok(b"Help!")));
    let error = connect(&server, &closing(), PATIENCE).unwrap_err();
    assert!(matches!(error, Error::Wrong(_)), "{error:?}");
}

#[test]
fn an_end_before_the_answer_or_none_after_it_is_an_error() {
    let server = Server::start(|_, _| SendAndClose(Vec::new()));
    let error = connect(&server, &closing(), PATIENCE).unwrap_err();
    assert!(matches!(error, Error::Closed { answers: 0 }), "{error:?}");
    let server = Server::start(|_, _| SendAndClose(ok(b"Hello")[..30].to_vec()));
    let error = connect(&server, &closing(), PATIENCE).unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error:?}");
    let server = Server::answering(ok(b"Hello"));
    let error = connect(&server, &closing(), BRIEFLY).unwrap_err();
    assert!(
        matches!(error, Error::Timeout { outstanding: 3, .. }),
        "{error:?}"
    );
}

#[test]
fn a_new_connection_to_nothing_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut connections = Connections::open(address, 1, PATIENCE).unwrap();
    drop(listener);
    let error = connections
        .connect_loop(&closing(), RAMP, WINDOW)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Connect { .. } | Error::Closed { .. } | Error::Io { .. }
        ),
        "{error:?}"
    );
}

#[test]
fn as_many_requests_are_offered_as_the_rate_says() {
    let server = Server::answering(ok(b"Hello"));
    let mut connections = server.connect(8);
    // Due at 0.25, 0.75, 1.25 ms and so on: 40 of them from 5 to 25 ms, 10 before.
    let slice = connections
        .open_loop(&expecting(b"Hello"), offer(2_000.0))
        .unwrap();
    assert_eq!((slice.offered, slice.total_requests), (40, 50));
    assert_eq!(server.requests(), 50);
    assert_eq!((slice.latency.len(), slice.lateness.len()), (40, 40));
    assert!(slice.lateness.max() <= slice.latency.max());
    assert!(
        slice.total >= RAMP + WINDOW - Duration::from_micros(500),
        "{slice:?}"
    );
}

#[test]
fn what_a_request_waits_for_a_stalled_server_is_in_its_latency() {
    const STALL: Duration = Duration::from_millis(10);
    // Ten requests into the slice both connections stall once, at the same time.
    let both = Barrier::new(2);
    let server = Server::start(move |_, request| {
        if request == 10 {
            both.wait();
            thread::sleep(STALL);
        }
        Send(vec![ok(b"Hello")])
    });
    let mut connections = server.connect(2);
    let slice = connections
        .open_loop(&expecting(b"Hello"), offer(2_000.0))
        .unwrap();
    let stall = STALL.as_nanos() as u64;
    let waited = slice.latency.len() - slice.latency.count_between(0, stall / 4);
    // Two requests were kept waiting by the server, many more by the want of a connection.
    assert!(waited > 4, "{waited} requests waited");
    assert!(slice.latency.max() >= stall * 99 / 100);
    assert!(slice.lateness.max() >= stall / 2);
}

#[test]
fn a_rate_that_is_not_reached_shows_and_is_all_the_same_answered() {
    let server = Server::start(|_, _| {
        thread::sleep(Duration::from_millis(2));
        Send(vec![ok(b"Hello")])
    });
    let mut connections = server.connect(1);
    let slice = connections
        .open_loop(&expecting(b"Hello"), offer(2_000.0))
        .unwrap();
    assert_eq!((slice.offered, slice.total_requests), (40, 50));
    assert!(slice.achieved <= 11, "{slice:?}");
    assert!(slice.total > Duration::from_millis(100));
}

#[test]
fn an_open_loop_finds_wrong_answers_silence_and_no_rate() {
    let server = Server::answering(ok(b"Help!"));
    let mut connections = server.connect(1);
    let error = connections
        .open_loop(&expecting(b"Hello"), offer(2_000.0))
        .unwrap_err();
    assert!(matches!(error, Error::Wrong(_)), "{error:?}");
    let error = connections
        .open_loop(&expecting(b"Hello"), offer(2_000.0))
        .unwrap_err();
    assert!(matches!(error, Error::Unusable), "{error:?}");

    let server = Server::start(|_, _| Silence);
    let mut connections = Connections::open(server.address, 2, BRIEFLY).unwrap();
    let error = connections
        .open_loop(&expecting(b"Hello"), offer(2_000.0))
        .unwrap_err();
    assert!(
        matches!(error, Error::Timeout { outstanding: 2, .. }),
        "{error:?}"
    );
    let mut connections = server.connect(1);
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = connections
            .open_loop(&expecting(b"Hello"), offer(rate))
            .unwrap_err();
        assert!(matches!(error, Error::NoRate), "{error:?}");
    }
}
