//! Where two contents differ, for messages.

use serde_json::Value;

/// How much is shown before the place, and from it on, in octets.
const BEFORE: usize = 16;
const AFTER: usize = 32;

/// Where the octets `found` differ from those `expected`, with what stands there in both; JSON
/// texts are compared by value, and the place is a JSON Pointer (RFC 6901).
pub(crate) fn of_octets(found: &[u8], expected: &[u8]) -> String {
    let json = |octets| serde_json::from_slice::<Value>(octets).ok();
    if let (Some(found), Some(expected)) = (json(found), json(expected))
        && found != expected
        && (found.is_array() || found.is_object())
    {
        return of_json(&found, &expected);
    }
    let same = found
        .iter()
        .zip(expected)
        .take_while(|(one, other)| one == other)
        .count();
    if same == found.len() && same == expected.len() {
        return "they are equal".to_owned();
    }
    let lengths = match found.len() == expected.len() {
        true => String::new(),
        false => format!(" ({} octets, expected {})", found.len(), expected.len()),
    };
    format!(
        "at octet {}: found {}, expected {}{lengths}",
        same + 1,
        excerpt(found, same),
        excerpt(expected, same)
    )
}

/// Where the JSON value `found` differs from the one `expected`, with what stands there in both.
pub(crate) fn of_json(found: &Value, expected: &Value) -> String {
    let (place, found, expected) = first(String::new(), Some(found), Some(expected));
    let place = if place.is_empty() { "/" } else { &place };
    format!(
        "at {place}: found {}, expected {}",
        brief(found),
        brief(expected)
    )
}

/// The first place that differs, as a JSON Pointer, and what stands there.
fn first<'a>(
    place: String,
    found: Option<&'a Value>,
    expected: Option<&'a Value>,
) -> (String, Option<&'a Value>, Option<&'a Value>) {
    let differs = |(step, one, other): (String, Option<&'a Value>, Option<&'a Value>)| {
        (one != other).then(|| first(format!("{place}/{step}"), one, other))
    };
    let within = match (found, expected) {
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            let length = one.len().max(other.len());
            (0..length).find_map(|at| differs((at.to_string(), one.get(at), other.get(at))))
        }
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let mut names = other.keys().chain(one.keys());
            names.find_map(|name| {
                let step = name.replace('~', "~0").replace('/', "~1");
                differs((step, one.get(name), other.get(name)))
            })
        }
        _ => None,
    };
    within.unwrap_or((place, found, expected))
}

/// A value, shortened.
fn brief(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    let text = value.to_string();
    match text.char_indices().nth(2 * AFTER) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What stands around a place, as text in quotes.
fn excerpt(octets: &[u8], place: usize) -> String {
    if place >= octets.len() {
        return "the end".to_owned();
    }
    let start = place.saturating_sub(BEFORE);
    let end = octets.len().min(place + AFTER);
    let text = String::from_utf8_lossy(octets.get(start..end).unwrap_or_default());
    let (before, after) = (start > 0, end < octets.len());
    format!(
        "{}{text:?}{}",
        if before { "…" } else { "" },
        if after { "…" } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_place_in_octets_is_told() {
        assert_eq!(
            of_octets(b"Hello, World", b"Hello, world"),
            "at octet 8: found \"Hello, World\", expected \"Hello, world\""
        );
        assert_eq!(
            of_octets(b"Hello", b"Hello!"),
            "at octet 6: found the end, expected \"Hello!\" (5 octets, expected 6)"
        );
        let long = vec![b'x'; 100];
        let other = [&long[..50], b"y", &long[51..]].concat();
        let told = of_octets(&long, &other);
        assert!(told.starts_with("at octet 51: found …\"xxx"), "{told}");
        assert!(told.contains("expected …\"xxxxxxxxxxxxxxxxyxxx"), "{told}");
    }

    #[test]
    fn the_place_in_json_is_told() {
        let expected = json!([{"lang": "a", "text": "x"}, {"lang": "b/~", "text": "y"}]);
        for (found, told) in [
            (
                json!([{"lang": "a", "text": "z"}, {"lang": "b/~", "text": "y"}]),
                "at /0/text: found \"z\", expected \"x\"",
            ),
            (
                json!([{"lang": "a", "text": "x"}]),
                "at /1: found nothing, expected {\"lang\":\"b/~\",\"text\":\"y\"}",
            ),
            (
                json!({"a": 1}),
                "at /: found {\"a\":1}, expected \
                 [{\"lang\":\"a\",\"text\":\"x\"},{\"lang\":\"b/~\",\"text\":\"y\"}]",
            ),
        ] {
            assert_eq!(of_json(&found, &expected), told);
        }
        let found = br#"{"a/b": {"c~d": [1, 2]}}"#;
        assert_eq!(
            of_octets(found, br#"{"a/b": {"c~d": [1, 3]}}"#),
            "at /a~1b/c~0d/1: found 2, expected 3"
        );
    }
}
