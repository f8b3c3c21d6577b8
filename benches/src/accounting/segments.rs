//! TCP segments of this network namespace, by `/proc/net/snmp`.

use crate::system::System;

/// Segments so far, or over a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// Sent (`OutSegs`, RFC 4022 tcpOutSegs).
    pub sent: u64,
    /// Sent again (`RetransSegs`, tcpRetransSegs).
    pub resent: u64,
}

impl Segments {
    /// Those so far. None where the system does not tell.
    pub fn now(system: &System) -> Option<Self> {
        let text = system.text("/proc/net/snmp")?;
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("Tcp:"));
        let (names, numbers) = (lines.next()?, lines.next()?);
        let number = |wanted| {
            let place = names
                .split_ascii_whitespace()
                .position(|name| name == wanted)?;
            numbers.split_ascii_whitespace().nth(place)?.parse().ok()
        };
        Some(Self {
            sent: number("OutSegs")?,
            resent: number("RetransSegs")?,
        })
    }

    /// What came to it since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            sent: self.sent.saturating_sub(earlier.sent),
            resent: self.resent.saturating_sub(earlier.resent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    #[test]
    fn segments_are_found_by_their_names() {
        let text = "Ip: Forwarding OutSegs\nIp: 1 9\n\
                    Tcp: RtoAlgorithm MaxConn InSegs OutSegs RetransSegs\nTcp: 1 -1 5 70 3\n";
        let (_folder, system) = made_up(&[("proc/net/snmp", text)]);
        let found = Segments::now(&system).unwrap();
        assert_eq!(
            found,
            Segments {
                sent: 70,
                resent: 3
            }
        );
        let before = Segments {
            sent: 50,
            resent: 4,
        };
        assert_eq!(
            found.since(before),
            Segments {
                sent: 20,
                resent: 0
            }
        );
        let (_folder, silent) = made_up(&[]);
        assert_eq!(Segments::now(&silent), None);
    }
}
