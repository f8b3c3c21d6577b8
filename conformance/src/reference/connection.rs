//! One connection of the reference.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::api::Api;
use super::date::imf_fixdate;
use super::fault::Sabotage;
use super::message::{Answer, Request, phrase};
use super::parse::{Parsed, parse};
use super::rules::Rules;

/// How long the reference waits for a request to be complete.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers requests until the client or an answer ends the connection. A connection that fails is
/// the client's affair.
pub(super) fn serve(stream: &TcpStream, api: &Api) {
    let mut connection = Connection {
        stream,
        api,
        unread: Vec::new(),
        promised: false,
    };
    if connection.converse().is_ok() {
        connection.linger();
    }
}

struct Connection<'a> {
    stream: &'a TcpStream,
    api: &'a Api,
    unread: Vec<u8>,
    /// Whether 100 (Continue) has been sent for the request being read.
    promised: bool,
}

impl Connection<'_> {
    fn converse(&mut self) -> std::io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.stream.set_read_timeout(Some(PATIENCE))?;
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
                Parsed::Refused(answer) => return self.refuse(answer),
                Parsed::Incomplete { .. } if rules.reads_once && !self.unread.is_empty() => {
                    return self.refuse(Answer::problem(400, "The request is incomplete"));
                }
                Parsed::Incomplete { expects_100 } => {
                    if expects_100 && !self.promised {
                        self.promised = true;
                        self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                    }
                    let mut chunk = [0; 8 * 1024];
                    let read = self.stream.read(&mut chunk)?;
                    if read == 0 {
                        return Ok(());
                    }
                    self.unread.extend_from_slice(&chunk[..read]);
                }
            }
        }
    }

    /// Answers; true if the connection ends with it (RFC 9112 §9.3).
    fn reply(&mut self, request: &Request) -> std::io::Result<bool> {
        let mut answer = self.api.answer(request.clone());
        answer.close |= !(self.api.rules().keeps)(request);
        let ends = answer.close;
        self.write(request, answer)?;
        Ok(ends)
    }

    fn refuse(&mut self, answer: Answer) -> std::io::Result<()> {
        self.write(&Request::default(), answer.closing())
    }

    fn write(&mut self, request: &Request, answer: Answer) -> std::io::Result<()> {
        let mut bytes = frame(request, &answer, self.api.rules());
        if let Some(Sabotage::Output(alter)) = self.api.sabotage() {
            alter(request, &mut bytes);
        }
        self.stream.write_all(&bytes)
    }

    /// Closes so that the last answer arrives: a socket closed with unread octets in it is reset,
    /// and the answer lost (RFC 9112 §9.6).
    fn linger(&mut self) {
        let mut sink = [0; 8 * 1024];
        let mut left: u32 = 16 * 1024 * 1024;
        if self.stream.shutdown(Shutdown::Write).is_ok() {
            while let Ok(read @ 1..) = self.stream.read(&mut sink) {
                left = left.saturating_sub(u32::try_from(read).unwrap_or(u32::MAX));
                if left == 0 {
                    break;
                }
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
