//! What a process takes up.

use std::io;

/// Octets of memory that a process has resident.
#[cfg(target_os = "linux")]
pub(super) fn resident_memory(pid: u32) -> io::Result<u64> {
    let status = process(pid)?.status().map_err(io::Error::other)?;
    let kib = status.vmrss.ok_or(io::ErrorKind::NotFound)?;
    Ok(kib * 1024)
}

/// How many descriptors a process has open.
#[cfg(target_os = "linux")]
pub(super) fn descriptors(pid: u32) -> io::Result<usize> {
    process(pid)?.fd_count().map_err(io::Error::other)
}

#[cfg(target_os = "linux")]
fn process(pid: u32) -> io::Result<procfs::process::Process> {
    let pid = i32::try_from(pid).map_err(io::Error::other)?;
    procfs::process::Process::new(pid).map_err(io::Error::other)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn resident_memory(_: u32) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn descriptors(_: u32) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
