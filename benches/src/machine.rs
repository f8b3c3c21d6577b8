//! What the figures were measured on.

mod processor;

use std::path::Path;
use std::process::Command;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
use crate::system::System;

/// The machine, as far as it tells. What it does not tell is absent, never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The processor's own name or, where it has none, the numbers of its design and the machine's
    /// model.
    pub processor: Option<String>,
    /// Logical cores usable by this process.
    pub cores: usize,
    /// Memory, bytes.
    pub memory: Option<u64>,
    /// The operating system and architecture Rust was compiled for, as `linux x86_64`.
    pub platform: String,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// What decides the clock frequency, of the first core.
    pub governor: Option<String>,
    /// Whether a hypervisor stands beneath.
    pub virtual_machine: Option<bool>,
}

impl Machine {
    /// Asks the system.
    pub fn look() -> Self {
        let platform = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let known = known();
        Self {
            processor: known.processor,
            cores,
            memory: known.memory,
            platform,
            kernel: known.kernel,
            governor: known.governor,
            virtual_machine: known.virtual_machine,
        }
    }

    /// Whether it is known to be the same as another: two machines of which neither tells its processor
    /// are not, however alike.
    pub fn is_known_as(&self, other: &Self) -> bool {
        self.processor.is_some() && self == other
    }

    /// One line for people.
    pub fn sentence(&self) -> String {
        let processor = self.processor.as_deref().unwrap_or("an unnamed processor");
        let plural = if self.cores == 1 { "" } else { "s" };
        let mut parts = vec![format!("{processor}, {} core{plural}", self.cores)];
        if let Some(memory) = self.memory {
            parts.push(format!("{:.0} GiB", memory as f64 / f64::from(1_u32 << 30)));
        }
        parts.push(match &self.kernel {
            Some(kernel) => format!("{} {kernel}", self.platform),
            None => self.platform.clone(),
        });
        if self.virtual_machine == Some(true) {
            parts.push("virtual machine".to_owned());
        }
        if let Some(governor) = &self.governor {
            parts.push(format!("governor {governor}"));
        }
        parts.join(", ")
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

/// What everything was compiled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Toolchain {
    /// `rustc --version`.
    pub rustc: Option<String>,
    /// `cargo --version`.
    pub cargo: Option<String>,
}

impl Toolchain {
    /// Asks the compiler and cargo that build what is in `directory`.
    pub fn look(directory: &Path) -> Self {
        let output = |program, arguments: &[&str]| output(directory, program, arguments);
        Self {
            rustc: output("rustc", &["--version"]),
            cargo: output("cargo", &["--version"]),
        }
    }
}

/// Which state of the repository was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The revision git calls HEAD. Absent outside a git checkout.
    pub revision: Option<String>,
    /// Whether tracked files differ from it.
    pub modified: Option<bool>,
}

impl Source {
    /// Asks git about what `directory` is in.
    pub fn look(directory: &Path) -> Self {
        let output = |program, arguments: &[&str]| output(directory, program, arguments);
        let changes = output("git", &["status", "--porcelain", "--untracked-files=no"]);
        Self {
            revision: output("git", &["rev-parse", "HEAD"]),
            modified: changes.map(|changes| !changes.is_empty()),
        }
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
    fn the_sentence_leaves_out_what_is_not_known() {
        let machine = Machine {
            processor: None,
            cores: 1,
            memory: None,
            platform: "linux x86_64".to_owned(),
            kernel: None,
            governor: None,
            virtual_machine: Some(false),
        };
        assert_eq!(
            machine.sentence(),
            "an unnamed processor, 1 core, linux x86_64"
        );
    }

    #[test]
    fn machines_whose_processors_have_no_name_are_not_known_to_be_one() {
        let named = |processor: Option<&str>| Machine {
            processor: processor.map(str::to_owned),
            ..crate::testing::record().machine
        };
        assert!(named(Some("Fast 9000")).is_known_as(&named(Some("Fast 9000"))));
        assert!(!named(Some("Fast 9000")).is_known_as(&named(Some("Fast 9001"))));
        assert!(!named(None).is_known_as(&named(None)));
    }

    #[test]
    fn the_sentence_says_what_is() {
        let machine = Machine {
            processor: Some("Fast 9000".to_owned()),
            cores: 8,
            memory: Some(16 << 30),
            platform: "linux x86_64".to_owned(),
            kernel: Some("6.18".to_owned()),
            governor: Some("performance".to_owned()),
            virtual_machine: Some(true),
        };
        assert_eq!(
            machine.sentence(),
            "Fast 9000, 8 cores, 16 GiB, linux x86_64 6.18, virtual machine, governor performance"
        );
    }

    #[test]
    fn programs_that_fail_or_are_absent_say_nothing() {
        let output = |program, arguments: &[&str]| output(Path::new("."), program, arguments);
        assert_eq!(output("rustc", &["--no-such-option"]), None);
        assert_eq!(output("no-such-program-anywhere", &[]), None);
        assert!(output("rustc", &["--version"]).is_some_and(|line| line.starts_with("rustc ")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_of_its_kernel_and_memory() {
        let machine = Machine::look();
        assert!(machine.kernel.is_some() && machine.memory.is_some());
    }
}
