//! Numbers as the command line has them.

/// A number of things that are to be measured, of which there must be one.
pub(crate) fn at_least_one<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| {
        if text.bytes().all(|byte| byte == b'0') && !text.is_empty() {
            "at least 1 is needed".to_owned()
        } else {
            "it is not a whole number of at least 1, or too large".to_owned()
        }
    })
}
