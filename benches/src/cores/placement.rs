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

    /// The cores for a database: those that are neither the servers' nor the generator's nor on a physical
    /// core of theirs; where there are none, those that are on a physical core of the generator's; or
    /// else the generator's own.
    pub fn database(&self) -> Vec<usize> {
        let mine = |core: usize| self.server.contains(&core) || self.generator.contains(&core);
        let beside = |core: usize, others: &[usize]| {
            let mut found = self.cores.iter();
            found.any(|other| others.contains(&other.number) && other.siblings.contains(&core))
        };
        let free = self.usable.iter().copied().filter(|&core| !mine(core));
        let free: Vec<usize> = free.filter(|&core| !beside(core, &self.server)).collect();
        let alone = free.iter().copied();
        let alone: Vec<usize> = alone
            .filter(|&core| !beside(core, &self.generator))
            .collect();
        [alone, free, self.generator.clone()]
            .into_iter()
            .find(|cores| !cores.is_empty())
            .unwrap_or_default()
    }

    /// The cores of the generator's threads beside the one that runs the measurement.
    pub fn helpers(&self) -> Vec<Option<usize>> {
        self.generator.iter().skip(1).copied().map(Some).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Servers on core 0 and the generator on core 1, with these siblings.
    fn placement(usable: &[usize], siblings: [&[usize]; 2]) -> Placement {
        let core = |number, siblings: &[usize]| Core {
            number,
            siblings: siblings.to_vec(),
            ..Core::default()
        };
        Placement {
            server: vec![0],
            generator: vec![1],
            usable: usable.to_vec(),
            cores: vec![core(0, siblings[0]), core(1, siblings[1])],
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_database_never_takes_from_the_servers() {
        let alone: [&[usize]; 2] = [&[0], &[1]];
        assert_eq!(placement(&[0, 1], alone).database(), [1]);
        assert_eq!(placement(&[0, 1, 2, 3], alone).database(), [2, 3]);
        let threads: [&[usize]; 2] = [&[0, 2], &[1, 3]];
        assert_eq!(placement(&[0, 1, 2, 3, 4], threads).database(), [4]);
        assert_eq!(placement(&[0, 1, 2, 3], threads).database(), [3]);
        assert_eq!(placement(&[0, 1, 2], threads).database(), [1]);
        assert!(Placement::default().database().is_empty());
    }
}
