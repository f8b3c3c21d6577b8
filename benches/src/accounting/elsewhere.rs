//! Platforms without Linux's books: nothing is read, and every reading says so.

use anyhow::Result;

use super::{CoreTime, CpuTime, Memory};

/// The processes of one server.
#[derive(Debug)]
pub struct ProcessTree(());

impl ProcessTree {
    /// The tree under `root`.
    ///
    /// # Errors
    /// Never here.
    pub fn of(_root: u32) -> Result<Self> {
        Ok(Self(()))
    }

    /// Not told on this platform.
    ///
    /// # Errors
    /// Never here.
    pub fn cpu(&self) -> Result<Option<CpuTime>> {
        Ok(None)
    }

    /// Not told on this platform.
    ///
    /// # Errors
    /// Never here.
    pub fn memory(&self) -> Result<Option<Memory>> {
        Ok(None)
    }
}

/// The scheduler's count of how long cores were busy.
#[derive(Debug)]
pub struct CoreClock(());

impl CoreClock {
    /// Not told on this platform.
    pub fn of(_cores: &[usize]) -> Option<Self> {
        None
    }

    /// Not told on this platform.
    ///
    /// # Errors
    /// Never here.
    pub fn busy(&self) -> Result<u64> {
        Ok(0)
    }
}

pub(super) fn core_time(_cores: &[usize]) -> Result<Option<CoreTime>> {
    Ok(None)
}

pub(super) fn own_cpu() -> Result<Option<u64>> {
    Ok(None)
}
