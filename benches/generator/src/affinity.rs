//! The cores that a thread may run on. It knows nothing of what the thread does.

use thiserror::Error;

/// The system refuses, as where none of the cores is one that the process may use.
#[derive(Debug, Error)]
#[error("cannot confine a thread to cores {cores:?}")]
pub struct AffinityError {
    /// The cores' numbers.
    pub cores: Vec<usize>,
    /// What the system said.
    pub source: std::io::Error,
}

/// Confines the calling thread, and what it starts from now on, to these cores. It does nothing where this
/// platform cannot. Numbers beyond what a CPU set of the C library holds are passed over.
///
/// # Errors
/// [`AffinityError`], where the system refuses.
#[cfg(target_os = "linux")]
pub fn confine(cores: &[usize]) -> Result<(), AffinityError> {
    use nix::sched::{CpuSet, sched_setaffinity};
    use nix::unistd::Pid;

    const THIS_THREAD: Pid = Pid::from_raw(0);

    let confine = || {
        let mut set = CpuSet::new();
        for &core in cores.iter().filter(|&&core| core < CpuSet::count()) {
            set.set(core)?;
        }
        sched_setaffinity(THIS_THREAD, &set)
    };
    confine().map_err(|error| AffinityError {
        cores: cores.to_vec(),
        source: error.into(),
    })
}

/// Does nothing: this platform cannot confine a thread.
///
/// # Errors
/// Never here.
#[cfg(not(target_os = "linux"))]
pub fn confine(_cores: &[usize]) -> Result<(), AffinityError> {
    Ok(())
}
