//! What the figures were measured on, compiled with and made from. It knows nothing of how that is found out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// What everything was compiled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Toolchain {
    /// `rustc --version`.
    pub rustc: Option<String>,
    /// `cargo --version`.
    pub cargo: Option<String>,
}

/// Which state of the repository was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The revision git calls HEAD. Absent outside a git checkout.
    pub revision: Option<String>,
    /// Whether tracked files differ from it.
    pub modified: Option<bool>,
    /// What git calls each folder and file that the measured programs are made of, by its path: other commits of the
    /// same programs have the same. Empty in records from before 2026-11-29.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub programs: BTreeMap<String, String>,
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
}
