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

/// A share from a percentage, `3%` or `3`.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..100.0).contains(&percent) => Ok(percent / 100.0),
        Ok(percent) if (-100.0..0.0).contains(&percent) => Err(format!(
            "not a percentage from 0 to 100: write {}%",
            -percent
        )),
        _ => Err("not a percentage from 0 to 100, such as 3%".to_owned()),
    }
}

/// A time as records have it; one of more than five centuries as that.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_a_sign_or_none() {
        assert_eq!(percent("3%"), Ok(0.03));
        assert_eq!(percent("2.5 %"), Ok(0.025));
        assert_eq!(percent("0"), Ok(0.0));
        assert!(percent("100%").is_err() && percent("x").is_err() && percent("NaN").is_err());
    }
}
