//! Processes that do not outlive the suite.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::guard;

/// How long a program may take to end when it is asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// The same where the suite itself is about to end.
const LAST_GRACE: Duration = Duration::from_millis(300);

/// Whether the suite is about to end.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// How often a process is looked at while it is waited for.
const POLL: Duration = Duration::from_millis(2);

/// Whom to signal so that everything ends that runs now.
static RUNNING: Mutex<Vec<Whom>> = Mutex::new(Vec::new());

/// A process, or a process and those it started in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    Process(u32),
    Group(u32),
    /// The same, of a program that waits for its clients when it is asked to end (SIGTERM), and ends
    /// at once on SIGQUIT.
    Patient(u32),
    /// Those of a build, which an interrupt ends also where what is decided by then is kept.
    Build(u32),
}

impl Whom {
    /// Who leads the group, if it is one.
    fn leader(self) -> Option<u32> {
        match self {
            Self::Process(_) => None,
            Self::Group(leader) | Self::Patient(leader) | Self::Build(leader) => Some(leader),
        }
    }
}

/// Keeps a process among those that end when the suite is interrupted.
#[derive(Debug)]
pub(crate) struct Registered(Whom);

impl Registered {
    /// Registers a process.
    pub(crate) fn process(id: u32) -> Self {
        Self::new(Whom::Process(id))
    }

    /// Registers the process group that a process leads.
    pub(crate) fn group(leader: u32) -> Self {
        Self::new(Whom::Group(leader))
    }

    /// Registers the process group that a build leads.
    pub(crate) fn build(leader: u32) -> Self {
        Self::new(Whom::Build(leader))
    }

    fn new(whom: Whom) -> Self {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.push(whom);
        if let Some(leader) = whom.leader() {
            guard::watch(leader);
        }
        if IS_ENDING.load(Ordering::SeqCst) {
            signal(whom, Force::Kill);
        }
        Self(whom)
    }

    /// Kills what is left of a group. It has to be called before the leader has been waited for:
    /// then its id may be another's.
    pub(crate) fn kill_group(&self) {
        if self.0.leader().is_some() {
            signal(self.0, Force::Kill);
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = running.iter().position(|whom| *whom == self.0) {
            running.swap_remove(index);
        }
        if let Some(leader) = self.0.leader() {
            guard::forget(leader);
        }
    }
}

/// Ends everything that runs, and what is started from now on, for a program that is about to end
/// itself: what has not ended soon after it is asked to is killed.
pub(super) fn end_all() {
    IS_ENDING.store(true, Ordering::SeqCst);
    let asked = listed();
    if asked.is_empty() {
        return;
    }
    for whom in asked {
        signal(whom, Force::Ask);
    }
    std::thread::sleep(LAST_GRACE);
    for whom in listed() {
        signal(whom, Force::Kill);
    }
}

/// Ends the builds that run now.
pub(super) fn end_builds() {
    for whom in listed() {
        if let Whom::Build(_) = whom {
            signal(whom, Force::Ask);
        }
    }
}

fn listed() -> Vec<Whom> {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.clone()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Force {
    Ask,
    Kill,
}

#[cfg(unix)]
fn signal(whom: Whom, force: Force) {
    use nix::sys::signal::{Signal, kill, killpg};
    use nix::unistd::Pid;
    let signal = match (force, whom) {
        (Force::Kill, _) => Signal::SIGKILL,
        (Force::Ask, Whom::Patient(_)) => Signal::SIGQUIT,
        (Force::Ask, _) => Signal::SIGTERM,
    };
    let (Whom::Process(id) | Whom::Group(id) | Whom::Patient(id) | Whom::Build(id)) = whom;
    let Ok(id) = i32::try_from(id).map(Pid::from_raw) else {
        return;
    };
    // Either fails only if there is nothing left to signal.
    let _ = match whom {
        Whom::Process(_) => kill(id, signal),
        Whom::Group(_) | Whom::Patient(_) | Whom::Build(_) => killpg(id, signal),
    };
}

/// Without signals there is nothing to ask with: a process is killed by its handle.
#[cfg(not(unix))]
fn signal(_: Whom, _: Force) {}

/// Has a process lead a group of its own.
#[cfg(unix)]
pub(crate) fn in_a_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
pub(crate) fn in_a_group(_: &mut Command) {}

/// A process that is asked to end, and killed if it does not, when this is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    whom: Whom,
    registered: Option<Registered>,
}

impl Child {
    /// Starts a process, with whatever it starts in a group of its own.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        Self::spawn_as(command, Whom::Group)
    }

    /// The same for a program that SIGTERM would have wait for its clients: it is asked by SIGQUIT.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn spawn_patient(command: &mut Command) -> io::Result<Self> {
        Self::spawn_as(command, Whom::Patient)
    }

    fn spawn_as(command: &mut Command, whom: fn(u32) -> Whom) -> io::Result<Self> {
        in_a_group(command);
        let process = command.spawn()?;
        let whom = whom(process.id());
        Ok(Self {
            registered: Some(Registered::new(whom)),
            whom,
            process,
        })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it has.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        // An error means that it is not ours to wait for, which a child of ours is.
        self.process.try_wait().ok().flatten()
    }

    /// Its standard output, if that was piped and not taken yet.
    pub(super) fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.process.stdout.take()
    }

    /// Its standard error, likewise.
    pub(super) fn stderr(&mut self) -> Option<std::process::ChildStderr> {
        self.process.stderr.take()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Off the list before it is waited for: then its id may be another process's.
        self.registered = None;
        if self.exited().is_none() {
            signal(self.whom, Force::Ask);
            let deadline = Instant::now() + GRACE;
            while self.exited().is_none() && Instant::now() < deadline {
                std::thread::sleep(POLL);
            }
            if self.exited().is_none() {
                signal(self.whom, Force::Kill);
            }
        }
        // Both fail only if the process has ended and been waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        Child::spawn(Command::new("sh").args(["-c", script])).expect("there is a shell")
    }

    #[test]
    fn a_process_ends_with_its_handle() {
        let child = shell("exec sleep 60");
        let whom = Whom::Group(child.process.id());
        let is_listed = || RUNNING.lock().is_ok_and(|running| running.contains(&whom));
        assert!(is_listed());
        let start = Instant::now();
        drop(child);
        assert!(!is_listed());
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn one_that_will_not_end_is_killed() {
        let start = Instant::now();
        drop(shell("trap '' TERM; while :; do sleep 0.1; done"));
        assert!(start.elapsed() < GRACE + Duration::from_secs(20));
    }
}
