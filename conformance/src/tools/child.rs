//! A process that never outlives the suite.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a program may take to end when it is asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How often a process is looked at while it is waited for.
const POLL: Duration = Duration::from_millis(2);

/// The processes that run now, by id.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A process that is asked to end, and killed if it does not, when this is dropped.
#[derive(Debug)]
pub(crate) struct Child(std::process::Child);

impl Child {
    /// Starts a process.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        running.push(child.id());
        Ok(Self(child))
    }

    /// How it ended, if it has.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        // An error means that it is not ours to wait for, which a child of ours is.
        self.0.try_wait().ok().flatten()
    }
    /// Its standard output, if that was piped and not taken yet.
    pub(super) fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.0.stdout.take()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Off the list before it is waited for: then its id may be another process's.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|id| *id != self.0.id());
        drop(running);
        if self.exited().is_none() {
            ask_to_end(self.0.id());
            let deadline = Instant::now() + GRACE;
            while self.exited().is_none() && Instant::now() < deadline {
                std::thread::sleep(POLL);
            }
        }
        // Both fail only if the process has ended and been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks every process that runs to end, for a program that is about to end itself.
pub(crate) fn end_all() {
    for id in RUNNING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
    {
        ask_to_end(*id);
    }
}

#[cfg(unix)]
fn ask_to_end(id: u32) {
    use nix::sys::signal::{Signal, kill};
    if let Ok(id) = i32::try_from(id) {
        // It fails only if the process has ended.
        let _ = kill(nix::unistd::Pid::from_raw(id), Signal::SIGTERM);
    }
}

/// Without signals there is nothing to ask with: the process is killed.
#[cfg(not(unix))]
fn ask_to_end(_: u32) {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        Child::spawn(Command::new("sh").args(["-c", script])).expect("there is a shell")
    }

    #[test]
    fn a_process_ends_with_its_handle() {
        let child = shell("exec sleep 60");
        let id = child.0.id();
        let is_listed = || RUNNING.lock().unwrap().contains(&id);
        assert!(is_listed());
        drop(child);
        assert!(!is_listed());
        let gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(id as i32), None);
        assert_eq!(gone, Err(nix::errno::Errno::ESRCH));
    }

    #[test]
    fn one_that_will_not_end_is_killed() {
        let start = Instant::now();
        drop(shell("trap '' TERM; while :; do sleep 0.1; done"));
        assert!(start.elapsed() < GRACE + Duration::from_secs(20));
    }
}
