//! Durations on the command line.

use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A duration from a millisecond to a day.
pub(crate) fn timeout(value: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(value).map_err(|error| error.to_string())?;
    if (Duration::from_millis(1)..=LONGEST).contains(&duration) {
        Ok(duration)
    } else {
        Err("must be from 1ms to 24h".to_owned())
    }
}

/// A duration of at most a day, or none.
pub(crate) fn delay(value: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(value).map_err(|error| error.to_string())?;
    if duration <= LONGEST {
        Ok(duration)
    } else {
        Err("must be at most 24h".to_owned())
    }
}
