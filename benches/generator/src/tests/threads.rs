//! Two threads, on whatever cores there are.

use super::{
    crew::{Helper, together},
    round::Peers,
    share::Share,
    *,
};

const TWO: [Option<usize>; 1] = [None];

fn connect(server: &Server, count: usize, timeout: Duration) -> Connections {
    Connections::open_among(server.address, count, timeout, &TWO).unwrap()
}

/// A server whose answer is wrong on one connection, from this request on.
fn faulty(connection: usize, request: u64) -> Server {
    Server::start(move |number, count| {
        let is_wrong = number == connection && count >= request;
        Send(vec![ok(if is_wrong { b"Help!" } else { b"Hello" })])
    })
}

#[test]
fn every_answer_is_counted_once_whichever_thread_it_comes_to() {
    // Five connections are three for one thread, and two for the other.
    let server = Server::answering(ok(b"Hello"));
    let mut connections = connect(&server, 5, PATIENCE);
    assert_eq!(connections.threads(), 2);
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
        // Microseconds are what a mean of windows may be rounded by.
        assert!(slice.window + Duration::from_micros(1) >= WINDOW && slice.total > slice.window);
    }
}

#[test]
fn every_connection_is_polled() {
    let asked: Arc<[AtomicU64; 5]> = Arc::default();
    let counts = asked.clone();
    let server = Server::start(move |connection, _| {
        counts[connection].fetch_add(1, Ordering::SeqCst);
        Send(vec![ok(b"Hello")])
    });
    run(&mut connect(&server, 5, PATIENCE), &expecting(b"Hello")).unwrap();
    for count in asked.iter() {
        assert!(count.load(Ordering::SeqCst) > 0, "{asked:?}");
    }
}

#[test]
fn more_threads_than_connections_are_not_started() {
    let server = Server::answering(ok(b"Hello"));
    for (count, threads) in [(1, 1), (2, 2), (3, 3), (8, 3)] {
        let helpers = [None, None];
        let mut connections =
            Connections::open_among(server.address, count, PATIENCE, &helpers).unwrap();
        assert_eq!(connections.threads(), threads);
        assert!(
            run(&mut connections, &expecting(b"Hello"))
                .unwrap()
                .requests
                > 0
        );
    }
    let none = Connections::open_among(server.address, 0, PATIENCE, &TWO);
    assert!(matches!(none.err().unwrap(), Error::NoConnections));
}

#[test]
fn a_wrong_answer_in_any_share_ends_the_slice_for_all() {
    for connection in 0..4 {
        for request in [0, 1, 40] {
            let server = faulty(connection, request);
            let mut connections = connect(&server, 4, PATIENCE);
            // It would last a minute if the other thread did not learn of it.
            let error = run_into_failure(&mut connections, &expecting(b"Hello"));
            assert!(matches!(error, Error::Wrong(_)), "{error:?}");
            let error = run_into_failure(&mut connections, &expecting(b"Hello"));
            assert!(matches!(error, Error::Unusable), "{error:?}");
        }
    }
}

#[test]
fn a_wrong_answer_in_any_share_ends_an_open_loop_for_all() {
    for connection in 0..2 {
        let server = faulty(connection, 3);
        let offer = Offer {
            per_second: 1_000.0,
            phase: 0.5,
            ramp: RAMP,
            window: PATIENCE,
        };
        let error = connect(&server, 2, PATIENCE)
            .open_loop(&expecting(b"Hello"), offer)
            .unwrap_err();
        assert!(matches!(error, Error::Wrong(_)), "{error:?}");
    }
}

#[test]
fn silence_in_any_share_is_not_awaited_for_ever() {
    for silent in 0..2 {
        let server = Server::start(move |connection, _| match connection {
            _ if connection == silent => Silence,
            _ => Send(vec![ok(b"Hello")]),
        });
        let mut connections = connect(&server, 2, BRIEFLY);
        let error = run(&mut connections, &expecting(b"Hello")).unwrap_err();
        assert!(
            matches!(error, Error::Timeout { outstanding: 1, .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_thread_that_panics_ends_the_slice_for_all() {
    let server = Server::answering(ok(b"Hello"));
    for waits in [false, true] {
        let share = || Share::new(server.address, 1, PATIENCE).unwrap();
        let helpers = [Helper::start(share(), None).unwrap()];
        let part = move |_: &mut Share, thread: usize, peers: Peers<'_>| {
            assert_eq!(thread, 0, "this panic is part of the test");
            while peers.check().is_ok() {
                if !waits {
                    return Ok(());
                }
                thread::yield_now();
            }
            Err(Error::Abandoned)
        };
        for _ in 0..2 {
            let parts = together(&mut share(), &helpers, part);
            assert!(matches!(parts.err().unwrap(), Error::Abandoned));
        }
    }
}

#[test]
fn connections_end_with_what_holds_them() {
    let server = Server::answering(ok(b"Hello"));
    let mut connections = connect(&server, 4, PATIENCE);
    run(&mut connections, &expecting(b"Hello")).unwrap();
    drop(connections);
    server.each_connection(|mut stream| {
        stream.set_read_timeout(Some(BRIEFLY)).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn new_connections_are_dealt_out_too() {
    let server = Server::start(|_, _| SendAndClose(ok(b"Hello")));
    let close = [("Connection", "close")];
    let exchange = Exchange::get("/", "localhost", &close, 200, b"Hello".to_vec());
    let slice = connect(&server, 3, PATIENCE)
        .connect_loop(&exchange, RAMP, WINDOW)
        .unwrap();
    assert_eq!(slice.total_requests, server.requests());
    assert_eq!(slice.latency.len(), slice.requests);

    let server = Server::start(|connection, _| {
        let body = if connection == 20 { b"Help!" } else { b"Hello" };
        SendAndClose(ok(body))
    });
    let error = connect(&server, 3, PATIENCE)
        .connect_loop(&exchange, RAMP, PATIENCE)
        .unwrap_err();
    assert!(matches!(error, Error::Wrong(_)), "{error:?}");
}

#[test]
fn the_rate_of_an_open_loop_is_divided() {
    let server = Server::answering(ok(b"Hello"));
    let mut connections = connect(&server, 8, PATIENCE);
    let offer = Offer {
        per_second: 2_000.0,
        phase: 0.5,
        ramp: RAMP,
        window: WINDOW,
    };
    // A thousand a second for each thread: 25 are due within 25 ms from any moment of the first on.
    let slice = connections.open_loop(&expecting(b"Hello"), offer).unwrap();
    assert_eq!((slice.offered, slice.total_requests), (40, 50));
    assert_eq!(server.requests(), 50);
    assert_eq!((slice.latency.len(), slice.lateness.len()), (40, 40));

    let parts: Vec<Offer> = (0..4).map(|thread| offer.part(thread, 4)).collect();
    assert!(parts.iter().all(|part| part.per_second == 500.0));
    assert!(parts.iter().all(|part| (0.0..1.0).contains(&part.phase)));
    assert_eq!((parts[0].phase, offer.part(0, 1)), (0.5, offer));
    let apart = |a: usize, b: usize| parts[a].phase != parts[b].phase;
    assert!(apart(0, 1) && apart(1, 2) && apart(2, 3) && apart(1, 3));
}

#[test]
fn slices_add_up_to_the_sum_of_their_rates() {
    let slice = |requests, window, latency| {
        let mut histogram = slice::empty_histogram();
        histogram.record_n(latency, requests).unwrap();
        Slice {
            requests,
            window: Duration::from_millis(window),
            total_requests: requests + 10,
            total: Duration::from_millis(window + 5),
            latency: histogram,
            beyond_max_latency: 1,
        }
    };
    // 100 and 50 a second.
    let sum = slice(2, 20, 1_000).and(&[slice(2, 40, 9_000)]);
    assert_eq!((sum.requests, sum.total_requests), (4, 24));
    assert_eq!(sum.total, Duration::from_millis(45));
    assert_eq!((sum.latency.len(), sum.beyond_max_latency), (4, 2));
    let rate = sum.requests as f64 / sum.window.as_secs_f64();
    assert!((rate - 150.0).abs() < 1e-3, "{rate}");

    let alone = slice(3, 20, 1_000).and(&[]);
    assert_eq!(alone.window, Duration::from_millis(20));
    let with_nothing = slice(2, 20, 1_000).and(&[slice(0, 0, 1)]);
    assert_eq!(with_nothing.window, Duration::from_millis(20));
    let nothing = slice(0, 0, 1).and(&[slice(0, 0, 1)]);
    assert_eq!((nothing.requests, nothing.window), (0, Duration::ZERO));
}

#[test]
fn a_core_that_is_not_there_is_an_error_where_threads_can_be_confined() {
    let server = Server::answering(ok(b"Hello"));
    let opened = Connections::open_among(server.address, 2, PATIENCE, &[Some(1_000_000)]);
    if cfg!(target_os = "linux") {
        let error = opened.err().unwrap();
        assert!(
            matches!(
                error,
                Error::Core {
                    core: 1_000_000,
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn threads_that_leave_their_cores_count_every_answer_too() {
    let server = Server::answering(ok(b"Hello"));
    let mut connections = connect(&server, 5, PATIENCE);
    for leaves in [true, false] {
        connections.leave_core(leaves).unwrap();
        let before = server.requests();
        let slice = run(&mut connections, &expecting(b"Hello")).unwrap();
        assert_eq!(slice.total_requests, server.requests() - before);
        assert!(slice.requests > 0, "{slice:?}");
    }
}
