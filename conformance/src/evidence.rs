//! What was sent and received, kept within bounds, and how to do it again by hand.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// The most octets of one direction of a connection that are kept.
const KEPT_OCTETS: usize = 64 * 1024;

/// How many connections are kept from a case's start, and as many from its end.
const KEPT_EXCHANGES: usize = 8;

/// The longest replay command worth giving.
const LONGEST_REPLAY: usize = 16 * 1024;

/// Octets that went one way over a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Octets {
    /// The first octets, up to a bound.
    pub kept: Vec<u8>,
    /// How many there were in all.
    pub total: usize,
}

impl Octets {
    fn extend(&mut self, bytes: &[u8]) {
        let room = KEPT_OCTETS.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept
            .extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.total += bytes.len();
    }

    /// Whether nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.kept.len() == self.total
    }
}

/// Everything that passed over one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Host name or address the connection went to.
    pub host: String,
    /// Port the connection went to.
    pub port: u16,
    /// What the suite sent.
    pub sent: Octets,
    /// What the server sent.
    pub received: Octets,
    script: Script,
}

/// What the suite did on a connection, as steps of a shell script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Script {
    steps: Vec<String>,
    length: usize,
    too_long: bool,
    waited: bool,
    half_closed: bool,
}

impl Script {
    fn push(&mut self, step: String) {
        self.length += step.len();
        if self.length > LONGEST_REPLAY {
            self.too_long = true;
            self.steps = Vec::new();
        }
        if !self.too_long {
            self.steps.push(step);
        }
    }
}

impl Exchange {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
            ..Self::default()
        }
    }

    pub(crate) fn sends(&mut self, bytes: &[u8]) {
        if std::mem::take(&mut self.script.waited) {
            self.script.push("sleep 0.2".to_owned());
        }
        self.sent.extend(bytes);
        if !self.script.too_long {
            for step in print_steps(bytes) {
                self.script.push(step);
            }
        }
    }

    pub(crate) fn receives(&mut self, bytes: &[u8]) {
        self.script.waited = !self.script.steps.is_empty();
        self.received.extend(bytes);
    }

    pub(crate) fn pauses(&mut self) {
        self.script.waited = true;
    }

    pub(crate) fn half_closes(&mut self) {
        self.script.half_closed = true;
    }

    /// A bash command that sends the same octets and prints the answer, or nothing where it would
    /// be too long to be of use.
    ///
    /// The port can be given in `PORT`, since a server that the suite started is gone by then.
    pub fn replay(&self) -> Option<String> {
        if self.script.too_long || self.script.steps.is_empty() {
            return None;
        }
        let steps = self.script.steps.join("; ");
        let (host, port) = (self.host.trim_matches(['[', ']']), self.port);
        if self.script.half_closed {
            // Only a tool that knows sockets can close one direction.
            return Some(format!("{{ {steps}; }} | nc -N {host} ${{PORT:-{port}}}"));
        }
        Some(format!(
            "(exec 3<>/dev/tcp/{host}/${{PORT:-{port}}}; {{ {steps}; }} >&3; timeout 3 cat <&3)"
        ))
    }
}

/// Shell commands that write `bytes` exactly, long runs of one octet in short form.
fn print_steps(bytes: &[u8]) -> Vec<String> {
    const RUN: usize = 256;
    let mut steps = Vec::new();
    let mut literal = Vec::new();
    for run in bytes.chunk_by(|a, b| a == b) {
        match run {
            [octet, ..] if run.len() >= RUN => {
                if !literal.is_empty() {
                    steps.push(print_literal(&literal));
                    literal.clear();
                }
                steps.push(format!(
                    "head -c {} /dev/zero | tr '\\000' '\\{octet:03o}'",
                    run.len()
                ));
            }
            _ => literal.extend_from_slice(run),
        }
    }
    if !literal.is_empty() {
        steps.push(print_literal(&literal));
    }
    steps
}

/// `printf %b` of these octets (POSIX: `\0` and up to three octal digits for any octet).
fn print_literal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    text.push_str("printf %b '");
    for byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\\' => text.push_str("\\\\"),
            b'\'' => text.push_str("\\0047"),
            b' '..=b'~' => text.push(char::from(*byte)),
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(text, "\\0{byte:03o}");
            }
        }
    }
    text.push('\'');
    text
}

/// The evidence of one case as it runs: the first connections and the last.
#[derive(Debug, Default)]
pub struct Log(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    first: Vec<Exchange>,
    last: VecDeque<Exchange>,
    left_out: usize,
}

/// The evidence of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// One entry a connection, in the order they ended. Where there were many, the first few and
    /// the last few.
    pub exchanges: Vec<Exchange>,
    /// How many connections are left out between the first few and the last few.
    pub left_out: usize,
}

impl Log {
    pub(crate) fn push(&self, exchange: Exchange) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.first.len() < KEPT_EXCHANGES {
            kept.first.push(exchange);
            return;
        }
        if kept.last.len() == KEPT_EXCHANGES {
            kept.last.pop_front();
            kept.left_out += 1;
        }
        kept.last.push_back(exchange);
    }

    pub(crate) fn take(&self) -> Evidence {
        let kept = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Evidence {
            exchanges: kept.first.into_iter().chain(kept.last).collect(),
            left_out: kept.left_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn replay_prints_the_same_octets() {
        let mut bytes: Vec<u8> = (0..=255).collect();
        bytes.extend([b'x'; 1000]);
        bytes.extend(b"0'\\0100\r\n");
        let script = print_steps(&bytes).join("; ");
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert_eq!(output.stdout, bytes, "{script}");
    }

    #[test]
    fn log_keeps_the_first_and_the_last() {
        let log = Log::default();
        for port in 0..100 {
            log.push(Exchange::new("localhost", port));
        }
        let evidence = log.take();
        let ports: Vec<u16> = evidence.exchanges.iter().map(|e| e.port).collect();
        assert_eq!(ports, (0..8).chain(92..100).collect::<Vec<_>>());
        assert_eq!(evidence.left_out, 84);
    }

    #[test]
    fn octets_are_bounded() {
        let mut octets = Octets::default();
        octets.extend(&vec![b'x'; KEPT_OCTETS + 5]);
        octets.extend(b"yy");
        assert_eq!(octets.kept.len(), KEPT_OCTETS);
        assert_eq!(octets.total, KEPT_OCTETS + 7);
        assert!(!octets.is_whole());
    }
}
