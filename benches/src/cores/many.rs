//! Which cores servers and generator get with several numbers of workers. It knows nothing of what is measured.

use anyhow::{Result, bail, ensure};
use quartet_record::cores::Core;
use quartet_record::plan::ScalingLevel;

use super::placement::Placement;
use super::topology::{is_beside, is_like};

/// The cores with each of these numbers of workers, which are ascending: of the servers the first so many of one
/// list, which begins with the core that `placement` has for them, and ends with the generator's.
///
/// Unless `generator` names its cores, it gets of those that are left as many for each worker with every number, as
/// far as there are so many; where none is left it stays on its first core, which the servers then share.
///
/// # Errors
/// Where there are fewer cores than workers, the servers' cores are given and are fewer, or several workers would be
/// on isolated cores.
pub(crate) fn levels(
    numbers: &[usize],
    cores: &[Core],
    placement: &Placement,
    server: Option<&[usize]>,
    generator: Option<&[usize]>,
) -> Result<Vec<ScalingLevel>> {
    let most = numbers.last().copied().unwrap_or_default();
    ensure!(
        !placement.server.is_empty(),
        "--scaling: this platform cannot confine a process to cores"
    );
    ensure!(
        most <= cores.len(),
        "--scaling {most}: {most} workers need {most} cores; this process can use {}",
        cores.len()
    );
    let list = match server {
        Some(wish) => {
            let given = wish.len();
            ensure!(
                most <= given,
                "--scaling {most}: {most} workers need {most} --server-cores; {given} are given"
            );
            wish.to_vec()
        }
        None => in_order(cores, placement),
    };
    for number in list.iter().take(most).filter(|_| most > 1) {
        let isolated = cores
            .iter()
            .any(|core| core.number == *number && core.isolated);
        if isolated {
            bail!(
                "--scaling {most}: core {number} is isolated: the scheduler does not distribute a \
                 server's threads over isolated cores, so all would run on one"
            );
        }
    }
    let free = |workers: usize| free(cores, placement, &list[..workers]);
    let each = numbers
        .iter()
        .rev()
        .map(|&workers| free(workers).len() / workers)
        .find(|&each| each > 0)
        .unwrap_or(1);
    let level = |&workers: &usize| {
        let mut threads = free(workers);
        threads.truncate(workers * each);
        if threads.is_empty() {
            threads.extend(placement.generator.first());
        }
        ScalingLevel {
            workers,
            server_cores: list[..workers].to_vec(),
            generator_cores: generator.map_or(threads, <[usize]>::to_vec),
        }
    };
    Ok(numbers.iter().map(level).collect())
}

/// All cores, as servers are to have them: first those that are alone on their physical core and of the kind of the
/// first, last the generator's.
fn in_order(cores: &[Core], placement: &Placement) -> Vec<usize> {
    let of = |number: usize| cores.iter().find(|core| core.number == number);
    let first = placement.server.first().and_then(|&core| of(core));
    let mut list = placement.server.clone();
    loop {
        let place = |core: &Core| placement.generator.iter().position(|it| *it == core.number);
        let cost = |core: &Core| {
            (
                // Its first core is the last to be taken.
                place(core).map(|place| placement.generator.len() - place),
                core.isolated,
                is_beside(core, &placement.generator),
                first.is_some_and(|first| !is_like(core, first)),
                is_beside(core, &list),
                core.number,
            )
        };
        let left = cores.iter().filter(|core| !list.contains(&core.number));
        match left.min_by_key(|core| cost(core)) {
            Some(next) => list.push(next.number),
            None => return list,
        }
    }
}

/// What is left for the generator beside these cores: its own first, and none on a physical core of theirs, unless
/// there are no others.
fn free(cores: &[Core], placement: &Placement, servers: &[usize]) -> Vec<usize> {
    let is_free = |number: &usize| !servers.contains(number);
    let own = placement.generator.iter().copied().filter(is_free);
    let others = cores.iter().map(|core| core.number);
    let others = others.filter(|core| is_free(core) && !placement.generator.contains(core));
    let all: Vec<usize> = own.chain(others).collect();
    let is_apart = |number: &usize| {
        let mut found = cores.iter();
        !found.any(|core| core.number == *number && is_beside(core, servers))
    };
    let apart: Vec<usize> = all.iter().copied().filter(is_apart).collect();
    if apart.is_empty() { all } else { apart }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many cores, each physical one with so many threads: 0 and 1 are threads of the first, and so on.
    fn cores(count: usize, threads: usize) -> Vec<Core> {
        let core = |number: usize| Core {
            number,
            siblings: (0..count)
                .filter(|it| it / threads == number / threads)
                .collect(),
            ..Core::default()
        };
        (0..count).map(core).collect()
    }

    /// As a comparison has it: servers on this core, and the generator on that.
    fn placement(server: usize, generator: usize) -> Placement {
        Placement {
            server: vec![server],
            generator: vec![generator],
            ..Placement::default()
        }
    }

    /// Servers' and generator's cores with each number of workers.
    fn placed(numbers: &[usize], cores: &[Core], placement: &Placement) -> Vec<[Vec<usize>; 2]> {
        let found = levels(numbers, cores, placement, None, None).unwrap();
        let both = |level: ScalingLevel| [level.server_cores, level.generator_cores];
        found.into_iter().map(both).collect()
    }

    #[test]
    fn two_cores_are_shared_by_two_workers_and_the_generator() {
        let found = placed(&[1, 2], &cores(2, 1), &placement(0, 1));
        assert_eq!(found, [[vec![0], vec![1]], [vec![0, 1], vec![1]]]);
    }

    #[test]
    fn each_worker_has_as_many_threads_of_the_generator() {
        let found = placed(&[1, 2, 4], &cores(12, 1), &placement(1, 2));
        assert_eq!(found[0], [vec![1], vec![2, 0]]);
        assert_eq!(found[1], [vec![1, 0], vec![2, 3, 4, 5]]);
        assert_eq!(found[2], [vec![1, 0, 3, 4], vec![2, 5, 6, 7, 8, 9, 10, 11]]);
        let all = placed(&[1, 2, 4, 8], &cores(8, 1), &placement(1, 2));
        assert_eq!(all[2], [vec![1, 0, 3, 4], vec![2, 5, 6, 7]]);
        assert_eq!(all[0][1], [2]);
        // The generator's core is the last that servers get.
        assert_eq!(all[3], [vec![1, 0, 3, 4, 5, 6, 7, 2], vec![2]]);
    }

    #[test]
    fn threads_of_one_physical_core_are_apart_while_there_are_others() {
        let found = placed(&[1, 2], &cores(8, 2), &placement(2, 4));
        assert_eq!(found[0], [vec![2], vec![4, 0]]);
        assert_eq!(found[1], [vec![2, 0], vec![4, 5, 6, 7]]);
        let three = placed(&[3], &cores(8, 2), &placement(2, 4));
        assert_eq!(three[0][0], [2, 0, 6]);
    }

    #[test]
    fn given_cores_are_taken_as_they_are() {
        let (cores, placement) = (cores(8, 1), placement(1, 2));
        let (server, generator) = ([4, 5, 6, 7], [0, 1]);
        let found = levels(&[1, 4], &cores, &placement, Some(&server), Some(&generator)).unwrap();
        assert_eq!(found[0].server_cores, [4]);
        assert_eq!(found[1].server_cores, server);
        assert!(found.iter().all(|level| level.generator_cores == generator));
    }

    #[test]
    fn what_cannot_be_is_refused_in_a_line() {
        let refused = |numbers: &[usize], cores: &[Core], server| {
            let placement = placement(0, 1);
            let refused = levels(numbers, cores, &placement, server, None).unwrap_err();
            let refused = refused.to_string();
            assert!(!refused.contains('\n'), "{refused}");
            refused
        };
        let many = refused(&[1, 2, 4], &cores(2, 1), None);
        assert!(
            many.ends_with("4 workers need 4 cores; this process can use 2"),
            "{many}"
        );
        let few = refused(&[1, 4], &cores(8, 1), Some(&[0, 2]));
        assert!(few.ends_with("need 4 --server-cores; 2 are given"), "{few}");
        let mut isolated = cores(4, 1);
        isolated[0].isolated = true;
        assert!(refused(&[1, 2], &isolated, None).contains("core 0 is isolated"));
        let nowhere = levels(&[1, 2], &cores(4, 1), &Placement::default(), None, None);
        assert!(nowhere.unwrap_err().to_string().contains("cannot confine"));
    }
}
