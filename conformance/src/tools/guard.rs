//! Nothing that was started outlives this program, even where it is killed (SIGKILL) and can end
//! nothing itself.
//!
//! A shell waits at a pipe that this program alone holds open. It leads a process group of its own,
//! into which servers are started: from before they run their own program on, so that at no moment
//! one is left out. When this program is gone the pipe ends, and the shell kills the group. Processes
//! that need a group of their own, because they start others, are told to it as they come and go.
//!
//! A parent-death signal (`PR_SET_PDEATHSIG`) would reach the first process of a server alone, is
//! tied to the thread that started it, and takes a program between this one and the server, whose
//! start would be in the server's start-up. Without a shell, as on Windows, nothing is guarded.

use std::process::Command;

/// Has a process end with this program, in whatever way that ends. Where that cannot be had, the
/// process is started all the same.
pub fn end_with_this_program(command: &mut Command) {
    platform::join(command);
}

/// Has a process group end with this program too.
pub(super) fn watch(leader: u32) {
    platform::tell('+', leader);
}

/// The group is gone: its number may be another's.
pub(super) fn forget(leader: u32) {
    platform::tell('-', leader);
}

#[cfg(unix)]
mod platform {
    use std::io::Write as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// The shell that runs now, if any does.
    static GUARD: Mutex<Option<Guard>> = Mutex::new(None);

    struct Guard {
        shell: Child,
        group: i32,
    }

    pub(super) fn join(command: &mut Command) {
        let mut guard = locked();
        if let Some(guard) = running(&mut guard) {
            command.process_group(guard.group);
        }
    }

    pub(super) fn tell(what: char, leader: u32) {
        let mut guard = locked();
        let Some(guard) = running(&mut guard) else {
            return;
        };
        if let Some(pipe) = &mut guard.shell.stdin {
            // It fails only where the shell was killed meanwhile; the next to be started has another.
            let _ = pipe.write_all(format!("{what} -{leader}\n").as_bytes());
        }
    }

    fn locked() -> MutexGuard<'static, Option<Guard>> {
        GUARD.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shell, started where none runs.
    fn running(guard: &mut Option<Guard>) -> Option<&mut Guard> {
        let runs = |guard: &mut Guard| matches!(guard.shell.try_wait(), Ok(None));
        if !guard.as_mut().is_some_and(runs) {
            *guard = start();
        }
        guard.as_mut()
    }

    fn start() -> Option<Guard> {
        let mut command = Command::new("sh");
        command
            .args(["-c", include_str!("guard.sh")])
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let shell = command.spawn().ok()?;
        let group = i32::try_from(shell.id()).ok()?;
        Some(Guard { shell, group })
    }
}

#[cfg(not(unix))]
mod platform {
    use std::process::Command;

    pub(super) fn join(_: &mut Command) {}

    pub(super) fn tell(_: char, _: u32) {}
}
