//! What needs no database that answers. The rest is the conformance suite's area `database`.

use std::{io::Write as _, net::TcpListener, time::Duration};

use clap::Parser as _;
use tokio::time::Instant;

use super::*;
use crate::Options;

fn options(args: &[&str]) -> DatabaseOptions {
    Options::parse_from([&["quartet"], args].concat()).database
}

fn database(url: &str) -> Result<Database, String> {
    let options = options(&["--database", url]);
    let database = Database::new(&options, "quartet").map_err(|error| error.to_string())?;
    Ok(database.expect("it has a URL"))
}

fn lang() -> Lang {
    "en".parse().unwrap()
}

/// A port on which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    format!("postgres://quartet:hidden-word@{address}/quartet")
}

#[test]
fn no_url_is_no_database() {
    assert!(Database::new(&options(&[]), "quartet").unwrap().is_none());
}

#[test]
fn a_wrong_url_is_refused_without_its_password() {
    for (url, reason) in [
        ("mysql://u:hidden-word@h/d", "must begin with postgres://"),
        (
            "postgres://u:hidden-word@h:port/d",
            "invalid value for option `port`",
        ),
        ("postgres://u:hidden-word@/d", "names no host"),
        ("postgres://u@h/d?x?hidden-word@h", "is malformed"),
        (
            "postgres://u@h/d?hidden-word=1",
            "a parameter that is unknown",
        ),
        (
            "postgres://u:hidden-word@h/d?sslmode=on",
            "sslmode must be disable",
        ),
        (
            "postgres://u:hidden-word@h/d?sslmode=verify-full&sslrootcert=/nonexistent",
            "sslrootcert /nonexistent",
        ),
    ] {
        let refusal = database(url).expect_err(url);
        assert!(refusal.contains(reason), "{url}: {refusal}");
        assert!(!refusal.contains("hidden-word"), "{refusal}");
    }
}

#[test]
fn the_mode_is_found_behind_a_password_with_a_question_mark() {
    database("postgres://u:x?y@h/d?sslmode=disable").unwrap();
    let refusal = database("postgres://u:x?y@h/d?sslmode=on").unwrap_err();
    assert!(refusal.contains("sslmode must be"), "{refusal}");
}

#[test]
fn a_url_is_not_shown() {
    let url = nobody();
    let shown = format!("{:?} {:?}", options(&["--database", &url]), database(&url));
    assert!(!shown.contains("hidden-word"), "{shown}");
}

#[tokio::test]
async fn a_database_that_is_away_is_503_and_makes_the_server_not_ready() {
    let database = database(&nobody()).unwrap();
    database.look().await;
    for problem in [
        database.get(&lang()).await.map(drop).unwrap_err(),
        database.list().await.map(drop).unwrap_err(),
        database.readiness().unwrap_err(),
    ] {
        assert_eq!(problem.status(), 503, "{problem}");
        assert_eq!(problem.header_field(), Some(("retry-after", "1")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_says_nothing_is_503_at_the_latest_after_both_timeouts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let database = database(&format!("postgres://quartet@{address}/quartet")).unwrap();
    let start = Instant::now();
    let problem = database.get(&lang()).await.map(drop).unwrap_err();
    assert_eq!(problem.status(), 503, "{problem}");
    let DatabaseTimeouts { connect, query } = options(&[]).timeouts;
    assert!(start.elapsed() <= connect + query, "{:?}", start.elapsed());
    // Until it answers, nobody else waits for it.
    let start = Instant::now();
    let problem = database.get(&lang()).await.map(drop).unwrap_err();
    assert_eq!((problem.status(), start.elapsed()), (503, Duration::ZERO));
}

#[tokio::test]
async fn what_is_no_postgresql_is_503() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peer = std::thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            // The other side may have gone.
            let _ = stream
                .unwrap()
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let database = database(&format!("postgres://quartet@{address}/quartet")).unwrap();
    let problem = database.get(&lang()).await.map(drop).unwrap_err();
    assert_eq!(problem.status(), 503, "{problem}");
    drop(database);
    drop(std::net::TcpStream::connect(address));
    peer.join().unwrap();
}

#[test]
fn a_request_that_waits_needs_little_memory() {
    let database = database(&nobody()).unwrap();
    let lang = lang();
    let size = size_of_val(&database.get(&lang));
    assert!(size <= 1536, "{size} octets");
}
