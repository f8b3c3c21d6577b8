use crate::EntityTag;

/// Whether If-None-Match makes the answer 304 (RFC 9110 §13.1.2), given each of the request's
/// field lines and the entity tag of what GET would send.
///
/// Tags are compared weakly (§8.8.3.2), `*` matches any, and a line that breaks the grammar
/// matches no further: the whole representation is always a right answer.
pub fn not_modified<'a>(
    if_none_match: impl IntoIterator<Item = &'a [u8]>,
    current: &EntityTag,
) -> bool {
    if_none_match
        .into_iter()
        .any(|line| line_matches(line, current.as_bytes()))
}

fn line_matches(line: &[u8], current: &[u8]) -> bool {
    let mut rest = line.trim_ascii();
    if rest == b"*" {
        return true;
    }
    loop {
        // RFC 9110 §5.6.1.2: a recipient takes empty list elements.
        while let [b',' | b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        let opaque_tag = rest.strip_prefix(b"W/").unwrap_or(rest);
        let [b'"', after_quote @ ..] = opaque_tag else {
            return false;
        };
        // An opaque tag may hold commas, so that the list cannot be split at them.
        let Some(close) = after_quote.iter().position(|&octet| octet == b'"') else {
            return false;
        };
        if opaque_tag[..close + 2] == *current {
            return true;
        }
        rest = &opaque_tag[close + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(lines: &[&str]) -> bool {
        let current = EntityTag::of(b"abc");
        let lines: Vec<String> = lines
            .iter()
            .map(|line| line.replace("TAG", current.as_str()))
            .collect();
        not_modified(lines.iter().map(|line| line.as_bytes()), &current)
    }

    #[test]
    fn any_form_that_names_the_tag_matches() {
        for line in [
            "TAG",
            "W/TAG",
            "*",
            " * ",
            "\"a\", TAG",
            "\"a,b\",\"c\" , W/TAG",
            ",, TAG",
            "TAG, \"unclosed",
            "\"\", TAG",
        ] {
            assert!(matches(&[line]), "{line}");
        }
        assert!(matches(&["\"a\"", "TAG"]), "a second field line");
    }

    #[test]
    fn nothing_else_does() {
        for line in [
            "",
            "\"a\"",
            "w/TAG",
            "\"a\" \"",
            "ba7816bf8f01cfea414140de5dae2223",
            "\"*\"",
            "\"a, TAG",
            "*, \"a\"",
        ] {
            assert!(!matches(&[line]), "{line}");
        }
        assert!(!matches(&[]));
    }
}
