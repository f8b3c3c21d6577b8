//! Numbers as the command line and the record have them.

use std::time::Duration;

/// A number of things that are to be measured, of which there must be one.
pub(crate) fn at_least_one<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| {
        if text.bytes().all(|byte| byte == b'0') && !text.is_empty() {
            "must be at least 1".to_owned()
        } else {
            "must be a whole number of at least 1, and not too large".to_owned()
        }
    })
}

/// A time as records have it; one of more than five centuries as that.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A share from a percentage, `3%` or `3`.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("not a percentage from 0 to 100, such as 3%".to_owned()),
    }
}
