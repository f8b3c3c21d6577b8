//! What takes rows out, and what is warned of.

use super::*;

#[test]
fn the_floor_alone_is_nothing_that_counts() {
    let mut record = record();
    for arm in 0..record.plan.arms.len() {
        if record.plan.arms[arm].role == ArmRole::Compared {
            record.exclusions.push(Exclusion {
                arm,
                restart: None,
                lane: None,
                reason: "it fails what it must do".to_owned(),
            });
        }
    }
    assert!(!analysed(&record).anything_counts(&record));
}

#[test]
fn a_floor_that_was_not_measured_is_missed() {
    let mut record = record();
    let floor = record.plan.arms.iter();
    let floor = floor
        .map(|arm| arm.role)
        .position(|role| role == ArmRole::Floor)
        .unwrap();
    for restart in &mut record.restarts {
        restart.slices.retain(|slice| slice.arm != floor);
    }
    let warnings = analysed(&record).warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("item: the floor was not measured")),
        "{warnings:?}"
    );
}

#[test]
fn a_core_that_was_not_busy_excludes_the_row_alone() {
    let mut record = record();
    each_slice(&mut record, "warp", |slice| slice.cpu_ns = Some(20_000_000));
    let analysis = analysed(&record);
    let one = lane(&analysis, Lane::Item);
    let warp = row(&record, one, "warp");
    assert!(
        warp.excluded[0].contains("only 85.5 % busy"),
        "{:?}",
        warp.excluded
    );
    assert_eq!((warp.rank, warp.relative), (None, None));
    assert!(
        one.pairs
            .iter()
            .all(|pair| pair.arm != warp.arm && pair.against != warp.arm)
    );
    assert!(row(&record, one, "axum").excluded.is_empty());
}

#[test]
fn a_floor_that_idles_is_a_warning() {
    let mut record = record();
    each_slice(&mut record, "null", |slice| slice.cpu_ns = Some(20_000_000));
    let analysis = analysed(&record);
    assert!(row(&record, &analysis.lanes[0], "null").excluded.is_empty());
    assert!(
        analysis
            .warnings
            .iter()
            .any(|warning| warning.contains("the floor's core was only 85 %"))
    );
}

#[test]
fn a_floor_not_well_above_excludes() {
    let mut simulation = Simulation::new(3);
    simulation.arms[5].2 = 190_000.0;
    let record = simulation.run();
    let analysis = analysed(&record);
    let one = lane(&analysis, Lane::Item);
    assert!(row(&record, one, "warp").excluded[0].contains("the floor is only 1.1"));
    assert!(row(&record, one, "axum").excluded.is_empty());
}

#[test]
fn books_that_do_not_balance_exclude() {
    let mut record = record();
    each_slice(&mut record, "axum", |slice| {
        slice.mean_ns = slice.mean_ns * 11 / 10;
    });
    let analysis = analysed(&record);
    let axum = row(&record, &analysis.lanes[0], "axum");
    assert!(
        axum.excluded[0].contains("70.4 requests were in flight"),
        "{:?}",
        axum.excluded
    );
}

#[test]
fn a_busy_machine_excludes_everything() {
    let mut record = record();
    for restart in &mut record.restarts {
        restart.machine.as_mut().unwrap().others_ns = Some(3_000_000_000);
    }
    let analysis = analysed(&record);
    assert!(!analysis.anything_counts(&record));
    let rows = analysis.lanes.iter().flat_map(|lane| &lane.rows);
    assert!(
        rows.clone()
            .all(|row| row.excluded[0].contains("took 30 % of the measured cores"))
    );
}

#[test]
fn threads_of_one_physical_core_excluded_everything() {
    let mut record = record();
    let core = |number| quartet_record::cores::Core {
        number,
        siblings: vec![0, 1],
        ..quartet_record::cores::Core::default()
    };
    record.cores = vec![core(0), core(1)];
    let analysis = analysed(&record);
    assert!(!analysis.anything_counts(&record));
    let mut rows = analysis.lanes.iter().flat_map(|lane| &lane.rows);
    assert!(rows.all(|row| row.excluded[0].contains("core 1 (generator) and core 0 (servers)")));
    record.cores[0].siblings = vec![0, 2];
    record.cores[1].siblings = vec![1, 3];
    assert!(analysed(&record).anything_counts(&record));
}

#[test]
fn a_core_shared_with_the_generator_excludes_everything() {
    let mut record = record();
    record.plan.generator_cores = vec![0, 1];
    let analysis = analysed(&record);
    assert!(!analysis.anything_counts(&record));
    let mut rows = analysis.lanes.iter().flat_map(|lane| &lane.rows);
    assert!(rows.all(|row| row.excluded
        == ["servers and generator shared core 0: the figures measure both together"]));
}

#[test]
fn a_run_says_what_its_machine_can_resolve_or_that_nobody_tried() {
    let warned = |record: &Record, word: &str| {
        let warnings = analysed(record).warnings;
        warnings.iter().any(|warning| warning.contains(word))
    };
    assert!(warned(&record(), "run `cargo compare calibrate`"));
}

#[test]
fn a_run_in_parts_says_so() {
    let mut record = record();
    record.resumed.push("2026-11-02T11:00:00Z".to_owned());
    let warnings = analysed(&record).warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("resumed 2026-11-02T11:00:00Z"))
    );
}

#[test]
fn a_recorded_excluded_takes_the_arm_out_of_every_lane() {
    let mut record = record();
    record.exclusions.push(Exclusion {
        arm: 0,
        restart: Some(1),
        lane: None,
        reason: "wrong answer".to_owned(),
    });
    let analysis = analysed(&record);
    for found in &analysis.lanes {
        assert_eq!(
            row(&record, found, "axum").excluded,
            ["wrong answer (restart 2)"]
        );
        assert!(row(&record, found, "warp").excluded.is_empty());
    }
}

#[test]
fn a_network_that_loses_segments_excludes_everything() {
    let lossy = |resent| {
        let mut record = record();
        for restart in &mut record.restarts {
            let load = restart.machine.as_mut().unwrap();
            (load.sent_segments, load.resent_segments) = (Some(100_000), Some(resent));
        }
        let analysis = analysed(&record);
        let reasons = lane(&analysis, Lane::Item).rows.iter();
        reasons.map(|row| row.excluded.clone()).collect::<Vec<_>>()
    };
    let why = "0.15 % of the segments were sent again; the network loses more than 0.1 %";
    assert!(lossy(150).iter().all(|reasons| reasons == &[why]));
    assert!(lossy(100).iter().all(Vec::is_empty), "as many as may be");
}

#[test]
fn cores_of_two_machines_are_not_shared_by_their_numbers() {
    let mut record = record();
    record.plan.generator_cores = record.plan.server_cores.clone();
    let excluded = |record: &Record| {
        let analysis = analysed(record);
        let rows = lane(&analysis, Lane::Item).rows.iter();
        rows.filter(|row| !row.excluded.is_empty()).count()
    };
    let mut via = ServersVia {
        command: "ssh bench@host".to_owned(),
        generator: record.machine.clone(),
        same_machine: true,
        loopback: false,
        round_trip_ns: 200_000,
    };
    record.servers_via = Some(via.clone());
    assert!(excluded(&record) > 0);
    via.same_machine = false;
    record.servers_via = Some(via);
    assert_eq!(excluded(&record), 0);
}
