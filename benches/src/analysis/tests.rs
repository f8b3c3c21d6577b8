use super::*;
use crate::record::{Slice, State, Void};
use crate::testing::{Simulation, record};

fn analysed(record: &Record) -> Analysis {
    Analysis::of(record).unwrap()
}

fn lane(analysis: &Analysis, lane: Lane) -> &LaneAnalysis {
    analysis
        .lanes
        .iter()
        .find(|found| found.lane == lane)
        .unwrap()
}

fn row<'a>(record: &Record, lane: &'a LaneAnalysis, name: &str) -> &'a Row {
    lane.rows
        .iter()
        .find(|row| record.plan.arms[row.arm].name == name)
        .unwrap()
}

fn names<'a>(record: &'a Record, lane: &LaneAnalysis) -> Vec<&'a str> {
    lane.rows
        .iter()
        .map(|row| record.plan.arms[row.arm].name.as_str())
        .collect()
}

fn each_slice(record: &mut Record, name: &str, change: impl Fn(&mut Slice)) {
    let arm = record
        .plan
        .arms
        .iter()
        .position(|arm| arm.name == name)
        .unwrap();
    let slices = record
        .restarts
        .iter_mut()
        .flat_map(|restart| &mut restart.slices);
    slices.filter(|slice| slice.arm == arm).for_each(change);
}

#[test]
fn time_that_the_server_was_kept_from_the_core_is_not_counted_against_it() {
    let calm = Simulation::new(28).run();
    let mut busy = calm.clone();
    let slices = busy.restarts.iter_mut().flat_map(|it| &mut it.slices);
    for slice in slices.filter(|slice| (slice.block + 3 * slice.position) % 4 == 0) {
        slice.requests /= 2;
        slice.total_requests /= 2;
        slice.cpu_ns = slice.cpu_ns.map(|cpu| cpu / 2);
    }
    let mut untold = calm.clone();
    let slices = untold.restarts.iter_mut().flat_map(|it| &mut it.slices);
    slices.for_each(|slice| slice.cpu_ns = None);
    let ratio = |record: &Record| {
        let analysis = analysed(record);
        row(record, lane(&analysis, Lane::One), "warp")
            .relative
            .unwrap()
    };
    let expected = ratio(&calm);
    for record in [&busy, &untold] {
        let found = ratio(record);
        for (found, expected) in [
            (found.low, expected.low),
            (found.estimate, expected.estimate),
            (found.high, expected.high),
        ] {
            assert!((found / expected - 1.0).abs() < 5e-4, "{found} {expected}");
        }
    }
}

#[test]
fn true_ratios_are_found_and_placed() {
    let record = Simulation::new(28).run();
    let analysis = analysed(&record);
    assert_eq!(analysis.restarts, 28);
    for found in &analysis.lanes {
        assert_eq!(
            names(&record, found),
            ["warp", "axum", "salvo", "axum (again)", "hyper", "null"]
        );
        for (name, truth) in [
            ("warp", 170.0 / 180.0),
            ("axum", 150.0 / 180.0),
            ("null", 25.0 / 18.0),
        ] {
            let ratio = row(&record, found, name).relative.unwrap();
            assert!(
                (ratio.estimate / truth - 1.0).abs() < 0.005,
                "{name}: {ratio:?}"
            );
            assert!(ratio.low < ratio.estimate && ratio.estimate < ratio.high);
        }
        let places: Vec<usize> = found
            .rows
            .iter()
            .filter_map(|row| row.place)
            .map(|place| place.best)
            .collect();
        assert_eq!(places, [1, 2, 3]);
        assert_eq!(found.pairs.len(), 3);
        assert!(
            found
                .pairs
                .iter()
                .all(|pair| pair.verdict == Verdict::Ahead)
        );
        assert_eq!(row(&record, found, "hyper").relative, None);
    }
}

#[test]
fn a_server_is_set_against_the_one_aside_on_its_framework_only() {
    let mut record = Simulation::new(14).run();
    let position = |record: &Record, name: &str| {
        let mut arms = record.plan.arms.iter();
        arms.position(|arm| arm.name == name).unwrap()
    };
    let (axum, warp) = (position(&record, "axum"), position(&record, "warp"));
    record.plan.arms[warp].role = ArmRole::Aside;
    for server in &mut record.servers {
        server.framework = Some(server.name.clone());
    }
    for found in analysed(&record).lanes {
        assert_eq!(found.asides, [], "another framework's");
    }
    for server in &mut record.servers {
        server.framework = Some("the same".to_owned());
    }
    for found in analysed(&record).lanes {
        let pair = found.asides.iter().find(|pair| pair.arm == axum).unwrap();
        assert_eq!(pair.against, warp);
        assert!((pair.ratio.estimate / (150.0 / 170.0) - 1.0).abs() < 0.005);
    }
}

#[test]
fn intervals_of_pairs_hold_all_at_once() {
    let record = record();
    let pair = &analysed(&record).lanes[0].pairs[0];
    let samples = Samples::of(&record).unwrap();
    // Three servers in two lanes make six pairs.
    let log_ratios = samples.log_ratios(pair.arm, pair.against, Lane::One);
    let expected = Ratio::over_restarts(&log_ratios, 1.0 - 0.05 / 6.0).unwrap();
    assert_eq!(pair.ratio, expected);
}

#[test]
fn figures_are_what_was_simulated() {
    let record = record();
    let analysis = analysed(&record);
    let figures = row(&record, &analysis.lanes[0], "axum").figures.unwrap();
    assert!((figures.requests_per_second / 150_000.0 - 1.0).abs() < 0.02);
    assert!((400_000..401_000).contains(&figures.p50_ns));
    assert!((800_000..802_000).contains(&figures.p99_ns));
    let cpu = figures.cpu.unwrap();
    // 23.2 ms of CPU for what 150,000 a second answer in 23.4 ms; a quarter of it in user mode.
    assert!((cpu.total / 6_610.0 - 1.0).abs() < 0.02, "{cpu:?}");
    assert!((cpu.user / cpu.total - 0.25).abs() < 0.01, "{cpu:?}");
    assert!((cpu.user + cpu.system - cpu.total).abs() < 1e-6);
}

#[test]
fn equals_tie_and_share_a_place() {
    let mut simulation = Simulation::new(28);
    simulation.arms[1].2 = 150_000.0;
    simulation.bias = 0.002;
    simulation.noise = 0.01;
    let record = simulation.run();
    let analysis = analysed(&record);
    let one = lane(&analysis, Lane::One);
    for name in ["axum", "warp"] {
        assert_eq!(
            row(&record, one, name).place,
            Some(Place { best: 1, worst: 1 })
        );
    }
    assert_eq!(
        row(&record, one, "salvo").place,
        Some(Place { best: 3, worst: 3 })
    );
    assert_eq!(one.pairs[0].verdict, Verdict::Tie);
}

#[test]
fn what_this_run_cannot_tell_is_left_open_with_the_restarts_it_would_take() {
    let mut simulation = Simulation::new(4);
    simulation.arms[1].2 = 153_000.0;
    simulation.bias = 0.02;
    let record = simulation.run();
    let analysis = analysed(&record);
    let one = lane(&analysis, Lane::One);
    let open = one
        .pairs
        .iter()
        .find(|pair| pair.verdict == Verdict::Unresolved)
        .unwrap();
    assert!(open.restarts_needed.is_some_and(|restarts| restarts > 4));
    assert_eq!(one.rows[0].place, Some(Place { best: 1, worst: 2 }));
}

#[test]
fn margin_widens_with_what_equals_show() {
    let mut simulation = Simulation::new(14);
    simulation.arms[3].2 = 155_000.0;
    let record = simulation.run();
    let analysis = analysed(&record);
    let one = lane(&analysis, Lane::One);
    assert!(one.margin > 0.03, "{}", one.margin);
    assert!(
        analysis
            .warnings
            .iter()
            .any(|warning| warning.contains("two copies of one server"))
    );
    assert!(one.pairs.iter().all(|pair| pair.verdict != Verdict::Tie));
    let calm = Simulation::new(28).run();
    assert!((analysed(&calm).lanes[0].margin - crate::statistics::LEAST_MARGIN).abs() < 1e-12);
}

/// Two equals of a calm run, with what the second copy of the first shows.
fn equals_with(spoil: impl Fn(&mut Record)) -> (Record, Analysis) {
    let mut simulation = Simulation::new(28);
    simulation.arms[1].2 = 150_000.0;
    simulation.bias = 0.002;
    simulation.noise = 0.01;
    let mut record = simulation.run();
    spoil(&mut record);
    let analysis = analysed(&record);
    (record, analysis)
}

#[test]
fn without_a_second_copy_none_are_called_equal() {
    let again = |record: &Record| {
        let mut arms = record.plan.arms.iter();
        arms.position(|arm| arm.role == ArmRole::Again).unwrap()
    };
    let (_, analysis) = equals_with(|record| {
        let again = again(record);
        for restart in &mut record.restarts {
            restart.slices.retain(|slice| slice.arm != again);
        }
    });
    assert_eq!(analysis.lanes[0].pairs[0].verdict, Verdict::Unresolved);

    // Nor does a void row of the second copy make verdicts easier.
    let (record, analysis) = equals_with(|record| {
        let again = again(record);
        for slice in record.restarts.iter_mut().flat_map(|r| &mut r.slices) {
            if slice.arm == again {
                slice.requests = slice.requests * 95 / 100;
                slice.total_requests = slice.total_requests * 95 / 100;
            }
        }
        record.voids.push(crate::record::Void {
            arm: again,
            restart: None,
            lane: None,
            reason: "its ratio drifted".to_owned(),
        });
    });
    assert_eq!(analysis.lanes[0].again, None);
    assert!(analysis.lanes[0].margin > 0.04);
    assert_eq!(
        row(&record, &analysis.lanes[0], "axum").place,
        Some(Place { best: 1, worst: 2 })
    );
}

#[test]
fn the_floor_alone_is_nothing_that_counts() {
    let mut record = record();
    for arm in 0..record.plan.arms.len() {
        if record.plan.arms[arm].role == ArmRole::Compared {
            record.voids.push(crate::record::Void {
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
            .any(|warning| warning.contains("one: the floor was not measured")),
        "{warnings:?}"
    );
}

#[test]
fn a_core_that_was_not_busy_voids_the_row_alone() {
    let mut record = record();
    each_slice(&mut record, "warp", |slice| slice.cpu_ns = Some(20_000_000));
    let analysis = analysed(&record);
    let one = lane(&analysis, Lane::One);
    let warp = row(&record, one, "warp");
    assert!(warp.void[0].contains("busy only 85.5 %"), "{:?}", warp.void);
    assert_eq!((warp.place, warp.relative), (None, None));
    assert!(
        one.pairs
            .iter()
            .all(|pair| pair.arm != warp.arm && pair.against != warp.arm)
    );
    assert!(row(&record, one, "axum").void.is_empty());
}

#[test]
fn a_floor_that_idles_is_a_warning() {
    let mut record = record();
    each_slice(&mut record, "null", |slice| slice.cpu_ns = Some(20_000_000));
    let analysis = analysed(&record);
    assert!(row(&record, &analysis.lanes[0], "null").void.is_empty());
    assert!(
        analysis
            .warnings
            .iter()
            .any(|warning| warning.contains("the floor's core was 85 %"))
    );
}

#[test]
fn a_floor_not_well_above_voids() {
    let mut simulation = Simulation::new(3);
    simulation.arms[5].2 = 190_000.0;
    let record = simulation.run();
    let analysis = analysed(&record);
    let one = lane(&analysis, Lane::One);
    assert!(row(&record, one, "warp").void[0].contains("the floor is only 1.1"));
    assert!(row(&record, one, "axum").void.is_empty());
}

#[test]
fn books_that_do_not_balance_void() {
    let mut record = record();
    each_slice(&mut record, "axum", |slice| {
        slice.mean_ns = slice.mean_ns * 11 / 10;
    });
    let analysis = analysed(&record);
    let axum = row(&record, &analysis.lanes[0], "axum");
    assert!(
        axum.void[0].contains("70.4 requests were in flight"),
        "{:?}",
        axum.void
    );
}

#[test]
fn a_busy_machine_voids_everything() {
    let mut record = record();
    for restart in &mut record.restarts {
        restart.machine.as_mut().unwrap().others_ns = Some(3_000_000_000);
    }
    let analysis = analysed(&record);
    assert!(!analysis.anything_counts(&record));
    let rows = analysis.lanes.iter().flat_map(|lane| &lane.rows);
    assert!(
        rows.clone()
            .all(|row| row.void[0].contains("took 30 % of the cores"))
    );
}

#[test]
fn threads_of_one_physical_core_void_everything() {
    let mut record = record();
    let core = |number| crate::cores::Core {
        number,
        siblings: vec![0, 1],
        ..crate::cores::Core::default()
    };
    record.cores = vec![core(0), core(1)];
    let analysis = analysed(&record);
    assert!(!analysis.anything_counts(&record));
    let mut rows = analysis.lanes.iter().flat_map(|lane| &lane.rows);
    assert!(rows.all(|row| row.void[0].contains("core 1 (generator) and core 0 (servers)")));
    record.cores[0].siblings = vec![0, 2];
    record.cores[1].siblings = vec![1, 3];
    assert!(analysed(&record).anything_counts(&record));
}

#[test]
fn a_core_shared_with_the_generator_voids_everything() {
    let mut record = record();
    record.plan.generator_cores = vec![0, 1];
    let analysis = analysed(&record);
    assert!(!analysis.anything_counts(&record));
    let mut rows = analysis.lanes.iter().flat_map(|lane| &lane.rows);
    assert!(rows.all(|row| row.void
        == ["servers and generator shared core 0: the figures tell of both together"]));
}

#[test]
fn a_run_says_what_its_machine_can_resolve_or_that_nobody_tried() {
    let warned = |record: &Record, word: &str| {
        let warnings = analysed(record).warnings;
        warnings.iter().any(|warning| warning.contains(word))
    };
    assert!(warned(&record(), "`cargo compare calibrate` does"));
}

#[test]
fn a_run_in_parts_says_so() {
    let mut record = record();
    record.resumed.push("2026-11-02T11:00:00Z".to_owned());
    let warnings = analysed(&record).warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("gone on with 2026-11-02T11:00:00Z"))
    );
}

#[test]
fn a_recorded_void_takes_the_arm_out_of_every_lane() {
    let mut record = record();
    record.voids.push(Void {
        arm: 0,
        restart: Some(1),
        lane: None,
        reason: "wrong answer".to_owned(),
    });
    let analysis = analysed(&record);
    for found in &analysis.lanes {
        assert_eq!(
            row(&record, found, "axum").void,
            ["wrong answer (restart 2)"]
        );
        assert!(row(&record, found, "warp").void.is_empty());
    }
}

#[test]
fn half_a_restart_counts_and_less_does_not() {
    let mut record = Simulation::new(4).run();
    record.state = State::Interrupted;
    let place = |slice: &Slice| (slice.block, slice.position);
    for (restart, last) in [(2, (6, 0)), (3, (5, 1))] {
        let restart = &mut record.restarts[restart];
        restart.complete = false;
        restart.slices.retain(|slice| place(slice) <= last);
    }
    let analysis = analysed(&record);
    assert_eq!(analysis.restarts, 3);
    assert!(
        analysis
            .warnings
            .iter()
            .any(|warning| warning.contains("3 of 4 restarts count"))
    );
}

#[test]
fn a_restart_without_an_arms_end_leaves_its_cpu_to_the_others() {
    let cpu = |record: &Record| {
        let analysis = analysed(record);
        let figures = row(record, &analysis.lanes[0], "axum").figures.unwrap();
        figures.cpu.map(|cpu| cpu.total)
    };
    let mut record = record();
    assert!(cpu(&record).is_some());
    record.restarts[1].arms.retain(|entry| entry.arm != 0);
    assert!(cpu(&record).is_some());
}

#[test]
fn nothing_measured_is_no_error() {
    let mut record = record();
    record.restarts.clear();
    let analysis = analysed(&record);
    assert_eq!(analysis.restarts, 0);
    assert!(
        analysis.lanes[0]
            .rows
            .iter()
            .all(|row| row.figures.is_none() && row.place.is_none())
    );
}

#[test]
fn without_the_kernels_books_the_rest_is_still_said() {
    let mut record = record();
    for slice in record
        .restarts
        .iter_mut()
        .flat_map(|restart| &mut restart.slices)
    {
        slice.cpu_ns = None;
    }
    let analysis = analysed(&record);
    let axum = row(&record, &analysis.lanes[0], "axum");
    assert!(axum.void.is_empty() && axum.relative.is_some());
    assert_eq!(axum.figures.unwrap().cpu, None);
    assert!(
        analysis
            .warnings
            .iter()
            .any(|warning| warning.contains("CPU time is not known"))
    );
}

#[test]
fn footprints_are_one_an_arm() {
    let record = record();
    let analysis = analysed(&record);
    let axum = &analysis.footprints[0];
    assert_eq!(analysis.footprints.len(), 6);
    assert_eq!(axum.start_up_ns, Some(3e6));
    assert_eq!(axum.idle.unwrap().median, f64::from(3 << 20));
    assert_eq!(axum.peak.unwrap().median, f64::from(6 << 20));
    assert_eq!(
        (axum.program_bytes, axum.crates),
        (Some(1_500_000), Some(47))
    );
    assert_eq!(analysis.spawn_ns, Some(2e6));
}

#[test]
fn requests_per_second_are_what_the_ratio_makes_of_the_references() {
    // So noisy that medians of slices are another ratio.
    let mut simulation = Simulation::new(5);
    simulation.noise = 0.2;
    let record = simulation.run();
    for lane in analysed(&record).lanes {
        let rate = |row: &Row| row.figures.unwrap().requests_per_second;
        let is_reference = |row: &&Row| record.plan.arms[row.arm].role == ArmRole::Reference;
        let reference = rate(lane.rows.iter().find(is_reference).unwrap());
        let relative = |row: &Row| Some((rate(row), row.relative?.estimate));
        let found: Vec<(f64, f64)> = lane.rows.iter().filter_map(relative).collect();
        assert_eq!(found.len(), 5);
        for (rate, ratio) in found {
            assert!((rate / reference / ratio - 1.0).abs() < 1e-12);
        }
    }
}
