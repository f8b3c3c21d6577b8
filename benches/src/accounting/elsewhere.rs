//! Platforms without Linux's books: nothing is read, and every reading says so.

use anyhow::Result;

use super::children::FamilyTime;
use super::figures::{CoreUse, CpuTime, OwnMemory, Threads, Throttling};
use crate::system::System;

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
    pub fn threads(&self) -> Result<Option<Threads>> {
        Ok(None)
    }

    /// Not told on this platform.
    ///
    /// # Errors
    /// Never here.
    pub fn memory(&self) -> Result<Option<OwnMemory>> {
        Ok(None)
    }
}

/// The scheduler's count of how long cores were busy.
#[derive(Debug)]
pub struct CoreClock(());

impl CoreClock {
    /// Not told on this platform.
    pub fn of(_system: &System, _cores: &[usize]) -> Option<Self> {
        None
    }

    /// Nor is it known to be.
    pub fn is_needed() -> bool {
        false
    }

    /// Not told on this platform.
    ///
    /// # Errors
    /// Never here.
    pub fn busy(&self) -> Result<u64> {
        Ok(0)
    }
}

/// Reads how cores spend their time.
#[derive(Debug)]
pub struct CoreReader(());

/// A reading of it.
#[derive(Clone, Copy, Debug)]
pub struct CoreReading(());

impl CoreReader {
    /// Not told on this platform.
    pub fn of(_system: &System, _cores: &[usize], _usable: &[usize]) -> Self {
        Self(())
    }

    /// Not told on this platform.
    pub fn read(&self) -> CoreReading {
        CoreReading(())
    }
}

impl CoreReading {
    /// Not told on this platform.
    pub fn since(&self, _earlier: &Self) -> CoreUse {
        CoreUse::default()
    }
}

/// The control groups whose quotas this process is held to.
#[derive(Debug)]
pub struct Quotas(());

impl Quotas {
    /// Not told on this platform.
    pub fn of(_system: &System) -> Self {
        Self(())
    }

    /// Not told on this platform.
    pub fn cores(&self) -> Option<f64> {
        None
    }

    /// Not told on this platform.
    pub fn throttling(&self) -> Option<Throttling> {
        None
    }
}

pub(super) fn family_cpu(_parent: u32) -> Result<Option<FamilyTime>> {
    Ok(None)
}

pub(super) fn private(_root: u32) -> Option<u64> {
    None
}

pub(super) fn own_cpu() -> Result<Option<u64>> {
    Ok(None)
}
