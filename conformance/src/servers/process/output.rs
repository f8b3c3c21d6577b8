//! What a process prints.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most octets kept of each of a process's outputs.
const KEPT_OUTPUT: usize = 1024 * 1024;

/// An output of a process, read as it comes so that the process never waits for a reader.
#[derive(Debug)]
pub(super) struct Captured(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    kept: Mutex<Kept>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Kept {
    octets: Vec<u8>,
    ended: bool,
}

impl Captured {
    pub(super) fn of(output: Option<impl Read + Send + 'static>) -> Self {
        let shared = Arc::new(Shared::default());
        match output {
            Some(mut output) => {
                let shared = shared.clone();
                std::thread::spawn(move || shared.capture(&mut output));
            }
            None => shared.kept().ended = true,
        }
        Self(shared)
    }

    pub(super) fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.0.kept().octets).into_owned()
    }

    /// What there was once the process has ended. One that left a child behind keeps its output
    /// open, so the wait is bounded.
    pub(super) fn at_end(&self) -> String {
        let deadline = Instant::now() + Duration::from_secs(1);
        let never = |_: &[u8]| None::<()>;
        // Nothing is looked for: this waits for the end, or the deadline.
        let _ = self.wait_for(deadline, never);
        self.so_far()
    }

    /// The address in the line that says where the process listens, once there is one. Nothing if
    /// none comes before the deadline or the end of the output.
    pub(super) fn announced(&self, deadline: Instant) -> Option<SocketAddr> {
        self.wait_for(deadline, announced_address)
    }

    fn wait_for<T>(&self, deadline: Instant, find: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let mut kept = self.0.kept();
        loop {
            let found = find(&kept.octets);
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || kept.ended || left.is_zero() {
                return found;
            }
            let waited = self.0.changed.wait_timeout(kept, left);
            kept = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn capture(&self, output: &mut impl Read) {
        let mut chunk = [0; 4096];
        while let Ok(read @ 1..) = output.read(&mut chunk) {
            let mut kept = self.kept();
            let room = KEPT_OUTPUT.saturating_sub(kept.octets.len()).min(read);
            kept.octets.extend_from_slice(&chunk[..room]);
            drop(kept);
            self.changed.notify_all();
        }
        self.kept().ended = true;
        self.changed.notify_all();
    }
}

/// The address in a complete line `listening on http://ADDRESS`.
fn announced_address(output: &[u8]) -> Option<SocketAddr> {
    let text = String::from_utf8_lossy(output);
    let mut complete = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    complete.find_map(|line| {
        let address = line.trim().strip_prefix("listening on http://")?;
        address.trim_end_matches('/').parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_its_end_is_not_the_line() {
        assert_eq!(announced_address(b"listening on http://127.0.0.1:8"), None);
        let address = announced_address(b"hello\nlistening on http://127.0.0.1:8\n");
        assert_eq!(address, "127.0.0.1:8".parse().ok());
    }
}
