//! Moments as a record has them.

use std::time::SystemTime;

/// The present moment as records write it.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// The moment that a record has (RFC 3339 in UTC). None where the text is none.
pub fn instant(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        assert!(instant(&now()).is_some());
        let (one, later) = ("2026-11-02T10:00:00Z", "2026-11-02T10:00:05Z");
        let passed = instant(later)
            .unwrap()
            .duration_since(instant(one).unwrap());
        assert_eq!(passed.unwrap().as_secs(), 5);
        assert_eq!(instant("yesterday"), None);
    }
}
