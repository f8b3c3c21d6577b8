//! What a process takes up.

use std::io;
use std::time::Duration;

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

/// How much CPU time a process has used, in all its threads.
#[cfg(target_os = "linux")]
pub(super) fn cpu_time(pid: u32) -> io::Result<Duration> {
    let stat = process(pid)?.stat().map_err(io::Error::other)?;
    let ticks = (stat.utime + stat.stime) as f64;
    let seconds = ticks / procfs::ticks_per_second() as f64;
    Duration::try_from_secs_f64(seconds).map_err(io::Error::other)
}

/// How many threads a process has, with those of its descendants.
#[cfg(target_os = "linux")]
pub(super) fn threads(pid: u32) -> io::Result<usize> {
    let pid = i32::try_from(pid).map_err(io::Error::other)?;
    let all = procfs::process::all_processes().map_err(io::Error::other)?;
    // One that ends meanwhile cannot be read, and does not count.
    let stats: Vec<_> = all.filter_map(|it| it.ok()?.stat().ok()).collect();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        let children = stats.iter().filter(|stat| stat.ppid == parent);
        family.extend(children.map(|stat| stat.pid));
        next += 1;
    }
    let members = stats.iter().filter(|stat| family.contains(&stat.pid));
    Ok(members
        .map(|stat| usize::try_from(stat.num_threads).unwrap_or_default())
        .sum())
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
pub(super) fn cpu_time(_: u32) -> io::Result<Duration> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn threads(_: u32) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn descriptors(_: u32) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
