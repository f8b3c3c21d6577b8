//! How the kernel is set. It knows nothing of where the kernel says so.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the kernel that change how fast programs run. What it does not tell is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kernel {
    /// Its boot parameters that matter, such as `mitigations=off`, `isolcpus=2-3` and `nohz_full=2-3`
    /// (`/proc/cmdline`).
    pub boot_parameters: Vec<String>,
    /// What it does about each weakness of the processor
    /// (`/sys/devices/system/cpu/vulnerabilities`), those that do not affect it left out.
    pub mitigations: BTreeMap<String, String>,
    /// Which memory gets huge pages by itself: `always`, `madvise` or `never`
    /// (`/sys/kernel/mm/transparent_hugepage/enabled`).
    pub transparent_hugepages: Option<String>,
    /// Whether cores may run beyond their nominal frequency (`intel_pstate/no_turbo`, `cpufreq/boost`).
    pub turbo: Option<bool>,
    /// What sets the frequency (`scaling_driver`), of the first core.
    pub frequency_driver: Option<String>,
    /// Every governor of frequency that a core has (`scaling_governor`).
    pub governors: BTreeSet<String>,
    /// Whether physical cores have several threads at work (`/sys/devices/system/cpu/smt/active`).
    pub smt: Option<bool>,
    /// What time is read from (`current_clocksource`).
    pub clock_source: Option<String>,
}
