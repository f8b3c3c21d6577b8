//! The program as a client and a shell see it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_quartet-baseline-null");
const ONE: &str = "GET /greetings/en HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LIST: &str = "GET /greetings HTTP/1.1\r\nHost: localhost\r\n\r\n";
const ONE_BODY: &str = r#"{"lang":"en","text":"Hello"}"#;

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(workers: &str) -> Self {
        Self::start_as(Command::new(PROGRAM), workers)
    }

    /// Started by `command`, which becomes the program.
    fn start_as(mut command: Command, workers: &str) -> Self {
        let mut child = command
            .args(["--listen", "127.0.0.1:0", "--workers", workers])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on http://").unwrap();
        let address = url.trim_end().parse().unwrap();
        Self { child, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
            .set_write_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One answer's content, by its `content-length`.
fn answer(reader: &mut impl BufRead) -> String {
    let mut length = None;
    loop {
        let mut line = String::new();
        assert_ne!(
            reader.read_line(&mut line).unwrap(),
            0,
            "the connection ended in a head"
        );
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = Some(value.trim().parse().unwrap());
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length.expect("a content-length")];
    reader.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

#[test]
fn answers_in_order_however_requests_are_cut() {
    let server = Server::start("1");
    let requests = [ONE, LIST, ONE].concat();
    for size in 1..=requests.len() {
        let mut stream = server.connect();
        for piece in requests.as_bytes().chunks(size) {
            stream.write_all(piece).unwrap();
        }
        let mut reader = BufReader::new(stream);
        assert_eq!(answer(&mut reader), ONE_BODY);
        assert!(answer(&mut reader).starts_with(r#"[{"lang":"ar","#));
        assert_eq!(answer(&mut reader), ONE_BODY);
    }
}

#[cfg(unix)]
#[test]
fn goes_on_once_it_is_out_of_descriptors() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 32 && exec \"$0\" \"$@\"", PROGRAM]);
    let server = Server::start_as(shell, "2");
    let crowd: Vec<_> = (0..64).map(|_| server.connect()).collect();
    let mut first = &crowd[0];
    first.write_all(ONE.as_bytes()).unwrap();
    assert_eq!(answer(&mut BufReader::new(first)), ONE_BODY);
    // Those that wait are accepted once others are gone, with no further connection to tell of them.
    let mut last = crowd[63].try_clone().unwrap();
    drop(crowd);
    last.write_all(ONE.as_bytes()).unwrap();
    assert_eq!(answer(&mut BufReader::new(last)), ONE_BODY);
}

#[test]
fn answers_a_client_that_is_slow_to_read() {
    let server = Server::start("1");
    let mut stream = server.connect();
    // 50 MB of answers, none read before the sockets are full: the server has to wait, and go on.
    let requests = ONE.repeat(200_000);
    stream.set_nonblocking(true).unwrap();
    let mut written = 0;
    while let Ok(count) = stream.write(&requests.as_bytes()[written..]) {
        written += count;
    }
    stream.set_nonblocking(false).unwrap();

    let mut writer = stream.try_clone().unwrap();
    let writing = thread::spawn(move || {
        writer.write_all(&requests.as_bytes()[written..]).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    writing.join().unwrap();
    let answers = String::from_utf8(bytes).unwrap();
    assert_eq!(answers.matches(ONE_BODY).count(), 200_000);
}

#[test]
fn every_worker_serves() {
    let server = Server::start("3");
    let mut readers: Vec<_> = (0..7).map(|_| BufReader::new(server.connect())).collect();
    for _ in 0..2 {
        for reader in &mut readers {
            reader.get_mut().write_all(LIST.as_bytes()).unwrap();
        }
        for reader in &mut readers {
            assert!(answer(reader).ends_with(r#""text":"你好"}]"#));
        }
    }
}

#[test]
fn closes_after_the_answer_where_it_is_asked_to() {
    let server = Server::start("1");
    let mut stream = server.connect();
    let asked = "GET /greetings/en HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all(ONE.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    assert_eq!(answer(&mut reader), ONE_BODY);
    stream.write_all(asked.as_bytes()).unwrap();
    assert_eq!(answer(&mut reader), ONE_BODY);
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

#[test]
fn closes_on_a_head_that_does_not_end() {
    let server = Server::start("1");
    let mut stream = server.connect();
    // A reset instead of an orderly end is as good: the server need not read what it refuses.
    let _ = stream.write_all(&[b'x'; 64 * 1024]);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty());
}

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    assert_eq!(run(&["--unheard-of"]).status.code(), Some(2));
    assert_eq!(run(&["--workers", "0"]).status.code(), Some(2));
}

#[test]
fn a_port_in_use_is_said_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(&address), "{said}");
}

#[cfg(unix)]
#[test]
fn sigterm_and_sigint_exit_with_success() {
    use nix::{
        sys::signal::{Signal, kill},
        unistd::Pid,
    };

    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = Server::start("2");
        let pid = Pid::from_raw(server.child.id().try_into().unwrap());
        kill(pid, signal).unwrap();
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}
