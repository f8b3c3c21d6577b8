//! Tests of choosing cores.

use super::*;

/// Cores whose siblings are these.
fn threads(siblings: &[&[usize]]) -> Vec<Core> {
    let described = siblings.iter().enumerate();
    let core = |(number, siblings): (usize, &&[usize])| Core {
        number,
        siblings: siblings.to_vec(),
        ..Core::default()
    };
    described.map(core).collect()
}

fn separate(count: usize) -> Vec<Core> {
    let core = |number| Core {
        number,
        siblings: vec![number],
        ..Core::default()
    };
    (0..count).map(core).collect()
}

/// Cores of these capacities, each a physical one.
fn of_capacities(capacities: &[u32]) -> Vec<Core> {
    let mut cores = separate(capacities.len());
    for (core, &capacity) in cores.iter_mut().zip(capacities) {
        core.capacity = Some(capacity);
    }
    cores
}

fn chosen(cores: &[Core], server: Option<&[usize]>, generator: Option<&[usize]>) -> Placement {
    choose(cores, server, generator, Strictness::Refuse).unwrap()
}

fn pair(cores: &[Core]) -> (Vec<usize>, Vec<usize>) {
    let placement = chosen(cores, None, None);
    assert!(placement.warnings.is_empty(), "{:?}", placement.warnings);
    (placement.server, placement.generator)
}

#[track_caller]
fn refused(cores: &[Core], server: Option<&[usize]>, generator: Option<&[usize]>, why: &str) {
    let error = choose(cores, server, generator, Strictness::Refuse).unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
}

#[test]
fn two_cores_are_one_each() {
    assert_eq!(pair(&separate(2)), (vec![0], vec![1]));
}

#[test]
fn the_first_core_is_left_alone_where_there_are_more() {
    assert_eq!(pair(&separate(4)), (vec![1], vec![2]));
}

#[test]
fn threads_of_one_physical_core_are_not_shared_between_the_two() {
    let adjacent = threads(&[&[0, 1], &[0, 1], &[2, 3], &[2, 3]]);
    assert_eq!(pair(&adjacent), (vec![1], vec![2]));
    // Four physical cores with two threads each, the second threads counted after the first.
    let apart: [&[usize]; 8] = [
        &[0, 4],
        &[1, 5],
        &[2, 6],
        &[3, 7],
        &[0, 4],
        &[1, 5],
        &[2, 6],
        &[3, 7],
    ];
    let apart = threads(&apart);
    assert_eq!(pair(&apart), (vec![1], vec![2]));
    assert_eq!(chosen(&apart, Some(&[1, 2]), None).generator, [3]);
    assert_eq!(chosen(&apart, None, Some(&[1, 2])).server, [3]);
    refused(
        &apart,
        Some(&[0, 1, 2, 3]),
        Some(&[4, 5]),
        "core 4 (generator) and core 0 (servers) are threads of one",
    );
    refused(&apart, Some(&[0, 1, 2, 3]), None, "threads of one");
    let placement = choose(&apart, Some(&[1]), Some(&[5]), Strictness::Take).unwrap();
    assert!(placement.warnings[0].contains("threads of one"));
}

#[test]
fn one_physical_core_is_taken_where_there_is_no_other_and_told_of() {
    let placement = chosen(&threads(&[&[0, 1], &[0, 1]]), None, None);
    assert_eq!((placement.server, placement.generator), (vec![0], vec![1]));
    assert_eq!(placement.warnings.len(), 1);
}

#[test]
fn workers_on_one_physical_core_are_told_of() {
    let machine = threads(&[&[0, 1], &[0, 1], &[2, 3], &[2, 3]]);
    let placement = chosen(&machine, Some(&[0, 1]), Some(&[2]));
    let [warning] = placement.warnings.as_slice() else {
        panic!("{:?}", placement.warnings);
    };
    assert!(warning.starts_with("server core 0 and another"));
}

#[test]
fn wishes_are_kept_and_what_is_left_open_avoids_them() {
    let placement = chosen(&separate(4), Some(&[1, 2]), None);
    assert_eq!(
        (placement.server, placement.generator),
        (vec![1, 2], vec![3])
    );
    let placement = chosen(&separate(2), None, Some(&[0]));
    assert_eq!((placement.server, placement.generator), (vec![1], vec![0]));
    let placement = chosen(&separate(8), Some(&[0, 1, 2, 3]), Some(&[4, 6]));
    assert_eq!(placement.generator, [4, 6]);
    assert_eq!(placement.helpers(), [Some(6)]);
    assert_eq!(placement.usable.len(), 8);
    let numbers: Vec<usize> = placement.cores.iter().map(|core| core.number).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 6]);
    assert_eq!(chosen(&separate(4), None, Some(&[1, 2])).server, [3]);
}

#[test]
fn impossible_wishes_are_refused() {
    refused(&separate(1), None, None, "only 1 core is available");
    refused(&separate(2), Some(&[5]), None, "core 5 is not available");
    let both = "core 1 cannot be used for server and generator";
    refused(&separate(2), Some(&[1]), Some(&[1]), both);
    refused(&separate(4), Some(&[0, 1]), Some(&[1, 2]), both);
    let absent = "core 5 is not available";
    refused(&separate(4), Some(&[0]), Some(&[1, 5]), absent);
    refused(&separate(2), Some(&[0, 1]), None, "left for the load");
    refused(&separate(2), None, Some(&[0, 1]), "left for the server");
}

#[test]
fn both_get_cores_of_one_kind_the_fastest_there_are_two_of() {
    let little_first = of_capacities(&[446, 446, 446, 446, 1024, 1024]);
    assert_eq!(pair(&little_first), (vec![4], vec![5]));
    let one_prime = of_capacities(&[300, 300, 800, 790, 1024]);
    assert_eq!(pair(&one_prime), (vec![2], vec![3]));
    let placement = chosen(&little_first, Some(&[1]), None);
    assert_eq!(placement.generator, [2]);
    let placement = chosen(&of_capacities(&[446, 1024]), None, None);
    assert!(
        placement.warnings[0].contains(
            "different kinds: servers on 1 (capacity 1024), generator on 0 (capacity 446)"
        )
    );
    let placement = chosen(&little_first, Some(&[3, 4]), None);
    assert!(placement.warnings[0].contains("different kinds"));
}

#[test]
fn several_workers_on_isolated_cores_are_refused_and_one_is_not() {
    let mut cores = separate(6);
    for core in &mut cores[2..] {
        core.isolated = true;
    }
    assert!(
        chosen(&cores, Some(&[2]), Some(&[3, 4]))
            .warnings
            .is_empty()
    );
    refused(&cores, Some(&[1, 2]), Some(&[3]), "core 2 is isolated");
    let placement = choose(&cores, Some(&[2, 4]), Some(&[3]), Strictness::Take).unwrap();
    assert!(placement.warnings[0].contains("isolated"));
}

#[test]
fn cores_beyond_a_set_are_left_out_and_refused_by_name() {
    let placement = chosen(&separate(1030), None, None);
    assert_eq!((placement.server, placement.generator), (vec![1], vec![2]));
    assert!(placement.warnings[0].contains("cores from 1024 on"));
    assert_eq!(placement.usable.len(), 1030);
    refused(
        &separate(1030),
        Some(&[1028]),
        None,
        "core 1028 cannot be chosen",
    );
    let beyond: Vec<Core> = separate(1030).split_off(1025);
    refused(&beyond, None, None, "only 0 core");
}
