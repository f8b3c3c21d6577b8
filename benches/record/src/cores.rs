//! The cores that were measured on. It knows nothing of how they are chosen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A core, as far as the system describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Core {
    /// Its number.
    pub number: usize,
    /// The numbers of all threads of its physical core, itself among them: they share its execution
    /// units (simultaneous multithreading).
    pub siblings: Vec<usize>,
    /// How much it computes, of 1024 for the fastest core of the machine (`cpu_capacity`).
    pub capacity: Option<u32>,
    /// The highest frequency it may have (`cpuinfo_max_freq`), kHz.
    pub max_khz: Option<u64>,
    /// The unit that counts its events, which is one for each kind of core: `cpu_core` and `cpu_atom`
    /// on hybrid x86. Absent where all cores have the same.
    pub pmu: Option<String>,
    /// Whether the scheduler keeps from balancing load over it (`isolcpus`).
    pub isolated: bool,
}

impl Core {
    /// What tells its kind from others, if anything is known of that.
    pub fn kind(&self) -> Option<String> {
        let parts = [
            self.pmu.clone(),
            self.capacity.map(|capacity| format!("capacity {capacity}")),
            self.max_khz
                .map(|khz| format!("up to {:.2} GHz", khz as f64 / 1e6)),
        ];
        let known: Vec<String> = parts.into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.join(", "))
    }
}
