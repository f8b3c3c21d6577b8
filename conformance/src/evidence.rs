//! What was sent and received, kept within bounds, and how to do it again by hand.

mod replay;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use replay::Script;

/// The most octets of one direction of a connection that are kept.
const KEPT_OCTETS: usize = 64 * 1024;

/// The most pieces of one direction of a connection whose time is kept.
const KEPT_PIECES: usize = 256;

/// How many connections are kept from a case's start, and as many from its end.
const KEPT_EXCHANGES: usize = 8;

/// Octets that went one way over a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Octets {
    /// The first octets, up to a bound.
    pub kept: Vec<u8>,
    /// How many there were in all.
    pub total: usize,
    /// When they passed: the first pieces, up to a bound.
    pub pieces: Vec<Piece>,
}

/// Octets handed to the system at once, or had from it at once. How they were cut into packets is
/// the system's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When, from the connection's opening.
    pub after: Duration,
    /// How many octets.
    pub length: usize,
}

impl Octets {
    fn extend(&mut self, bytes: &[u8], after: Duration) {
        let room = KEPT_OCTETS.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept
            .extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.total += bytes.len();
        if self.pieces.len() < KEPT_PIECES {
            let length = bytes.len();
            self.pieces.push(Piece { after, length });
        }
    }

    /// Whether nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.kept.len() == self.total
    }

    /// Whether these octets come first.
    pub(crate) fn starts_with(&self, octets: &[u8]) -> bool {
        self.kept.starts_with(octets)
    }

    /// The octets kept in hexadecimal, two lower-case digits each.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 0xF)]);
        self.kept
            .iter()
            .flat_map(|octet| [digit(octet >> 4), digit(*octet)])
            .collect()
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
    /// When the suite closed its direction, if it did, from the connection's opening.
    pub half_closed: Option<Duration>,
    /// When the suite saw that the server had ended the connection, if it did, from its opening.
    pub ended: Option<Duration>,
    script: Script,
}

impl Exchange {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
            ..Self::default()
        }
    }

    pub(crate) fn sends(&mut self, bytes: &[u8], after: Duration) {
        self.sent.extend(bytes, after);
        self.script.sends(bytes);
    }

    pub(crate) fn receives(&mut self, bytes: &[u8], after: Duration) {
        self.script.waits();
        self.received.extend(bytes, after);
    }

    pub(crate) fn pauses(&mut self) {
        self.script.waits();
    }

    pub(crate) fn half_closes(&mut self, after: Duration) {
        self.half_closed = Some(after);
        self.script.half_closes();
    }

    pub(crate) fn ends(&mut self, after: Duration) {
        self.ended.get_or_insert(after);
    }

    /// A bash command that sends the same octets and prints the answer, or nothing where it would
    /// be too long to be of use.
    ///
    /// The port can be given in `PORT`, since a server that the suite started is gone by then.
    pub fn replay(&self) -> Option<String> {
        self.script.command(&self.host, self.port)
    }
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
        octets.extend(&vec![b'x'; KEPT_OCTETS + 5], Duration::ZERO);
        for _ in 0..KEPT_PIECES {
            octets.extend(b"yy", Duration::from_millis(1));
        }
        assert_eq!(octets.kept.len(), KEPT_OCTETS);
        assert_eq!(octets.total, KEPT_OCTETS + 5 + 2 * KEPT_PIECES);
        assert_eq!(octets.pieces.len(), KEPT_PIECES);
        assert!(!octets.is_whole());
    }

    #[test]
    fn hex_has_every_octet() {
        let mut octets = Octets::default();
        octets.extend(&[0x00, 0x0A, 0xA0, 0xFF], Duration::ZERO);
        assert_eq!(octets.hex(), "000aa0ff");
    }
}
