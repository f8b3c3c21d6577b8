//! The constant answers, and how one is chosen.

macro_rules! answer {
    ($length:literal, $etag:literal, $body:literal) => {
        concat!(
            "HTTP/1.1 200 OK\r\n",
            "content-type: application/json\r\n",
            "x-content-type-options: nosniff\r\n",
            "etag: \"",
            $etag,
            "\"\r\n",
            "content-length: ",
            $length,
            "\r\n",
            "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
            "\r\n",
            $body
        )
    };
}

const ONE: &str = answer!(
    28,
    "aca713e6ed9ee5a5b3dc1dc03318aa04",
    r#"{"lang":"en","text":"Hello"}"#
);

const LIST: &str = answer!(
    229,
    "78281a264882d3638f2e06066206337e",
    r#"[{"lang":"ar","text":"آلو"},{"lang":"bn","text":"হ্যালো"},{"lang":"chr","text":"ᏏᏲ"},{"lang":"en","text":"Hello"},{"lang":"es","text":"Hola"},{"lang":"sw","text":"هَبَارِ"},{"lang":"zh","text":"你好"}]"#
);

/// What is answered, for as long as the program runs.
#[derive(Clone, Copy)]
pub(crate) struct Answers {
    list: &'static [u8],
    other: &'static [u8],
}

impl Answers {
    /// Those of the greetings' API.
    pub(crate) const GREETINGS: Self = Self {
        list: LIST.as_bytes(),
        other: ONE.as_bytes(),
    };

    /// This content to every request.
    pub(crate) fn of(content: &[u8]) -> Self {
        let length = content.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\
             x-content-type-options: nosniff\r\ncontent-length: {length}\r\n\
             date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n"
        );
        // It is there until the program ends.
        let answer: &'static [u8] = [head.as_bytes(), content].concat().leak();
        Self {
            list: answer,
            other: answer,
        }
    }

    /// The answer to a request head: the list to `/greetings`, one greeting to any other target.
    pub(crate) fn to(self, head: &[u8]) -> &'static [u8] {
        if head.starts_with(b"GET /greetings ") {
            self.list
        } else {
            self.other
        }
    }
}

/// Whether a request head asks for the connection's end. Only its last line is looked at, which is
/// where the comparison's load generator says so.
pub(crate) fn asks_to_close(head: &[u8]) -> bool {
    head.ends_with(b"\r\nConnection: close\r\n\r\n")
}

/// Where the first request head in `input` ends: the offset after its blank line.
///
/// No byte is looked at that cannot be the last of the blank line, which leaves one in four.
pub(crate) fn head_end(input: &[u8]) -> Option<usize> {
    let mut last = 3;
    while let Some(byte) = input.get(last) {
        last += match byte {
            b'\n' if input[..=last].ends_with(b"\r\n\r\n") => return Some(last + 1),
            b'\n' => 2,
            b'\r' => 1,
            _ => 4,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn content_length_is_the_length_of_the_body() {
        for answer in [ONE, LIST] {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let length = format!("content-length: {}", body.len());
            assert!(head.lines().any(|line| line == length), "{answer}");
        }
    }

    #[test]
    fn bodies_are_those_of_the_data() {
        let data = include_str!("../../../greetings.json");
        let data: BTreeMap<&str, &str> = serde_json::from_str(data).unwrap();
        let greetings: Vec<_> = data
            .iter()
            .map(|(lang, text)| format!(r#"{{"lang":"{lang}","text":"{text}"}}"#))
            .collect();
        assert!(LIST.ends_with(&format!("\r\n\r\n[{}]", greetings.join(","))));
        let english = greetings.iter().find(|one| one.contains(r#""en""#));
        assert!(ONE.ends_with(&format!("\r\n\r\n{}", english.unwrap())));
    }

    #[test]
    fn the_target_chooses_the_answer() {
        let answers = Answers::GREETINGS;
        let to = |head: &str| answers.to(head.as_bytes());
        assert_eq!(to("GET /greetings HTTP/1.1\r\n\r\n"), LIST.as_bytes());
        assert_eq!(to("GET /greetings/en HTTP/1.1\r\n\r\n"), ONE.as_bytes());
        assert_eq!(to("\r\n\r\n"), ONE.as_bytes());
    }

    #[test]
    fn content_of_ones_own_is_the_answer_to_everything() {
        let answers = Answers::of(b"a\r\n\r\nb");
        for head in ["GET /greetings HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"] {
            let answer = answers.to(head.as_bytes());
            assert!(answer.ends_with(b"GMT\r\n\r\na\r\n\r\nb"));
            assert!(
                answer
                    .windows(21)
                    .any(|part| part == b"\r\ncontent-length: 6\r\n")
            );
        }
    }

    #[test]
    fn the_last_line_asks_to_close() {
        assert!(asks_to_close(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ));
        assert!(!asks_to_close(
            b"GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n"
        ));
        assert!(!asks_to_close(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    }

    #[test]
    fn finds_the_blank_line_wherever_it_stands() {
        for before in 0..40 {
            for after in 0..8 {
                let head = ["x".repeat(before), "\r\n\r\n".into(), "y".repeat(after)].concat();
                assert_eq!(head_end(head.as_bytes()), Some(before + 4), "{head:?}");
            }
        }
    }

    #[test]
    fn takes_the_first_of_several() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(head_end(&head.repeat(3)), Some(head.len()));
        assert_eq!(head_end(b"\r\n\r\n\r\n\r\n"), Some(4));
    }

    #[test]
    fn a_head_without_its_blank_line_has_no_end() {
        for head in [
            "",
            "\r",
            "\r\n\r",
            "a\r\n\rb\n",
            "a\n\nb",
            "a\r\nb\r\nc\r\n",
            "\n\r\n\r",
        ] {
            assert_eq!(head_end(head.as_bytes()), None, "{head:?}");
        }
    }
}
