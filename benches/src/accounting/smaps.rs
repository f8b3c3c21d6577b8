//! A process's mappings, by `/proc/PID/smaps`.

use anyhow::Result;
use procfs::process::MemoryMaps;
use procfs::{FromRead as _, ProcError};

use super::super::resident::Mapping;
use crate::system::System;

/// None where the kernel has no such file (no `CONFIG_PROC_PAGE_MONITOR`).
///
/// # Errors
/// Where the process is gone, or the kernel refuses to tell of it.
pub(super) fn mappings(system: &System, pid: i32) -> Result<Option<Vec<Mapping>>> {
    let process = system.path(format!("/proc/{pid}"));
    match MemoryMaps::from_file(process.join("smaps")) {
        Ok(maps) => Ok(Some(maps.0.iter().map(Mapping::of).collect())),
        Err(ProcError::NotFound(_)) => {
            // Where the process itself is gone, so are its files.
            process.metadata()?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::resident::resident;
    use super::*;
    use crate::system::tests::made_up;

    const SMAPS: &str = "559b44e43000-559b44e46000 r--p 00000000 fe:00 24 /bin/x\n\
                         Rss:                  12 kB\nPss:                   8 kB\n\
                         Shared_Clean:          8 kB\nShared_Dirty:          0 kB\n\
                         Private_Clean:         3 kB\nPrivate_Dirty:         1 kB\n\
                         VmFlags: rd mr mw me\n\
                         559b44e46000-559b44e5a000 rw-p 00000000 00:00 0 [heap]\n\
                         Rss:                  80 kB\nPss:                  80 kB\n\
                         Private_Dirty:        80 kB\n";

    #[test]
    fn mappings_of_files_and_of_none_are_read() {
        let (_folder, system) = made_up(&[("proc/7/smaps", SMAPS)]);
        let found = mappings(&system, 7).unwrap().unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(resident(&[found]), (12 + 80) * 1024);
    }

    #[test]
    fn what_no_file_tells_is_not_known_and_a_process_that_is_gone_an_error() {
        let (_folder, system) = made_up(&[("proc/7/stat", "")]);
        assert_eq!(mappings(&system, 7).unwrap(), None);
        assert!(mappings(&system, 8).is_err());
    }
}
