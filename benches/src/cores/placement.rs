//! Where servers and generator run. It knows nothing of why there.

use quartet_record::cores::Core;

/// Where servers and generator run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The servers' cores. Empty where this platform cannot confine a process.
    pub server: Vec<usize>,
    /// The generator's cores, one for each of its threads; the first is that of the thread that
    /// runs the measurement. Empty where this platform cannot confine a thread.
    pub generator: Vec<usize>,
    /// Every core that this process could use when it chose.
    pub usable: Vec<usize>,
    /// What the system says of the cores chosen, the servers' first.
    pub cores: Vec<Core>,
    /// What a reader should know of the choice.
    pub warnings: Vec<String>,
}

impl Placement {
    /// Its cores, and those on the same physical cores.
    pub fn with_siblings(&self) -> Vec<usize> {
        let siblings = self.cores.iter().flat_map(|core| &core.siblings);
        let mut all: Vec<usize> = siblings
            .chain(&self.server)
            .chain(&self.generator)
            .copied()
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The cores of the generator's threads beside the one that runs the measurement.
    pub fn helpers(&self) -> Vec<Option<usize>> {
        self.generator.iter().skip(1).copied().map(Some).collect()
    }
}
