//! A process's proportional set size, by `/proc/PID/smaps_rollup` or, where the kernel has none (before
//! 4.14), by the mappings of `/proc/PID/smaps` one by one.

use std::io::{self, ErrorKind};

use super::KIBIBYTE;
use crate::system::System;

/// Bytes. None where the kernel has neither file (no `CONFIG_PROC_PAGE_MONITOR`).
///
/// # Errors
/// Where the process is gone, or the kernel refuses to tell of it.
pub(super) fn proportional(system: &System, pid: i32) -> io::Result<Option<u64>> {
    let process = system.path(format!("/proc/{pid}"));
    for file in ["smaps_rollup", "smaps"] {
        match std::fs::read_to_string(process.join(file)) {
            Ok(text) => return Ok(sum(&text)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    // Where the process itself is gone, so are its files.
    process.metadata().map(|_| None)
}

/// The lines `Pss: 12 kB` of all mappings together.
fn sum(text: &str) -> Option<u64> {
    let sizes: Vec<u64> = text
        .lines()
        .filter_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB"))
        .filter_map(|size| size.parse().ok())
        .collect();
    (!sizes.is_empty()).then(|| sizes.iter().sum::<u64>() * KIBIBYTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    const SMAPS: &str = "559b44e43000-559b44e46000 r--p 00000000 fe:00 24 /bin/x\nRss: 12 kB\n\
                         Pss:                   8 kB\nPss_Dirty:             2 kB\n\
                         559b44e46000-559b44e5a000 r-xp 00003000 fe:00 24 /bin/x\n\
                         Pss:                  80 kB\n";

    #[test]
    fn mappings_are_added_up_where_the_kernel_has_no_sum_of_them() {
        let rollup = "559b44e43000-7ffe rollup\nRss: 90 kB\nPss: 88 kB\nPss_Anon: 9 kB\n";
        for files in [
            &[("proc/7/smaps", SMAPS)][..],
            &[("proc/7/smaps_rollup", rollup), ("proc/7/smaps", "")],
        ] {
            let (_folder, system) = made_up(files);
            assert_eq!(proportional(&system, 7).unwrap(), Some(88 * KIBIBYTE));
        }
    }

    #[test]
    fn what_no_file_tells_is_not_known_and_a_process_that_is_gone_an_error() {
        let (_folder, system) = made_up(&[("proc/7/stat", "")]);
        assert_eq!(proportional(&system, 7).unwrap(), None);
        assert!(proportional(&system, 8).is_err());
    }
}
