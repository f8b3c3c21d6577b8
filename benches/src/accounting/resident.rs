//! What processes have resident together, each page counted once.

use std::collections::BTreeMap;

/// A mapping of one process, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    /// Device and number of the file; none where it is of no file.
    file: Option<((i32, i32), u64)>,
    /// Resident pages that no other process maps.
    private: u64,
    /// Resident pages that others map too.
    shared: u64,
    /// All of these, those shared by their share.
    proportional: u64,
}

#[cfg(target_os = "linux")]
impl Mapping {
    /// One as `/proc/PID/smaps` has it.
    pub(super) fn of(map: &procfs::process::MemoryMap) -> Self {
        let bytes = |name: &str| map.extension.map.get(name).copied().unwrap_or_default();
        Self {
            file: (map.inode != 0).then_some((map.dev, map.inode)),
            private: bytes("Private_Clean") + bytes("Private_Dirty"),
            shared: bytes("Shared_Clean") + bytes("Shared_Dirty"),
            proportional: bytes("Pss"),
        }
    }
}

/// What the processes of a tree have resident, bytes: each a list of its mappings.
///
/// Pages of no file are shared within the tree alone, by processes that were forked, so that their
/// shares add up. Those of a file may be shared with any process of the machine. Of them counts what
/// is one process's own, and once what is shared: as much as the process has that shares the most.
pub(super) fn resident(processes: &[Vec<Mapping>]) -> u64 {
    let mut anonymous = 0;
    let mut private = 0;
    let mut shared: BTreeMap<_, u64> = BTreeMap::new();
    for mappings in processes {
        let mut of_process: BTreeMap<_, u64> = BTreeMap::new();
        for mapping in mappings {
            match mapping.file {
                None => anonymous += mapping.proportional,
                Some(file) => {
                    private += mapping.private;
                    *of_process.entry(file).or_default() += mapping.shared;
                }
            }
        }
        for (file, bytes) in of_process {
            let most = shared.entry(file).or_default();
            *most = bytes.max(*most);
        }
    }
    anonymous + private + shared.values().sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: Option<((i32, i32), u64)> = Some(((8, 1), 77));
    const LIBRARY: Option<((i32, i32), u64)> = Some(((8, 1), 78));

    fn mapping(file: Option<((i32, i32), u64)>, private: u64, shared: u64) -> Mapping {
        Mapping {
            file,
            private,
            shared,
            // Two share.
            proportional: private + shared / 2,
        }
    }

    #[test]
    fn whether_others_map_a_file_makes_no_difference() {
        let heap = mapping(None, 1_000, 0);
        let alone = [vec![
            heap,
            mapping(PROGRAM, 500, 0),
            mapping(LIBRARY, 0, 80),
        ]];
        let beside = [vec![
            heap,
            mapping(PROGRAM, 100, 400),
            mapping(LIBRARY, 0, 80),
        ]];
        assert_eq!(resident(&alone), 1_580);
        assert_eq!(resident(&beside), resident(&alone));
    }

    #[test]
    fn what_forked_processes_share_counts_once() {
        let parent = vec![mapping(None, 200, 1_000), mapping(PROGRAM, 0, 400)];
        let child = vec![
            mapping(None, 300, 1_000),
            mapping(PROGRAM, 10, 300),
            mapping(PROGRAM, 0, 100),
        ];
        assert_eq!(resident(&[parent, child]), 200 + 300 + 1_000 + 10 + 400);
        assert_eq!(resident(&[]), 0);
    }
}
