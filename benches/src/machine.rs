//! Asks the system what the figures are measured on. It knows nothing of the figures.

mod processor;

use std::path::Path;
use std::process::Command;

use quartet_record::machine::{Machine, Source, Toolchain};

#[cfg(target_os = "linux")]
use crate::system::System;

/// Asks the system what it is measured on. What it does not tell is absent, never guessed.
pub fn look() -> Machine {
    let platform = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let known = known();
    Machine {
        processor: known.processor,
        cores,
        memory: known.memory,
        platform,
        kernel: known.kernel,
        governor: known.governor,
        virtual_machine: known.virtual_machine,
    }
}

/// Asks the compiler and cargo that build what is in `directory`.
pub fn toolchain(directory: &Path) -> Toolchain {
    let output = |program, arguments: &[&str]| output(directory, program, arguments);
    Toolchain {
        rustc: output("rustc", &["--version"]),
        cargo: output("cargo", &["--version"]),
    }
}

/// What the measured programs are made of.
const PROGRAMS: [&str; 4] = ["Cargo.lock", "baselines", "common", "servers"];

/// Asks git about what `directory` is in.
pub fn source(directory: &Path) -> Source {
    let output = |program, arguments: &[&str]| output(directory, program, arguments);
    let changes = output("git", &["status", "--porcelain", "--untracked-files=no"]);
    Source {
        revision: output("git", &["rev-parse", "HEAD"]),
        modified: changes.map(|changes| !changes.is_empty()),
        programs: PROGRAMS
            .iter()
            .filter_map(|path| {
                let id = output("git", &["rev-parse", &format!("HEAD:./{path}")])?;
                Some(((*path).to_owned(), id))
            })
            .collect(),
    }
}

/// What only some platforms tell.
#[derive(Default)]
struct Known {
    processor: Option<String>,
    memory: Option<u64>,
    kernel: Option<String>,
    governor: Option<String>,
    virtual_machine: Option<bool>,
}

#[cfg(target_os = "linux")]
fn known() -> Known {
    use procfs::{CpuInfo, Current as _, Meminfo};
    let line = |file: &str| {
        std::fs::read_to_string(file)
            .ok()
            .map(|text| text.trim().to_owned())
    };
    let processors = CpuInfo::current().ok();
    // Only x86 says so among its flags; elsewhere the absence of the word means nothing.
    let virtual_machine = processors
        .as_ref()
        .and_then(|info| info.flags(0))
        .map(|flags| flags.contains(&"hypervisor"));
    Known {
        processor: processor::processor(&System::live()),
        memory: Meminfo::current().ok().map(|memory| memory.mem_total),
        kernel: line("/proc/sys/kernel/osrelease"),
        governor: line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        virtual_machine,
    }
}

#[cfg(not(target_os = "linux"))]
fn known() -> Known {
    Known {
        // Of macOS; elsewhere there is no such variable.
        processor: output(
            Path::new("."),
            "sysctl",
            &["-n", "machdep.cpu.brand_string"],
        ),
        kernel: output(Path::new("."), "uname", &["-r"]),
        ..Known::default()
    }
}

/// What a program prints, if it is there and succeeds.
pub(crate) fn output(directory: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_fail_or_are_absent_say_nothing() {
        let output = |program, arguments: &[&str]| output(Path::new("."), program, arguments);
        assert_eq!(output("rustc", &["--no-such-option"]), None);
        assert_eq!(output("no-such-program-anywhere", &[]), None);
        assert!(output("rustc", &["--version"]).is_some_and(|line| line.starts_with("rustc ")));
    }

    #[test]
    fn git_knows_what_programs_are_made_of() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let found = source(&root);
        // There is nothing to know outside of a checkout.
        if found.revision.is_some() {
            let paths: Vec<&str> = found.programs.keys().map(String::as_str).collect();
            assert_eq!(paths, PROGRAMS);
            assert!(found.programs.values().all(|id| id.len() >= 40));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_of_its_kernel_and_memory() {
        let machine = look();
        assert!(machine.kernel.is_some() && machine.memory.is_some());
    }
}
