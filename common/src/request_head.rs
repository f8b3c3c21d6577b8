//! What is checked of a request's head, by octets. No framework's request is known here.

use crate::{HeadLimits, Problem};

/// What is checked of a request's head before a handler sees it, whatever the framework: before it is
/// routed, but by salvo, whose hoops run after its router.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a str,
    /// Octets of the request target.
    pub target_len: usize,
    /// Whether the message is HTTP/1.1 or later, which must have a Host.
    pub is_http11: bool,
}

impl RequestHead<'_> {
    /// Checks the head and its fields: the stated limits; one valid Host (RFC 9112 §3.2); no
    /// expectation but 100-continue (RFC 9110 §10.1.1); no transfer coding but chunked (RFC 9112
    /// §6.1). Field names must be in lower case.
    pub fn check<'a>(
        &self,
        fields: impl Iterator<Item = (&'a str, &'a [u8])>,
        limits: &HeadLimits,
    ) -> Result<(), Problem> {
        // Two spaces and "HTTP/1.1".
        if self.method.len() + self.target_len + 10 > limits.request_line {
            return Err(Problem::uri_too_long());
        }
        let mut count = 0;
        let mut octets = 0;
        let mut host = None;
        for (name, value) in fields {
            count += 1;
            octets += name.len() + value.len() + 4; // ": " and CRLF
            match name {
                "host" if host.replace(value).is_some() => {
                    return Err(Problem::bad_request("The request has more than one Host"));
                }
                "expect" if !value.eq_ignore_ascii_case(b"100-continue") => {
                    return Err(Problem::expectation_failed());
                }
                "transfer-encoding" if !is_chunked(value) => {
                    return Err(Problem::unknown_transfer_coding());
                }
                _ => {}
            }
        }
        if octets > limits.header_block || count > limits.header_count {
            return Err(Problem::header_fields_too_large());
        }
        match host {
            Some(value) if is_host(value) => Ok(()),
            Some(_) => Err(Problem::bad_request(
                "The Host is not a host and an optional port",
            )),
            None if self.is_http11 => Err(Problem::bad_request("The request has no Host")),
            None => Ok(()),
        }
    }
}

/// Whether a Transfer-Encoding names no coding but chunked. A recipient takes empty list elements
/// (RFC 9110 §5.6.1.2).
fn is_chunked(value: &[u8]) -> bool {
    let codings = value.split(|&octet| octet == b',').map(<[u8]>::trim_ascii);
    codings
        .filter(|coding| !coding.is_empty())
        .all(|coding| coding.eq_ignore_ascii_case(b"chunked"))
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2), or empty. A comma is legal in a
/// registered name and refused all the same: it is how two Host lines look when joined.
fn is_host(value: &[u8]) -> bool {
    let port = match value {
        [b'[', literal @ ..] => match split_while(literal, is_address_octet) {
            ([_, ..], [b']', port @ ..]) => port,
            _ => return false,
        },
        _ => split_while(value, |octet| NAME_OCTETS[usize::from(octet)]).1,
    };
    match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// [`is_name_octet`] of each octet: every request has a dozen of them to be looked at.
const NAME_OCTETS: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = is_name_octet(octet as u8);
        octet += 1;
    }
    table
};

const fn is_name_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'-' | b'.' | b'_' | b'~' | b'%')
        || matches!(octet, b'!' | b'$' | b'&'..=b'+' | b';' | b'=')
}

fn is_address_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b':' | b'.')
}

/// The octets before the first that is not `taken`, and the others.
fn split_while(octets: &[u8], taken: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = octets.iter().position(|&octet| !taken(octet));
    octets.split_at(end.unwrap_or(octets.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits {
        request_line: 64,
        header_block: 100,
        header_count: 3,
    };

    fn status(head: RequestHead<'_>, fields: &[(&str, &str)]) -> Option<u16> {
        head.check(
            fields.iter().map(|(name, value)| (*name, value.as_bytes())),
            &LIMITS,
        )
        .err()
        .map(|problem| problem.status())
    }

    const GET: RequestHead<'_> = RequestHead {
        method: "GET",
        target_len: 1,
        is_http11: true,
    };

    #[test]
    fn takes_one_valid_host() {
        for host in [
            "",
            "localhost",
            "localhost:",
            "127.0.0.1:8000",
            "[::1]",
            "[::1]:80",
            "a-b.example",
            "%65x",
        ] {
            assert_eq!(status(GET, &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn refuses_any_other_host() {
        for host in [
            "u@h", "h/p", "h h", "a,b", "h:x", "h:1:2", "[::1", "[]", "[x y]", "[::1]a", "h?",
            "h#", "é",
        ] {
            assert_eq!(status(GET, &[("host", host)]), Some(400), "{host}");
        }
        assert_eq!(status(GET, &[]), Some(400));
        assert_eq!(status(GET, &[("host", "a"), ("host", "a")]), Some(400));
    }

    #[test]
    fn http10_needs_no_host() {
        let head = RequestHead {
            is_http11: false,
            ..GET
        };
        assert_eq!(status(head, &[]), None);
        assert_eq!(status(head, &[("host", "u@h")]), Some(400));
    }

    #[test]
    fn limits_hold_to_the_octet() {
        let line = |target_len| status(RequestHead { target_len, ..GET }, &[("host", "h")]);
        assert_eq!(line(51), None);
        assert_eq!(line(52), Some(414));

        // 9 octets of Host, 8 of the other field's name and separators.
        let block = |value: usize| status(GET, &[("host", "h"), ("name", &"x".repeat(value))]);
        assert_eq!(block(83), None);
        assert_eq!(block(84), Some(431));

        let field = ("a", "");
        assert_eq!(status(GET, &[("host", "h"), field, field]), None);
        assert_eq!(
            status(GET, &[("host", "h"), field, field, field]),
            Some(431)
        );
    }

    #[test]
    fn chunked_is_the_only_transfer_coding() {
        for (value, refusal) in [
            ("Chunked", None),
            ("chunked, ,", None),
            ("gzip, chunked", Some(501)),
            ("xchunked", Some(501)),
        ] {
            let fields = [("host", "h"), ("transfer-encoding", value)];
            assert_eq!(status(GET, &fields), refusal, "{value}");
        }
    }

    #[test]
    fn only_100_continue_can_be_expected() {
        assert_eq!(
            status(GET, &[("host", "h"), ("expect", "100-Continue")]),
            None
        );
        assert_eq!(
            status(GET, &[("host", "h"), ("expect", "a-miracle")]),
            Some(417)
        );
    }
}
