//! A connection is kept octet by octet, with its times, and can be done again in a shell.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use quartet_conformance::evidence::Exchange;
use quartet_conformance::http::{Broken, Ending, Response};
use quartet_conformance::{BaseUrl, Case, Deviation, Outcome, Suite, Target, Verdict};

const QUIET: Duration = Duration::from_millis(100);

/// Serves connections one after another: reads so many octets, writes `answer`, and closes, or
/// waits for the client to. What it has read comes over the channel.
fn serve(length: usize, answer: &'static [u8], closes: bool) -> (SocketAddr, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("ports are free");
    let address = listener.local_addr().expect("it is bound");
    let (received, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream?;
            let mut request = vec![0; length];
            stream.read_exact(&mut request)?;
            stream.write_all(answer)?;
            if !closes {
                // A client that resets the connection has no more to say either.
                let _ = stream.read_to_end(&mut request);
            }
            if received.send(request).is_err() {
                break;
            }
        }
        std::io::Result::Ok(())
    });
    (address, receiver)
}

/// Runs an experiment as a case and returns the evidence of its connection.
fn experiment(address: SocketAddr, case: &'static Case) -> Exchange {
    let suite = Suite::new(Target::new("scripted", BaseUrl::at(address)), 1);
    let finding = suite.run(case);
    assert_eq!(finding.verdict, Ok(Verdict::Conforms));
    let exchange = finding.evidence.exchanges.into_iter().next();
    exchange.expect("there was one connection")
}

fn receive_all(answer: &'static [u8], closes: bool) -> (Vec<Response>, Ending) {
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
    let (address, _receiver) = serve(REQUEST.len(), answer, closes);
    let target = Target::new("scripted", BaseUrl::at(address));
    let mut connection = target.connect().expect("it listens");
    connection.send(REQUEST).expect("it reads");
    connection.receive_all("HEAD", QUIET)
}

fn statuses(responses: &[Response]) -> Vec<u16> {
    responses.iter().map(|response| response.status).collect()
}

#[test]
fn all_answers_are_received() {
    let two = b"HTTP/1.1 405 x\r\nContent-Length: 9\r\n\r\n\
                HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nab";
    let (answers, ending) = receive_all(two, true);
    assert_eq!(
        (statuses(&answers), ending),
        (vec![405, 200], Ending::Closed)
    );
    assert_eq!(
        (answers[1].interim.as_slice(), answers[1].body.as_slice()),
        (&[100][..], &b"ab"[..])
    );

    let (answers, ending) = receive_all(two, false);
    assert_eq!(
        (statuses(&answers), ending),
        (vec![405, 200], Ending::Silent)
    );
}

#[test]
fn what_is_no_answer_is_told() {
    let cut: &[u8] = b"HTTP/1.1 200 x\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\na";
    let (answers, ending) = receive_all(cut, true);
    assert_eq!(statuses(&answers), [200]);
    assert_eq!(ending, Ending::Broken(Broken::Truncated));

    let (answers, ending) = receive_all(b"HTTP/1.1 200 x\r\n\r\nGET / HTTP/1.1\r\n\r\n", true);
    assert_eq!(statuses(&answers), [200]);
    assert!(
        matches!(ending, Ending::Broken(Broken::Malformed(_))),
        "{ending:?}"
    );

    assert_eq!(receive_all(b"", true), (Vec::new(), Ending::Closed));
}

#[test]
fn exchanges_keep_their_octets_and_times() {
    static CASE: Case = Case::must("exchange/kept", "none", "None.", |context| -> Outcome {
        let mut connection = context.connect()?;
        connection.send(b"\xFF\0'%\\")?;
        connection.pause(Duration::from_millis(20));
        connection.send_split(b"ab")?;
        connection.finish_sending()?;
        match connection.rest(Duration::from_secs(5)) {
            (octets, true) if octets == b"yes" => Ok(Verdict::Conforms),
            other => Err(Deviation(format!("{other:?}"))),
        }
    });
    let (address, receiver) = serve(5, b"yes", false);
    let exchange = experiment(address, &CASE);
    assert_eq!(exchange.sent.kept, b"\xFF\0'%\\ab");
    assert_eq!(exchange.sent.hex(), "ff0027255c6162");
    let lengths: Vec<usize> = exchange
        .sent
        .pieces
        .iter()
        .map(|piece| piece.length)
        .collect();
    assert_eq!(lengths, [5, 1, 1]);
    let times: Vec<Duration> = exchange
        .sent
        .pieces
        .iter()
        .map(|piece| piece.after)
        .collect();
    assert!(
        times.is_sorted() && times[1] - times[0] >= Duration::from_millis(20),
        "{times:?}"
    );
    assert!(exchange.half_closed >= times.last().copied());
    assert!(exchange.ended >= exchange.half_closed);
    assert_eq!(exchange.received.kept, b"yes");
    assert_eq!(receiver.recv().expect("it was served"), exchange.sent.kept);

    #[cfg(unix)]
    {
        let command = exchange.replay().expect("it is short");
        let replayed = std::process::Command::new("bash")
            .args(["-c", &command])
            .output();
        let replayed = replayed.expect("there is bash");
        // Without a netcat that can half-close the command fails.
        if replayed.status.success() {
            assert_eq!(replayed.stdout, b"yes", "{command}");
            assert_eq!(receiver.recv().expect("it was served"), exchange.sent.kept);
        }
    }
}

#[cfg(unix)]
#[test]
fn what_is_sent_can_be_sent_again() {
    static CASE: Case = Case::must("exchange/replayed", "none", "None.", |context| -> Outcome {
        let octets: Vec<u8> = (0..=255).chain([b'x'; 300]).collect();
        let mut connection = context.connect()?;
        connection.send(&octets)?;
        connection.rest(Duration::from_millis(50));
        Ok(Verdict::Conforms)
    });
    let (address, receiver) = serve(556, b"yes", true);
    let exchange = experiment(address, &CASE);
    let first = receiver.recv().expect("it was served");
    let command = exchange.replay().expect("it is short");
    let replayed = std::process::Command::new("bash")
        .args(["-c", &command])
        .output();
    assert_eq!(replayed.expect("there is bash").stdout, b"yes", "{command}");
    assert_eq!(receiver.recv().expect("it was served"), first);
}
