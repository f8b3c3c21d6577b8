//! How many descriptors the suite and what it starts may have open.

/// Sees to it that this process, and those it starts from now on, may have `wanted` descriptors
/// open.
///
/// # Errors
/// How to do it by hand, where the system does not let the suite.
#[cfg(unix)]
pub fn allow(wanted: u64) -> Result<(), String> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let by_hand = |why: String| {
        Err(format!(
            "needs {wanted} descriptors in a process, {why}: raise the limit with \
             `ulimit -n {wanted}`"
        ))
    };
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, _)) if soft >= wanted => Ok(()),
        Ok((_, hard)) if hard < wanted => by_hand(format!("but at most {hard} are allowed")),
        Ok((_, hard)) => setrlimit(Resource::RLIMIT_NOFILE, wanted, hard)
            .or_else(|error| by_hand(error.to_string())),
        Err(error) => by_hand(error.to_string()),
    }
}

/// Sees to it that this process, and those it starts from now on, may have `wanted` descriptors
/// open: there is no limit to raise.
#[cfg(not(unix))]
pub fn allow(_wanted: u64) -> Result<(), String> {
    Ok(())
}
