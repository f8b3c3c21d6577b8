//! How long a server takes to build and to check, and how much memory that takes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use quartet_conformance::servers::Server;
use quartet_record::cost::BuildCost;

use super::source;
use crate::accounting;
use crate::interrupt::Interrupt;
use crate::numbers::nanoseconds;
use crate::runs::runs;

/// How often a build is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Builds a server twice and checks it, in a target directory of its own that is gone afterwards. None where it
/// is not built by cargo.
///
/// # Errors
/// Where it cannot be built, or the wish to stop came first.
pub(super) fn time(
    server: &Server,
    program: &Path,
    root: &Path,
    interrupt: &Interrupt,
) -> Result<Option<BuildCost>> {
    let (Some(source), Some("cargo")) = (
        source::of(server, program, root)?,
        server.build.first().map(String::as_str),
    ) else {
        return Ok(None);
    };
    let target = Target::at(runs(root).join("build-cost").join(&server.name))?;
    let run = |command: &[String]| run(command, root, &target.0, interrupt);
    let clean = run(&server.build)?;
    let incremental = {
        let _touched = Touched::now(&source.root)?;
        run(&server.build)?
    };
    let check = match checking(&server.build) {
        None => None,
        Some(check) => {
            run(&check)?;
            let _touched = Touched::now(&source.root)?;
            Some(run(&check)?)
        }
    };
    Ok(Some(BuildCost {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        clean_ns: nanoseconds(clean.length),
        incremental_ns: nanoseconds(incremental.length),
        check_ns: check.map(|check| nanoseconds(check.length)),
        clean_peak: clean.peak,
        incremental_peak: incremental.peak,
        check_peak: check.and_then(|check| check.peak),
    }))
}

/// The command that checks what another builds, as developers do: without `--release`. None where that is no
/// `cargo build`.
fn checking(build: &[String]) -> Option<Vec<String>> {
    let rest = build.strip_prefix(&["cargo".to_owned(), "build".to_owned()])?;
    let rest = rest.iter().filter(|argument| *argument != "--release");
    let first = ["cargo", "check"].map(str::to_owned);
    Some(first.into_iter().chain(rest.cloned()).collect())
}

/// What a command took.
#[derive(Clone, Copy, Debug)]
struct Taken {
    length: Duration,
    /// The most private memory that all its processes had at once, bytes.
    peak: Option<u64>,
}

fn run(command: &[String], root: &Path, target: &Path, interrupt: &Interrupt) -> Result<Taken> {
    let (program, args) = command.split_first().context("there is no build command")?;
    let begun = Instant::now();
    let mut building = Command::new(program)
        .args(args)
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        // Where intermediate files are kept apart, they too must be new.
        .env("CARGO_BUILD_BUILD_DIR", target)
        // The whole of a crate that has changed, as in a release.
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run `{program}`"))?;
    let mut peak: Option<u64> = None;
    loop {
        peak = peak.max(accounting::private(building.id()));
        if let Some(status) = building.try_wait()? {
            ensure!(
                status.success(),
                "`{}` failed ({status})",
                command.join(" ")
            );
            let length = begun.elapsed();
            return Ok(Taken { length, peak });
        }
        if interrupt.requested() {
            building.kill()?;
            building.wait()?;
            bail!("interrupted");
        }
        sleep(POLL);
    }
}

/// A target directory, empty at first and gone when this is.
struct Target(PathBuf);

impl Target {
    fn at(directory: PathBuf) -> Result<Self> {
        if directory.exists() {
            let shown = directory.display();
            fs::remove_dir_all(&directory).with_context(|| format!("cannot empty {shown}"))?;
        }
        Ok(Self(directory))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // What is left is emptied before the next use.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file that seems to have changed just now. It has its time back when this is gone, so that
/// nobody's own builds notice.
struct Touched {
    file: File,
    before: SystemTime,
}

impl Touched {
    fn now(path: &Path) -> Result<Self> {
        let touch = || {
            let file = File::options().append(true).open(path)?;
            let before = file.metadata()?.modified()?;
            file.set_modified(SystemTime::now())?;
            Ok::<_, std::io::Error>(Self { file, before })
        };
        touch().with_context(|| format!("cannot touch {}", path.display()))
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        // Where it fails, the next build is longer than it need be, and no more.
        let _ = self.file.set_modified(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<String> {
        command.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_touched_file_has_its_time_and_content_back() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("lib.rs");
        fs::write(&file, "content").unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        File::options()
            .append(true)
            .open(&file)
            .unwrap()
            .set_modified(old)
            .unwrap();
        let modified = || fs::metadata(&file).unwrap().modified().unwrap();
        let touched = Touched::now(&file).unwrap();
        assert!(modified() > old + Duration::from_secs(1));
        drop(touched);
        assert_eq!(modified(), old);
        assert_eq!(fs::read(&file).unwrap(), b"content");
    }

    #[test]
    fn a_target_is_empty_at_first_and_gone_at_last() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("target");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("old"), "").unwrap();
        let target = Target::at(directory.clone()).unwrap();
        assert!(!directory.exists());
        fs::create_dir(&directory).unwrap();
        drop(target);
        assert!(!directory.exists());
    }

    #[test]
    fn what_is_built_is_checked_without_a_release() {
        let build = words("cargo build --release --locked --package a --example b");
        let check = words("cargo check --locked --package a --example b");
        assert_eq!(checking(&build), Some(check));
        assert_eq!(checking(&words("cargo run")), None);
        assert_eq!(checking(&words("make")), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_that_of_all_processes_at_once() {
        let place = tempfile::tempdir().unwrap();
        // A shell and its child, both of which run for several looks.
        let script = ["sh", "-c", "sleep 0.2; true"].map(str::to_owned);
        let taken = run(&script, place.path(), place.path(), &Interrupt::default()).unwrap();
        assert!(taken.peak.is_some_and(|peak| peak > 0), "{taken:?}");
        assert!(taken.length >= Duration::from_millis(200));
    }

    #[test]
    fn a_build_that_fails_or_is_interrupted_is_an_error() {
        let place = tempfile::tempdir().unwrap();
        let (root, go_on) = (place.path(), Interrupt::default());
        let build = |command: &str, interrupt: &Interrupt| {
            run(&words(command), root, root, interrupt).map_err(|error| error.to_string())
        };
        assert!(build("true", &go_on).is_ok());
        assert!(
            build("false", &go_on)
                .unwrap_err()
                .contains("`false` failed")
        );
        assert!(
            build("/nowhere/x", &go_on)
                .unwrap_err()
                .contains("cannot run")
        );
        let stop = Interrupt::default();
        stop.request();
        assert_eq!(build("sleep 600", &stop).unwrap_err(), "interrupted");
    }
}
