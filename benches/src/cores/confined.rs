//! Chooses cores on this system, and confines threads to them.

use anyhow::Result;
use quartet_generator::confine;
use quartet_record::cores::Core;
use quartet_record::plan::ScalingLevel;

use super::choose::Strictness;
use super::placement::Placement;
use super::topology::look_up;
use crate::system::System;

#[cfg(target_os = "linux")]
mod platform {
    use super::super::choose::{Strictness, choose};
    use super::super::topology::{look_up, usable_by_files};
    use super::{Placement, System};
    use anyhow::{Context as _, Result};
    use nix::errno::Errno;
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    const THIS_THREAD: Pid = Pid::from_raw(0);

    /// Confines every thread of this process.
    pub(super) fn confine_all(cores: &[usize]) -> Result<()> {
        let mut set = CpuSet::new();
        for &core in cores {
            set.set(core).with_context(|| format!("core {core}"))?;
        }
        for thread in procfs::process::Process::myself()?.tasks()?.flatten() {
            match sched_setaffinity(Pid::from_raw(thread.tid), &set) {
                // One that ends meanwhile needs no core.
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(error).context("cannot confine a thread"),
            }
        }
        Ok(())
    }

    pub(super) fn usable(system: &System) -> Result<Vec<usize>> {
        match sched_getaffinity(THIS_THREAD) {
            Ok(allowed) => {
                let held = 0..CpuSet::count();
                Ok(held
                    .filter(|&core| allowed.is_set(core).unwrap_or(false))
                    .collect())
            }
            // The kernel has more cores than the set holds.
            Err(Errno::EINVAL) => {
                usable_by_files(system).context("/proc does not list the usable cores")
            }
            Err(error) => Err(error).context("cannot ask for the usable cores"),
        }
    }

    pub(super) fn place(
        server: Option<&[usize]>,
        generator: Option<&[usize]>,
        strictness: Strictness,
    ) -> Result<Placement> {
        let system = System::live();
        let available = look_up(&system, &usable(&system)?);
        choose(&available, server, generator, strictness)
    }

    pub(super) fn given(server: &[usize], generator: &[usize]) -> Result<Placement> {
        let system = System::live();
        Ok(Placement {
            server: server.to_vec(),
            generator: generator.to_vec(),
            cores: look_up(&system, &[server, generator].concat()),
            usable: usable(&system)?,
            warnings: Vec::new(),
        })
    }

    pub(super) fn of_generator(wish: Option<&[usize]>) -> Result<Placement> {
        let system = System::live();
        let usable = usable(&system)?;
        let generator = match wish {
            Some(wish) => wish.to_vec(),
            None if usable.len() > 1 => {
                let available = look_up(&system, &usable);
                choose(&available, None, None, Strictness::Take)?.generator
            }
            None => usable.clone(),
        };
        let absent = generator.iter().find(|core| !usable.contains(core));
        if let Some(core) = absent {
            anyhow::bail!("core {core} is not available to this process");
        }
        Ok(Placement {
            server: Vec::new(),
            cores: look_up(&system, &generator),
            generator,
            usable,
            warnings: Vec::new(),
        })
    }

    pub(super) fn shared() -> Result<Placement> {
        let system = System::live();
        let usable = usable(&system)?;
        let first = *usable.first().context("no core is usable")?;
        Ok(Placement {
            server: vec![first],
            generator: vec![first],
            cores: look_up(&system, &[first]),
            usable,
            warnings: vec![format!(
                "servers and generator share core {first}: the figures measure both together"
            )],
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use super::super::choose::Strictness;
    use super::{Placement, System};
    use anyhow::{Result, ensure};

    pub(super) fn place(
        server: Option<&[usize]>,
        generator: Option<&[usize]>,
        _strictness: Strictness,
    ) -> Result<Placement> {
        ensure!(
            server.is_none() && generator.is_none(),
            "this platform cannot confine a process to cores"
        );
        shared()
    }

    pub(super) fn shared() -> Result<Placement> {
        Ok(Placement {
            warnings: vec![
                "this platform cannot confine processes to cores, so servers and generator may \
                 disturb each other"
                    .to_owned(),
            ],
            ..Placement::default()
        })
    }

    pub(super) fn given(_server: &[usize], _generator: &[usize]) -> Result<Placement> {
        shared()
    }

    pub(super) fn of_generator(wish: Option<&[usize]>) -> Result<Placement> {
        place(None, wish, Strictness::Take)
    }

    pub(super) fn confine_all(_cores: &[usize]) -> Result<()> {
        Ok(())
    }

    pub(super) fn usable(_system: &System) -> Result<Vec<usize>> {
        Ok(Vec::new())
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
        platform::usable(&System::live()).map(Self)
    }

    /// Gives them back to the calling thread, and to what it starts from now on.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn restore(&self) -> Result<()> {
        Ok(confine(&self.0)?)
    }
}

impl Placement {
    /// Chooses what `server` and `generator` leave open: different physical cores of one kind, if it
    /// can.
    ///
    /// # Errors
    /// Where fewer than two cores are usable, or a wish cannot be met or would spoil the figures.
    pub fn new(server: Option<&[usize]>, generator: Option<&[usize]>) -> Result<Self> {
        platform::place(server, generator, Strictness::Refuse)
    }

    /// The cores that a run was begun on, be they as they may.
    ///
    /// # Errors
    /// Where they cannot be had any more.
    pub fn again(server: Option<&[usize]>, generator: Option<&[usize]>) -> Result<Self> {
        platform::place(server, generator, Strictness::Take)
    }

    /// These cores, be they as they may.
    ///
    /// # Errors
    /// Where the system does not say which cores are usable.
    pub fn given(server: &[usize], generator: &[usize]) -> Result<Self> {
        platform::given(server, generator)
    }

    /// What the system says of every core that this process could use when these were chosen.
    pub(crate) fn every_core(&self) -> Vec<Core> {
        look_up(&System::live(), &self.usable)
    }

    /// With one of several numbers of workers: on the cores of that, be they as they may.
    pub(crate) fn with_workers(&self, level: &ScalingLevel) -> Self {
        let (server, generator) = (level.server_cores.clone(), level.generator_cores.clone());
        Self {
            cores: look_up(&System::live(), &[&server[..], &generator].concat()),
            server,
            generator,
            usable: self.usable.clone(),
            warnings: Vec::new(),
        }
    }

    /// The generator's cores where servers are on another machine: those of a wish, or one.
    ///
    /// # Errors
    /// Where the wish cannot be met.
    pub fn of_generator(wish: Option<&[usize]>) -> Result<Self> {
        platform::of_generator(wish)
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
            .map_or(Ok(()), |&core| Ok(confine(&[core])?))
    }

    /// Confines every thread that this process has, and those that they start from now on, to the generator's cores.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn confine_every_thread(&self) -> Result<()> {
        match self.generator.is_empty() {
            true => Ok(()),
            false => platform::confine_all(&self.generator),
        }
    }

    /// Runs `start` on these cores, and gives the calling thread back those that it had: a process that it
    /// starts inherits them. Where there are none, it runs where it is.
    ///
    /// # Errors
    /// Those of `start`, and the system's refusal.
    pub fn on_cores<T>(&self, cores: &[usize], start: impl FnOnce() -> Result<T>) -> Result<T> {
        if cores.is_empty() {
            return start();
        }
        let before = Usable::now()?;
        confine(cores)?;
        let started = start();
        before.restore()?;
        started
    }

    /// Runs `start` on the servers' cores: a process it starts inherits them.
    ///
    /// # Errors
    /// Those of `start`, and the system's refusal.
    pub fn on_server_cores<T>(&self, start: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.server.is_empty() {
            return start();
        }
        confine(&self.server)?;
        let started = start();
        self.confine_generator()?;
        started
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn the_threads_beside_a_core_are_watched_with_it() {
        let core = |number, siblings: &[usize]| Core {
            number,
            siblings: siblings.to_vec(),
            ..Core::default()
        };
        let placement = Placement {
            server: vec![1],
            generator: vec![2],
            cores: vec![core(1, &[1, 5]), core(2, &[2, 6])],
            ..Placement::default()
        };
        assert_eq!(placement.with_siblings(), [1, 2, 5, 6]);
    }

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
                ..Placement::default()
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
