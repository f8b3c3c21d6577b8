//! Which processor cores the servers and the generator run on.
//!
//! Servers share their cores with each other, never with the generator: while one answers, the
//! others sleep, so all see the same core, and what the generator costs is not taken from them.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail, ensure};

/// A list of core numbers as on a command line: `2`, `0,2`, `4-7`, `0,4-7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreList(Vec<usize>);

impl CoreList {
    /// The cores, ascending, each once. Never empty.
    pub fn cores(&self) -> &[usize] {
        &self.0
    }
}

impl FromStr for CoreList {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut cores = Vec::new();
        for part in text.split(',') {
            let number = |digits: &str| {
                digits
                    .trim()
                    .parse::<usize>()
                    .with_context(|| format!("`{part}` is not a core"))
            };
            let (first, last) = match part.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(part)?, number(part)?),
            };
            ensure!(first <= last, "`{part}` runs backwards");
            ensure!(last < MOST_CORES, "there is no core {last}");
            cores.extend(first..=last);
        }
        cores.sort_unstable();
        cores.dedup();
        Ok(Self(cores))
    }
}

impl fmt::Display for CoreList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores: Vec<String> = self.0.iter().map(usize::to_string).collect();
        formatter.write_str(&cores.join(","))
    }
}

/// Cores a CPU set of the C library holds (`CPU_SETSIZE`).
const MOST_CORES: usize = 1024;

/// Where servers and generator run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The servers' cores. Empty where this platform cannot confine a process.
    pub server: Vec<usize>,
    /// The generator's cores, one for each of its threads; the first is that of the thread that
    /// runs the measurement. Empty where this platform cannot confine a thread.
    pub generator: Vec<usize>,
    /// What a reader should know of the choice.
    pub warnings: Vec<String>,
}

/// One core as the system describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Core {
    number: usize,
    /// The cores that share its execution units, itself among them (simultaneous multithreading).
    siblings: Vec<usize>,
}

/// Chooses among `available` what `server` and `generator` leave open.
///
/// By default one core each, on different physical cores where there are two, and not the first
/// where there are three: interrupts tend to arrive there.
///
/// # Errors
/// Where fewer than two cores are to be had, or the wish names one that is not available, or the
/// same for both.
fn choose(
    available: &[Core],
    server: Option<&[usize]>,
    generator: Option<&[usize]>,
) -> Result<Placement> {
    ensure!(
        available.len() >= 2,
        "only {} core is available: the load generator and the servers cannot be kept apart, and \
         the figures would measure both together; --shared-core measures all the same",
        available.len(),
    );
    let wishes = [server, generator].into_iter().flatten().flatten();
    for &wanted in wishes {
        ensure!(
            available.iter().any(|core| core.number == wanted),
            "core {wanted} is not available to this process"
        );
    }
    let beside = |core: &&Core, others: &[usize]| {
        core.siblings.iter().any(|sibling| others.contains(sibling))
    };
    let candidates: Vec<&Core> = available.iter().collect();
    let quiet = if candidates.len() > 2 {
        &candidates[1..]
    } else {
        &candidates[..]
    };
    let pick = |others: &[usize], whom: &str| {
        quiet
            .iter()
            .chain(&candidates)
            .find(|core| !beside(core, others))
            .or_else(|| {
                candidates
                    .iter()
                    .find(|core| !others.contains(&core.number))
            })
            .map(|core| core.number)
            .with_context(|| format!("no core is left for the {whom}"))
    };
    let server = match server {
        Some(cores) => cores.to_vec(),
        None => vec![pick(generator.unwrap_or_default(), "server")?],
    };
    let generator = match generator {
        Some(cores) => cores.to_vec(),
        None => vec![pick(&server, "load generator")?],
    };
    if let Some(both) = generator.iter().find(|core| server.contains(core)) {
        bail!("core {both} cannot serve and generate load at once: give each its own");
    }
    let shares = |core: &&Core| generator.contains(&core.number) && beside(core, &server);
    let warning = |core: &Core| {
        format!(
            "core {} (generator) and a server core are threads of one physical core and slow each \
             other",
            core.number
        )
    };
    let warnings = available.iter().filter(shares).map(warning).collect();
    Ok(Placement {
        server,
        generator,
        warnings,
    })
}

#[cfg(target_os = "linux")]
mod platform {
    use super::{Core, CoreList, Placement, choose};
    use anyhow::{Context as _, Result};
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    const THIS_THREAD: Pid = Pid::from_raw(0);

    fn available() -> Result<Vec<Core>> {
        let allowed = sched_getaffinity(THIS_THREAD).context("cannot ask for the usable cores")?;
        let numbers = (0..CpuSet::count()).filter(|&core| allowed.is_set(core).unwrap_or(false));
        Ok(numbers
            .map(|number| Core {
                number,
                siblings: siblings(number),
            })
            .collect())
    }

    /// A system that does not describe its topology is taken to have no simultaneous threads.
    fn siblings(core: usize) -> Vec<usize> {
        let file = format!("/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list");
        std::fs::read_to_string(file)
            .ok()
            .and_then(|text| text.trim().parse::<CoreList>().ok())
            .map_or_else(|| vec![core], |list| list.cores().to_vec())
    }

    pub(super) fn place(
        server: Option<&[usize]>,
        generator: Option<&[usize]>,
    ) -> Result<Placement> {
        choose(&available()?, server, generator)
    }

    pub(super) fn shared() -> Result<Placement> {
        let first = available()?
            .first()
            .map(|core| core.number)
            .context("no core is usable")?;
        Ok(Placement {
            server: vec![first],
            generator: vec![first],
            warnings: vec![format!(
                "servers and generator share core {first}: the figures measure both together"
            )],
        })
    }

    pub(super) fn usable() -> Result<Vec<usize>> {
        Ok(available()?.iter().map(|core| core.number).collect())
    }

    /// Confines the calling thread, and what it starts from now on.
    pub(super) fn confine(cores: &[usize]) -> Result<()> {
        let mut set = CpuSet::new();
        for &core in cores {
            set.set(core)
                .with_context(|| format!("there is no core {core}"))?;
        }
        sched_setaffinity(THIS_THREAD, &set)
            .with_context(|| format!("cannot confine to cores {cores:?}"))
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use super::Placement;
    use anyhow::{Result, ensure};

    pub(super) fn place(
        server: Option<&[usize]>,
        generator: Option<&[usize]>,
    ) -> Result<Placement> {
        ensure!(
            server.is_none() && generator.is_none(),
            "this platform cannot confine a process to cores"
        );
        shared()
    }

    pub(super) fn shared() -> Result<Placement> {
        Ok(Placement {
            server: Vec::new(),
            generator: Vec::new(),
            warnings: vec![
                "this platform cannot confine processes to cores: servers and generator may \
                 disturb each other"
                    .to_owned(),
            ],
        })
    }

    pub(super) fn usable() -> Result<Vec<usize>> {
        Ok(Vec::new())
    }

    pub(super) fn confine(_cores: &[usize]) -> Result<()> {
        Ok(())
    }
}

/// The cores that the calling thread could use before it was confined.
#[derive(Clone, Debug)]
pub struct Usable(Vec<usize>);

impl Usable {
    /// Those it can use now.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn now() -> Result<Self> {
        platform::usable().map(Self)
    }

    /// Gives them back to the calling thread, and to what it starts from now on.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn restore(&self) -> Result<()> {
        platform::confine(&self.0)
    }
}

/// Confines the calling thread, and what it starts from now on, to one core; where this platform
/// cannot, it does nothing.
///
/// # Errors
/// Where the system refuses.
pub fn confine_to(core: usize) -> Result<()> {
    platform::confine(&[core])
}

impl Placement {
    /// Chooses what `server` and `generator` leave open, on different physical cores if it can.
    ///
    /// # Errors
    /// Where fewer than two cores are usable, or a wish cannot be met.
    pub fn new(server: Option<&[usize]>, generator: Option<&[usize]>) -> Result<Self> {
        platform::place(server, generator)
    }

    /// Everything on one core, for a machine that has no more.
    ///
    /// # Errors
    /// Where the system does not say which cores are usable.
    pub fn shared() -> Result<Self> {
        platform::shared()
    }

    /// Confines the calling thread, and every thread it starts from now on, to the generator's
    /// first core.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn confine_generator(&self) -> Result<()> {
        self.generator
            .first()
            .map_or(Ok(()), |&core| confine_to(core))
    }

    /// The cores of the generator's threads beside the one that runs the measurement.
    pub fn helpers(&self) -> Vec<Option<usize>> {
        self.generator.iter().skip(1).copied().map(Some).collect()
    }

    /// Runs `start` on the servers' cores: a process it starts inherits them.
    ///
    /// # Errors
    /// Those of `start`, and the system's refusal.
    pub fn on_server_cores<T>(&self, start: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.server.is_empty() {
            return start();
        }
        platform::confine(&self.server)?;
        let started = start();
        self.confine_generator()?;
        started
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(siblings: &[&[usize]]) -> Vec<Core> {
        siblings
            .iter()
            .enumerate()
            .map(|(number, siblings)| Core {
                number,
                siblings: siblings.to_vec(),
            })
            .collect()
    }

    fn separate(count: usize) -> Vec<Core> {
        (0..count)
            .map(|number| Core {
                number,
                siblings: vec![number],
            })
            .collect()
    }

    #[test]
    fn lists_are_read_sorted_and_without_repeats() {
        let list = |text: &str| text.parse::<CoreList>().map(|list| list.0);
        assert_eq!(list("2").unwrap(), [2]);
        assert_eq!(list("4-6,1,5").unwrap(), [1, 4, 5, 6]);
        for wrong in [
            "",
            "a",
            "1,",
            "3-1",
            "-2",
            "9999999",
            "0-99999999999999999999",
        ] {
            assert!(list(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_cores_are_one_each() {
        let placement = choose(&separate(2), None, None).unwrap();
        assert_eq!((placement.server, placement.generator), (vec![0], vec![1]));
        assert!(placement.warnings.is_empty());
    }

    #[test]
    fn the_first_core_is_left_alone_where_there_are_more() {
        let placement = choose(&separate(4), None, None).unwrap();
        assert_eq!((placement.server, placement.generator), (vec![1], vec![2]));
    }

    #[test]
    fn threads_of_one_physical_core_are_not_shared_between_the_two() {
        let machine = cores(&[&[0, 1], &[0, 1], &[2, 3], &[2, 3]]);
        let placement = choose(&machine, None, None).unwrap();
        assert_eq!((placement.server, placement.generator), (vec![1], vec![2]));
        assert!(placement.warnings.is_empty());
        let one_physical = cores(&[&[0, 1], &[0, 1]]);
        assert_eq!(choose(&one_physical, None, None).unwrap().warnings.len(), 1);
        let placement = choose(&machine, Some(&[0, 2]), Some(&[1, 3])).unwrap();
        assert_eq!(placement.warnings.len(), 2);
        assert!(placement.warnings[1].starts_with("core 3 (generator)"));
    }

    #[test]
    fn wishes_are_kept_and_what_is_left_open_avoids_them() {
        let placement = choose(&separate(4), Some(&[1, 2]), None).unwrap();
        assert_eq!(
            (placement.server, placement.generator),
            (vec![1, 2], vec![3])
        );
        let placement = choose(&separate(2), None, Some(&[0])).unwrap();
        assert_eq!((placement.server, placement.generator), (vec![1], vec![0]));
        let placement = choose(&separate(8), Some(&[0, 1, 2, 3]), Some(&[4, 6])).unwrap();
        assert_eq!(placement.generator, [4, 6]);
        assert_eq!(placement.helpers(), [Some(6)]);
        let placement = choose(&separate(4), None, Some(&[1, 2])).unwrap();
        assert_eq!(placement.server, [3]);
    }

    #[test]
    fn impossible_wishes_are_refused() {
        assert!(choose(&separate(1), None, None).is_err());
        assert!(choose(&separate(2), Some(&[5]), None).is_err());
        assert!(choose(&separate(2), Some(&[1]), Some(&[1])).is_err());
        assert!(choose(&separate(4), Some(&[0, 1]), Some(&[1, 2])).is_err());
        assert!(choose(&separate(4), Some(&[0]), Some(&[1, 5])).is_err());
        assert!(choose(&separate(2), Some(&[0, 1]), None).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_is_confined_to_the_servers_cores_and_back() {
        use nix::sched::{CpuSet, sched_getaffinity};
        use nix::unistd::Pid;
        let allowed = || {
            let set = sched_getaffinity(Pid::from_raw(0)).unwrap();
            (0..CpuSet::count())
                .filter(|&core| set.is_set(core).unwrap())
                .collect::<Vec<_>>()
        };
        let cores = allowed();
        // The same where only one is to be had.
        let (server, generator) = (cores[0], cores[cores.len() - 1]);
        // A thread of its own, so that the harness's is left as it was.
        std::thread::spawn(move || {
            let placement = Placement {
                server: vec![server],
                generator: vec![generator],
                warnings: Vec::new(),
            };
            placement.confine_generator().unwrap();
            assert_eq!(allowed(), [generator]);
            let inside = placement.on_server_cores(|| Ok(allowed())).unwrap();
            assert_eq!(inside, [server]);
            assert_eq!(allowed(), [generator]);
        })
        .join()
        .unwrap();
    }
}
