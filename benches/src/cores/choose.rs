//! Which cores servers and generator get.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use quartet_record::cores::Core;

use super::placement::Placement;
use super::topology::{is_beside, is_like, kinds};

/// Cores a CPU set of the C library holds (`CPU_SETSIZE`); a thread cannot be confined to others.
pub(super) const HELD: usize = 1024;

/// Whether cores that spoil the figures are refused where they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// They are.
    Refuse,
    /// They are taken, and told of: by them the run was begun.
    Take,
}

/// Chooses among `available` what `server` and `generator` leave open.
///
/// By default one core each: on different physical cores, of one kind, the fastest that there are two
/// of, and not the first where there are three, for interrupts tend to arrive there.
///
/// # Errors
/// Where fewer than two cores are to be had, or a wish names one that is not available, the same for
/// both, threads of one physical core for both, or isolated ones for several workers.
pub(super) fn choose(
    available: &[Core],
    server: Option<&[usize]>,
    generator: Option<&[usize]>,
    strictness: Strictness,
) -> Result<Placement> {
    for &wanted in [server, generator].into_iter().flatten().flatten() {
        ensure!(
            available.iter().any(|core| core.number == wanted),
            "core {wanted} is not available to this process"
        );
        ensure!(
            wanted < HELD,
            "core {wanted} cannot be chosen: a thread can be confined to cores 0 to {} only",
            HELD - 1
        );
    }
    let cores: Vec<&Core> = available.iter().filter(|core| core.number < HELD).collect();
    ensure!(
        cores.len() >= 2,
        "only {} core is available, but load generator and servers need different ones; \
         --shared-core measures both together",
        cores.len(),
    );
    let choice = Choice::best(&cores, server, generator)?;
    let asked = server.is_some() || generator.is_some();
    let refuses = asked && strictness == Strictness::Refuse;
    let mut warnings = Vec::new();
    for (what, spoils) in choice.faults() {
        ensure!(!(spoils && refuses), "{what}");
        warnings.push(what);
    }
    if available.len() > cores.len() {
        warnings.push(format!(
            "cores from {HELD} on are not used: a thread cannot be confined to them"
        ));
    }
    let numbers = |cores: &[&Core]| cores.iter().map(|core| core.number).collect();
    Ok(Placement {
        server: numbers(&choice.server),
        generator: numbers(&choice.generator),
        usable: available.iter().map(|core| core.number).collect(),
        cores: choice.all().cloned().collect(),
        warnings,
    })
}

/// Cores for both.
struct Choice<'a> {
    server: Vec<&'a Core>,
    generator: Vec<&'a Core>,
}

impl<'a> Choice<'a> {
    /// The best that the wishes allow.
    fn best(
        cores: &[&'a Core],
        server: Option<&[usize]>,
        generator: Option<&[usize]>,
    ) -> Result<Self> {
        let owned: Vec<Core> = cores.iter().copied().cloned().collect();
        let ranks: Vec<BTreeSet<usize>> = kinds(&owned)
            .iter()
            .map(|kind| kind.iter().map(|core| core.number).collect())
            .collect();
        let rank = |core: &Core| ranks.iter().position(|kind| kind.contains(&core.number));
        let first = cores.first().filter(|_| cores.len() > 2);
        let is_first = |core: &&Core| first.is_some_and(|first| first.number == core.number);
        let options = |wish: Option<&[usize]>| -> Vec<Vec<&'a Core>> {
            let named = |numbers: &[usize]| {
                let is_named = |core: &&&Core| numbers.contains(&core.number);
                cores.iter().filter(is_named).copied().collect()
            };
            match wish {
                Some(numbers) => vec![named(numbers)],
                None => cores.iter().map(|&core| vec![core]).collect(),
            }
        };
        let mut best: Option<(_, Self)> = None;
        let generators = options(generator);
        for server in options(server) {
            for generator in &generators {
                let choice = Self {
                    server: server.clone(),
                    generator: generator.clone(),
                };
                if choice.overlap().is_some() {
                    continue;
                }
                let cost = (
                    choice.beside().is_some(),
                    choice.is_mixed(),
                    choice.server.first().and_then(|core| rank(core)),
                    choice.all().filter(is_first).count(),
                );
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, choice));
                }
            }
        }
        match (best, server, generator) {
            (Some((_, choice)), ..) => Ok(choice),
            (None, Some(server), Some(generator)) => {
                let both = generator.iter().find(|core| server.contains(core));
                let both = both.copied().unwrap_or_default();
                bail!("core {both} cannot be used for server and generator")
            }
            (None, _, Some(_)) => bail!("no core is left for the server"),
            (None, ..) => bail!("no core is left for the load generator"),
        }
    }

    fn all(&self) -> impl Iterator<Item = &'a Core> {
        self.server.iter().chain(&self.generator).copied()
    }

    fn overlap(&self) -> Option<usize> {
        let serves = |core: &&&Core| self.server.iter().any(|one| one.number == core.number);
        self.generator.iter().find(serves).map(|core| core.number)
    }

    /// A core of the generator, and one of the servers on the same physical core.
    fn beside(&self) -> Option<(usize, usize)> {
        let mut pairs = self.generator.iter().flat_map(|generator| {
            let serves = |server: &&&Core| generator.siblings.contains(&server.number);
            let server = self.server.iter().find(serves)?;
            Some((generator.number, server.number))
        });
        pairs.next()
    }

    /// Whether the cores are of more than one kind.
    fn is_mixed(&self) -> bool {
        let mut all = self.all();
        all.next()
            .is_some_and(|first| all.any(|core| !is_like(core, first)))
    }

    /// What is wrong with it, and whether that spoils the figures.
    fn faults(&self) -> Vec<(String, bool)> {
        let mut faults = Vec::new();
        if let Some((generator, server)) = self.beside() {
            let what = format!(
                "core {generator} (generator) and core {server} (servers) are threads of one \
                 physical core and slow each other down (see `lscpu -e`)"
            );
            faults.push((what, true));
        }
        let isolated = self.server.iter().find(|core| core.isolated);
        if let Some(core) = isolated.filter(|_| self.server.len() > 1) {
            let what = format!(
                "core {} is isolated: the scheduler does not distribute a server's threads over \
                 isolated cores, so all would run on one",
                core.number
            );
            faults.push((what, true));
        }
        if self.is_mixed() {
            let kinds = |cores: &[&Core]| {
                let kinds = cores.iter();
                let kinds = kinds.map(|core| match core.kind() {
                    Some(kind) => format!("{} ({kind})", core.number),
                    None => core.number.to_string(),
                });
                kinds.collect::<Vec<_>>().join(", ")
            };
            let what = format!(
                "the cores are of different kinds: servers on {}, generator on {}",
                kinds(&self.server),
                kinds(&self.generator)
            );
            faults.push((what, false));
        }
        let numbers: Vec<usize> = self.server.iter().map(|core| core.number).collect();
        let others = |core: &Core| -> Vec<usize> {
            let others = numbers.iter().filter(|&&other| other > core.number);
            others.copied().collect()
        };
        let paired = self
            .server
            .iter()
            .find(|core| is_beside(core, &others(core)));
        if let Some(core) = paired {
            let what = format!(
                "server core {} and another of them are threads of one physical core",
                core.number
            );
            faults.push((what, false));
        }
        faults
    }
}

#[cfg(test)]
mod tests;
