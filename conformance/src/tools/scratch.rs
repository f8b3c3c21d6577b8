//! Files that do not outlive the suite.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tempfile::{NamedTempFile, TempDir};

/// How often removal is tried again while a program that is ending still writes.
const TRIES: u32 = 100;

/// How often it must be found gone: a browser that is ending makes its profile anew.
const LOOKS: u32 = 6;

/// How long each try waits for the next.
const PAUSE: Duration = Duration::from_millis(50);

/// The directory that is in use, if one is.
static DIRECTORY: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());

/// How the names of directories begin.
const PREFIX: &str = "quartet-conformance-";

/// Where Linux has files in memory.
const MEMORY: &str = "/dev/shm";

/// How much room there must be, octets: more than a few clusters of PostgreSQL take.
const ROOM: u64 = 512 << 20;

/// Whether the next directory is to be made in memory.
static IN_MEMORY: AtomicBool = AtomicBool::new(false);

/// Has files of this process be in memory from now on, and says whether they will be: where the system
/// has a file system there with room, and none have been made elsewhere that are still there.
pub(crate) fn prefer_memory() -> bool {
    let directory = DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner);
    let has_room = has_room(Path::new(MEMORY));
    IN_MEMORY.store(has_room, Ordering::Relaxed);
    match directory.upgrade() {
        Some(made) => made.path().starts_with(MEMORY),
        None => has_room,
    }
}

#[cfg(target_os = "linux")]
fn has_room(directory: &Path) -> bool {
    use nix::sys::{statfs, statvfs};
    let in_memory =
        statfs::statfs(directory).is_ok_and(|found| found.filesystem_type() == statfs::TMPFS_MAGIC);
    let room = statvfs::statvfs(directory).map(|found| {
        found
            .blocks_available()
            .saturating_mul(found.fragment_size())
    });
    in_memory && room.is_ok_and(|room| room >= ROOM)
}

#[cfg(not(target_os = "linux"))]
fn has_room(_: &Path) -> bool {
    false
}

/// The one directory of this process for files of its own. It goes with the last who has it.
#[derive(Clone, Debug)]
pub(crate) struct Scratch(Arc<TempDir>);

impl Scratch {
    /// The directory, made unless it is there.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn get() -> io::Result<Self> {
        let mut directory = DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = directory.upgrade() {
            return Ok(Self(shared));
        }
        let made = Arc::new(match IN_MEMORY.load(Ordering::Relaxed) {
            true => TempDir::with_prefix_in(PREFIX, MEMORY)?,
            false => TempDir::with_prefix(PREFIX)?,
        });
        *directory = Arc::downgrade(&made);
        Ok(Self(made))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Lets other users through to what is theirs in it, which none can list.
    ///
    /// # Errors
    /// What the system says.
    #[cfg(unix)]
    pub(crate) fn let_others_through(&self) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(self.path(), std::fs::Permissions::from_mode(0o711))
    }
}

/// A file in the directory.
#[derive(Debug)]
pub(crate) struct ScratchFile {
    // First, so that it is gone before the directory is.
    file: NamedTempFile,
    _directory: Scratch,
}

impl ScratchFile {
    /// A file with this content.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn with(content: &[u8]) -> io::Result<Self> {
        let directory = Scratch::get()?;
        let mut file = NamedTempFile::new_in(directory.path())?;
        file.write_all(content)?;
        Ok(Self {
            file,
            _directory: directory,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }
}

/// Removes the directory with all that is in it, for a program that is about to end itself.
pub(super) fn remove() {
    let directory = DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(directory) = directory.upgrade() else {
        return;
    };
    let mut looks_gone = 0;
    for _ in 0..TRIES {
        let _ = std::fs::remove_dir_all(directory.path());
        looks_gone = match directory.path().exists() {
            true => 0,
            false => looks_gone + 1,
        };
        if looks_gone == LOOKS {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_with_their_handles() {
        let file = ScratchFile::with(b"content").unwrap();
        let path = file.path().to_owned();
        assert_eq!(std::fs::read(&path).unwrap(), b"content");
        assert_eq!(path.parent(), Some(Scratch::get().unwrap().path()));
        drop(file);
        assert!(!path.exists());
    }
}
