//! Tests of reading responses.

use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

/// What a response was read as.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    status: u16,
    body: Vec<u8>,
    closes: bool,
}

fn right(status: u16, body: &str) -> Read {
    Read {
        status,
        body: body.into(),
        closes: false,
    }
}

/// Feeds the pieces one after another, and gives the responses they complete, each whole.
fn read_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Read>, Malformed> {
    let mut reader = ResponseReader::new();
    let mut responses = Vec::new();
    let mut body = Vec::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            match reader.feed(piece, |content| body.extend_from_slice(content))? {
                Progress::Partial => break,
                Progress::Complete { used } => {
                    assert!(reader.is_between());
                    assert_eq!(reader.length(), body.len() as u64);
                    responses.push(Read {
                        status: reader.status(),
                        body: std::mem::take(&mut body),
                        closes: reader.closes(),
                    });
                    piece = &piece[used..];
                }
            }
        }
    }
    if !reader.is_between() || !body.is_empty() {
        body.clear();
        responses.push(Read {
            status: 0,
            body,
            closes: false,
        });
    }
    Ok(responses)
}

/// Reads `bytes` whole, one byte at a time, and cut in two and in three at every place, and holds
/// that it makes no difference.
fn read(bytes: impl AsRef<[u8]>) -> Result<Vec<Read>, Malformed> {
    let bytes = bytes.as_ref();
    let whole = read_pieces([bytes]);
    assert_eq!(read_pieces(bytes.chunks(1)), whole, "one byte at a time");
    for first in 0..bytes.len() {
        for second in [
            first,
            first + 1,
            first + 2,
            (first + bytes.len()) / 2,
            bytes.len(),
        ] {
            let second = second.min(bytes.len());
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            assert_eq!(read_pieces(pieces), whole, "cut at {first} and {second}");
        }
    }
    whole
}

fn unfinished() -> Read {
    right(0, "")
}

#[test]
fn a_response_of_stated_length() {
    let response = format!("{HEAD}Content-Length: 5\r\n\r\nHello");
    assert_eq!(read(response), Ok(vec![right(200, "Hello")]));
    let response = format!("{HEAD}content-length:0005\r\n\r\nHello");
    assert_eq!(read(response), Ok(vec![right(200, "Hello")]));
    let response = format!("{HEAD}Content-Length: 0\r\n\r\n");
    assert_eq!(read(response), Ok(vec![right(200, "")]));
}

#[test]
fn equal_lengths_are_one_and_others_are_refused() {
    let twice = format!("{HEAD}Content-Length: 5\r\nContent-Length: 5\r\n\r\nHello");
    assert_eq!(read(twice), Ok(vec![right(200, "Hello")]));
    for lengths in [
        "Content-Length: 5\r\nContent-Length: 4",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -1",
        "Content-Length: 0x5",
        "Content-Length: 5 0",
        "Content-Length:",
        "Content-Length: 18446744073709551616",
        "Content-Length: 99999999999999999999999999999999",
    ] {
        let response = format!("{HEAD}{lengths}\r\n\r\nHello");
        assert_eq!(read(response), Err(Malformed::ContentLength), "{lengths}");
    }
}

#[test]
fn the_largest_length_is_still_a_length() {
    let response = format!("{HEAD}Content-Length: {}\r\n\r\nHello", u64::MAX);
    assert_eq!(read(response), Ok(vec![unfinished()]));
}

#[test]
fn responses_that_come_together_are_told_apart() {
    let sized = format!("{HEAD}Content-Length: 5\r\n\r\nHello");
    let chunked = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let empty = "HTTP/1.1 204 No Content\r\n\r\n";
    let together = [&sized, &chunked, empty, &sized].concat();
    let expected = [(200, "Hello"), (200, "abc"), (204, ""), (200, "Hello")];
    let expected = expected.map(|(status, body)| right(status, body));
    assert_eq!(read(together), Ok(expected.into()));
}

#[test]
fn statuses_without_content_need_no_length_and_ignore_one() {
    for status in ["204 No Content", "304 Not Modified"] {
        for fields in [
            "",
            "Content-Length: 30\r\n",
            "Transfer-Encoding: chunked\r\n",
        ] {
            let response = format!("HTTP/1.1 {status}\r\n{fields}\r\n");
            let code = status[..3].parse().unwrap();
            assert_eq!(
                read(response),
                Ok(vec![right(code, "")]),
                "{status} {fields}"
            );
        }
    }
}

#[test]
fn interim_responses_come_before_the_answer() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let response = format!("{interim}{HEAD}Content-Length: 2\r\n\r\nHi");
    assert_eq!(
        read(response.repeat(2)),
        Ok(vec![right(200, "Hi"), right(200, "Hi")])
    );
    assert_eq!(read(interim), Ok(vec![unfinished()]));
    let switching = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    assert_eq!(read(switching), Err(Malformed::Interim(101)));
}

#[test]
fn interim_responses_may_not_go_on_for_ever() {
    let answer = format!("{HEAD}Content-Length: 2\r\n\r\nHi");
    let interim = |count| "HTTP/1.1 102 Processing\r\n\r\n".repeat(count);
    let most = usize::try_from(MAX_INTERIM).unwrap();
    let response = interim(most) + &answer;
    let twice = response.repeat(2);
    assert_eq!(
        read_pieces([twice.as_bytes()]).map(|read| read.len()),
        Ok(2)
    );
    let response = interim(most + 1) + &answer;
    assert_eq!(
        read_pieces([response.as_bytes()]),
        Err(Malformed::Interim(102))
    );
}

#[test]
fn chunks_are_joined_and_their_extras_ignored() {
    for body in [
        "5\r\nHello\r\n0\r\n\r\n",
        "1\r\nH\r\n4\r\nello\r\n0\r\n\r\n",
        "00005\r\nHello\r\n000\r\n\r\n",
        "5;name=value\r\nHello\r\n0;last\r\n\r\n",
        "5 ; name=\"quoted; value\"\r\nHello\r\n0\r\n\r\n",
        "5\r\nHello\r\n0\r\nExpires: never\r\nX: y\r\n\r\n",
    ] {
        for name in ["Transfer-Encoding: chunked", "TRANSFER-ENCODING: Chunked"] {
            let response = format!("{HEAD}{name}\r\n\r\n{body}");
            assert_eq!(read(response), Ok(vec![right(200, "Hello")]), "{body}");
        }
    }
    let hexadecimal = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    for size in ["1a", "1A"] {
        let body = "abcdefghijklmnopqrstuvwxyz";
        let response = format!("{hexadecimal}{size}\r\n{body}\r\n0\r\n\r\n");
        assert_eq!(read(response), Ok(vec![right(200, body)]));
    }
}

#[test]
fn malformed_chunks_are_refused() {
    use Malformed::{Chunk, ChunkSize};
    for (body, fault) in [
        ("\r\n", ChunkSize),
        ("g\r\n", ChunkSize),
        ("-1\r\n", ChunkSize),
        ("0x5\r\nHello\r\n0\r\n\r\n", ChunkSize),
        (" 5\r\nHello\r\n0\r\n\r\n", ChunkSize),
        ("10000000000000000\r\n", ChunkSize),
        ("fffffffffffffffff\r\n", ChunkSize),
        ("5\nHello\r\n0\r\n\r\n", ChunkSize),
        ("5\rHello", Chunk),
        ("5;a\nHello", Chunk),
        ("5\r\nHello0\r\n\r\n", Chunk),
        ("5\r\nHello\n0\r\n\r\n", Chunk),
        ("5\r\nHello\r0\r\n\r\n", Chunk),
        ("0\r\n\n", Chunk),
        ("0\r\nA: b\n\r\n", Chunk),
        ("0\r\n\rX", Chunk),
    ] {
        let response = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n{body}");
        assert_eq!(read(response), Err(fault), "{body:?}");
    }
}

#[test]
fn the_largest_chunk_size_is_still_a_size() {
    let response = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc");
    assert_eq!(read(response), Ok(vec![unfinished()]));
}

#[test]
fn chunk_lines_and_trailers_may_not_go_on_for_ever() {
    let head = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    let long = "x".repeat(MAX_HEAD + 1);
    for body in [
        format!("5;{long}"),
        format!("0\r\n{long}"),
        "0\r\n".to_owned() + &"A:b\r\n".repeat(MAX_HEAD),
    ] {
        let response = format!("{head}{body}");
        assert_eq!(
            read_pieces([response.as_bytes()]),
            Err(Malformed::LongChunkLine)
        );
    }
}

#[test]
fn other_codings_and_two_framings_are_refused() {
    for fields in [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
    ] {
        let response = format!("{HEAD}{fields}\r\n\r\n");
        assert_eq!(read(response), Err(Malformed::TransferEncoding), "{fields}");
    }
}

#[test]
fn a_length_is_needed() {
    assert_eq!(read(format!("{HEAD}\r\nHello")), Err(Malformed::NoLength));
    assert_eq!(
        read("HTTP/1.0 200 OK\r\n\r\nHello"),
        Err(Malformed::NoLength)
    );
}

#[test]
fn what_ends_early_is_unfinished() {
    let sized = format!("{HEAD}Content-Length: 5\r\n\r\nHello");
    let chunked =
        format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n0\r\nA: b\r\n\r\n");
    for response in [sized, chunked] {
        for length in 1..response.len() {
            let pieces = [&response.as_bytes()[..length]];
            assert_eq!(
                read_pieces(pieces),
                Ok(vec![unfinished()]),
                "{length} bytes"
            );
        }
    }
}

#[test]
fn malformed_heads_are_refused() {
    for head in [
        "HTP/1.1 200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "<html>not found</html>",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nname : value\r\n\r\n",
        "HTTP/1.1 200 OK\r\nname: a\0b\r\n\r\n",
    ] {
        assert!(matches!(read(head), Err(Malformed::Head(_))), "{head:?}");
    }
}

#[test]
fn a_head_may_not_go_on_for_ever() {
    let field = format!("X: {}\r\n", "y".repeat(1_000));
    let head = format!("{HEAD}{}", field.repeat(70));
    let long = read_pieces(head.as_bytes().chunks(1_000));
    assert_eq!(long, Err(Malformed::LongHead));
    let head = format!("{HEAD}{}\r\n", "X: y\r\n".repeat(MAX_FIELDS));
    assert!(matches!(
        read_pieces([head.as_bytes()]),
        Err(Malformed::Head(_))
    ));
}

#[test]
fn the_end_of_the_connection_is_announced_as_the_rfc_says() {
    for (version, field, closes) in [
        ("1.1", "X: y", false),
        ("1.1", "Connection: close", true),
        ("1.1", "Connection: x, CLOSE", true),
        ("1.1", "Connection: keep-alive", false),
        ("1.0", "X: y", true),
        ("1.0", "Connection: Keep-Alive", false),
        ("1.0", "Connection: close", true),
    ] {
        let response = format!("HTTP/{version} 200 OK\r\n{field}\r\nContent-Length: 2\r\n\r\nHi");
        let responses = read(response).unwrap();
        assert_eq!(responses[0].closes, closes, "{version} {field}");
    }
}
