//! One connection of the reference.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::api::Api;
use super::conduct::{Delay, Timeout, Writes};
use super::fault::Sabotage;
use super::life::{Ended, Life};
use super::message::{Answer, Request, phrase};
use super::parse::{Parsed, parse};
use super::rules::{LateContent, Rules};
use quartet_conformance::http::imf_fixdate;

/// The most octets read from a client after its last answer.
const MOST_LINGERED: usize = 16 * 1024 * 1024;

/// Answers requests until the client, an answer or the end of the program ends the connection.
pub(super) fn serve(stream: &TcpStream, api: &Api, life: &Life, number: u64) -> Ended {
    let mut connection = Connection {
        stream,
        api,
        life,
        number,
        unread: Vec::new(),
        promised: false,
        waiting: Waiting::First,
        answers: 0,
        since: Instant::now(),
        ended: Ended::Well,
        queue: None,
    };
    // A connection that fails is the client's affair.
    if connection.converse().is_ok() {
        connection.linger();
    }
    if let Some((queue, writer)) = connection.queue.take() {
        drop(queue);
        // It ends without a value, and has no cause to panic.
        let _ = writer.join();
    }
    connection.ended
}

struct Connection<'a> {
    stream: &'a TcpStream,
    api: &'a Api,
    life: &'a Life,
    number: u64,
    unread: Vec<u8>,
    /// Whether 100 (Continue) has been sent for the request being read.
    promised: bool,
    waiting: Waiting,
    /// How many answers it has had.
    answers: u64,
    since: Instant,
    ended: Ended,
    /// Where a fault has answers written by a thread of their own.
    queue: Option<(Sender<Vec<u8>>, JoinHandle<()>)>,
}

/// What the client is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    First,
    RestOfFirst,
    Next,
    RestOfNext,
}

impl Connection<'_> {
    fn converse(&mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        let unread = self.life.timeouts.idle;
        let unread = self.life.conduct.limits_writes.then_some(unread);
        self.stream.set_write_timeout(unread)?;
        let rules = self.api.rules();
        let mut waiting = Vec::new();
        loop {
            if let Some(Sabotage::Input(alter)) = self.api.sabotage() {
                alter(&mut self.unread);
            }
            match parse(&self.unread, rules) {
                Parsed::Complete(request, length) => {
                    self.unread.drain(..length);
                    self.promised = false;
                    waiting.push(request);
                    if rules.answers_last_first && !self.unread.is_empty() {
                        continue;
                    }
                    while let Some(request) = waiting.pop() {
                        if self.reply(&request)? {
                            return Ok(());
                        }
                    }
                }
                Parsed::Early(request) => {
                    self.unread.clear();
                    let ends = self.reply(&request)?;
                    if ends || rules.late_content == LateContent::ClosedOn {
                        return Ok(());
                    }
                }
                Parsed::Refused(answer) => return self.refuse(answer),
                Parsed::Incomplete { .. } if rules.reads_once && !self.unread.is_empty() => {
                    return self.refuse(Answer::problem(400, "The request is incomplete"));
                }
                Parsed::Incomplete { expects_100 } => {
                    if expects_100 && !self.promised {
                        self.promised = true;
                        (&mut &*self.stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                    }
                    if self.read()? == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Reads once into `unread`, for as long as the client may take. Zero is the end.
    fn read(&mut self) -> io::Result<usize> {
        let (conduct, now) = (self.life.conduct, Instant::now());
        let (timeout, has_idle_time) = match self.waiting {
            Waiting::First => (conduct.first_timeout, conduct.silent_has_idle_time),
            Waiting::RestOfFirst => (conduct.request_timeout, conduct.head_has_idle_time),
            Waiting::Next => (conduct.idle_timeout, !conduct.idle_has_header_time),
            Waiting::RestOfNext => (conduct.later_timeout, conduct.head_has_idle_time),
        };
        let length = match has_idle_time {
            true => self.life.timeouts.idle,
            false => self.life.timeouts.header,
        };
        let timeout = match self.answers > conduct.most_limited {
            true => Timeout::None,
            false => timeout,
        };
        let left = match timeout {
            Timeout::Whole => Some((self.since + length).saturating_duration_since(now)),
            Timeout::EachRead => Some(length),
            Timeout::None => None,
        };
        if left == Some(Duration::ZERO) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(left)?;
        let mut chunk = [0; 8 * 1024];
        let read = Read::read(&mut &*self.stream, &mut chunk)?;
        self.unread.extend_from_slice(&chunk[..read]);
        self.waiting = match self.waiting {
            Waiting::First | Waiting::RestOfFirst => Waiting::RestOfFirst,
            Waiting::Next => {
                if !conduct.later_head_from_answer {
                    self.since = Instant::now();
                }
                Waiting::RestOfNext
            }
            Waiting::RestOfNext => Waiting::RestOfNext,
        };
        Ok(read)
    }

    /// Answers; true if the connection ends with it (RFC 9112 §9.3).
    fn reply(&mut self, request: &Request) -> std::io::Result<bool> {
        let (life, delay) = (self.life, self.life.conduct.delay);
        let mut answer = match life.is_ending() {
            true => self.api.answer_at_end(request.clone(), delay),
            false => self.api.answer(request.clone()),
        };
        let counts = self.answers >= life.conduct.counts_handlers_from;
        if counts && self.since.elapsed() > life.timeouts.header {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if life.lacks_a_file() && request.path().starts_with("/greetings") {
            answer = Answer::problem(404, "No such path");
        }
        let keeps = (self.api.rules().keeps)(request);
        answer.close |= !keeps || life.is_stopping();
        answer.close |= life.is_ending() && delay != Delay::Keeps;
        let ends = answer.close;
        if self.life.verbose || !self.life.conduct.minds_log_level {
            eprintln!("{}", (self.life.conduct.log_line)(request));
        }
        self.write(request, answer)?;
        self.life.answered(self.number);
        self.answers += 1;
        self.since = Instant::now();
        self.waiting = match self.unread.is_empty() {
            true => Waiting::Next,
            false => Waiting::RestOfNext,
        };
        Ok(ends)
    }

    fn refuse(&mut self, answer: Answer) -> io::Result<()> {
        self.ended = Ended::Refused;
        self.write(&Request::default(), answer.closing())
    }

    fn write(&mut self, request: &Request, answer: Answer) -> io::Result<()> {
        let mut bytes = frame(request, &answer, self.api.rules());
        if let Some(Sabotage::Output(alter)) = self.api.sabotage() {
            alter(request, &mut bytes);
        }
        let mut stream = self.stream;
        let written = match self.life.conduct.writes {
            Writes::Directly if self.life.conduct.limits_whole_answers => {
                self.write_within(&bytes, self.life.timeouts.idle)
            }
            Writes::Directly => stream.write_all(&bytes),
            Writes::InTurn => {
                let _turn = self.life.turn.lock();
                stream.write_all(&bytes)
            }
            Writes::Queued => self.enqueue(bytes),
        };
        if written.is_err() {
            self.ended = Ended::Broken;
        }
        written
    }

    /// Writes for as long as an answer may take, as a fault has it.
    fn write_within(&self, mut bytes: &[u8], limit: Duration) -> io::Result<()> {
        let begun = Instant::now();
        while !bytes.is_empty() {
            if begun.elapsed() >= limit {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let written = (&mut &*self.stream).write(bytes)?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn enqueue(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        if self.queue.is_none() {
            let (queue, queued) = mpsc::channel::<Vec<u8>>();
            let mut stream = self.stream.try_clone()?;
            let write = move || {
                for bytes in queued {
                    if stream.write_all(&bytes).is_err() {
                        break;
                    }
                }
            };
            self.queue = Some((queue, std::thread::spawn(write)));
        }
        match &self.queue {
            Some((queue, _)) => queue.send(bytes).map_err(io::Error::other),
            None => Ok(()),
        }
    }

    /// Closes so that the last answer arrives: a socket closed with unread octets in it is reset,
    /// and the answer lost (RFC 9112 §9.6).
    fn linger(&mut self) {
        let deadline = Instant::now() + self.life.timeouts.header;
        let mut sink = [0; 8 * 1024];
        let mut left = MOST_LINGERED;
        if self.queue.is_some() || self.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        while left > 0 && Instant::now() < deadline {
            match Read::read(&mut &*self.stream, &mut sink) {
                Ok(read @ 1..) => left = left.saturating_sub(read),
                _ => break,
            }
        }
    }
}

/// The message as it goes over the wire.
fn frame(request: &Request, answer: &Answer, rules: &Rules) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} {}\r\nDate: {}\r\n",
        answer.status,
        phrase(answer.status),
        imf_fixdate(std::time::SystemTime::now())
    );
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // RFC 9110 §8.6: a 204 has no length; a 304 may leave it out.
    if !matches!(answer.status, 204 | 304) {
        head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
    }
    if answer.close {
        if rules.says_close {
            head.push_str("Connection: close\r\n");
        }
    } else if request.minor_version == 0 {
        head.push_str("Connection: keep-alive\r\n");
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    if request.method != "HEAD" {
        bytes.extend_from_slice(&answer.body);
    }
    bytes
}
