//! What a process holds in pages of no file, by `/proc/PID/smaps_rollup`.

use std::io::{self, ErrorKind};

use super::units::KIBIBYTE;
use crate::system::System;

/// Bytes, pages that several processes share counted by their share. None where the kernel does not
/// tell: before 5.3, or without `CONFIG_PROC_PAGE_MONITOR`.
///
/// # Errors
/// Where the process is gone, or the kernel refuses to tell of it.
pub(super) fn anonymous(system: &System, pid: i32) -> io::Result<Option<u64>> {
    let process = system.path(format!("/proc/{pid}"));
    match std::fs::read_to_string(process.join("smaps_rollup")) {
        Ok(text) => Ok(of(&text)),
        // Where the process itself is gone, so are its files.
        Err(error) if error.kind() == ErrorKind::NotFound => process.metadata().map(|_| None),
        Err(error) => Err(error),
    }
}

/// The line `Pss_Anon: 12 kB`.
fn of(text: &str) -> Option<u64> {
    let line = |line: &str| line.strip_prefix("Pss_Anon:").map(str::to_owned);
    let size = text.lines().find_map(line)?;
    let size: u64 = size.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(size * KIBIBYTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    #[test]
    fn pages_of_files_are_left_out() {
        let rollup = "559b44e43000-7ffe rollup\nRss: 90 kB\nPss: 88 kB\nPss_Dirty:  10 kB\n\
                      Pss_Anon:              9 kB\nPss_File:             79 kB\n";
        let (_folder, system) = made_up(&[("proc/7/smaps_rollup", rollup)]);
        assert_eq!(anonymous(&system, 7).unwrap(), Some(9 * KIBIBYTE));
    }

    #[test]
    fn what_no_file_tells_is_not_known_and_a_process_that_is_gone_an_error() {
        let old = "559b44e43000-7ffe rollup\nRss: 90 kB\nPss: 88 kB\n";
        let (_folder, system) = made_up(&[("proc/7/stat", ""), ("proc/9/smaps_rollup", old)]);
        assert_eq!(anonymous(&system, 7).unwrap(), None);
        assert_eq!(anonymous(&system, 9).unwrap(), None);
        assert!(anonymous(&system, 8).is_err());
    }
}
