//! Tests of the division of time.

use quartet_record::testing::{circumstances, record};

use super::*;

/// Criterion's estimates for axum and hyper, with notes that fit [`record`].
fn estimates(dispatch_of_axum: f64) -> Estimates {
    let around = |value: f64| Estimate {
        value,
        low: value - 3.0,
        high: value + 4.0,
    };
    let mut found = Estimates::default();
    for lane in ["one", "list"] {
        for (group, function, value) in [
            ("payload", PAYLOAD, 60.0),
            ("payload", "kept buffer", 40.0),
            ("dispatch", "axum", dispatch_of_axum),
            ("dispatch", "hyper", 300.0),
        ] {
            let medians = found.medians.entry(format!("{group}/{lane}"));
            let medians = medians.or_default();
            medians.insert(function.to_owned(), around(value));
        }
    }
    for bench in ["dispatch", "payload"] {
        found.notes.insert(bench.to_owned(), circumstances());
    }
    found
}

fn divided(mut record: Record, estimates: &Estimates) -> Division {
    record.estimates = Some(estimates.clone());
    Division::of(&record).unwrap()
}

fn committed() -> Record {
    let mut record = record();
    record.source.modified = Some(false);
    record
}

#[test]
fn parts_add_up_to_the_whole() {
    let record = committed();
    let division = divided(record.clone(), &estimates(900.0));
    assert_eq!(division.lanes.len(), 2);
    let rows = &division.lanes[0].rows;
    let names: Vec<&str> = rows
        .iter()
        .map(|row| record.plan.arms[row.arm].name.as_str())
        .collect();
    assert_eq!(names, ["axum", "hyper", "null"]);
    for row in rows {
        let known = [row.serialisation, row.framework].map(|part| part.map_or(0.0, |p| p.value));
        let sum: f64 = known.iter().sum::<f64>() + row.http.value + row.kernel.value;
        assert!((sum - row.total.value).abs() < 1e-6, "{row:?}");
    }
    let axum = &rows[0];
    assert!((axum.framework.unwrap().value - 840.0).abs() < 1e-9);
    // A quarter of the simulated CPU time is in user mode.
    let user = axum.http.value + 900.0;
    assert!((user / axum.total.value - 0.25).abs() < 0.02, "{axum:?}");
    let null = &rows[2];
    assert_eq!(
        (null.serialisation, null.framework, null.dispatch),
        (None, None, None)
    );
    assert_eq!(division.remarks, Vec::<String>::new());
}

#[test]
fn the_whole_and_its_split_are_those_of_the_lanes_table() {
    let mut record = committed();
    // A restart that was slow throughout: means would differ from medians.
    for slice in &mut record.restarts[0].slices {
        slice.cpu_ns = slice.cpu_ns.map(|cpu| 3 * cpu);
    }
    let analysis = crate::Analysis::of(&record).unwrap();
    let division = divided(record.clone(), &estimates(900.0));
    for (lane, divided) in analysis.lanes.iter().zip(&division.lanes) {
        for found in &divided.rows {
            let row = lane.rows.iter().find(|row| row.arm == found.arm).unwrap();
            let cpu = row.figures.unwrap().cpu.unwrap();
            assert_eq!(found.total.value, cpu.total);
            assert_eq!(found.kernel.value, cpu.system);
        }
    }
}

#[test]
fn a_difference_is_as_unsure_as_both_together() {
    let whole = Estimate {
        value: 10.0,
        low: 7.0,
        high: 16.0,
    };
    let part = Estimate {
        value: 4.0,
        low: -4.0,
        high: 8.0,
    };
    let expected = Estimate {
        value: 6.0,
        low: 1.0,
        high: 16.0,
    };
    assert_eq!(less(whole, part), expected);
}

#[test]
fn a_part_that_is_less_than_nothing_is_said() {
    let record = committed();
    let division = divided(record.clone(), &estimates(5_000.0));
    let axum = &division.lanes[0].rows[0];
    assert!(axum.http.high < 0.0);
    assert_eq!(division.remarks.len(), 2);
    assert!(division.remarks[0].starts_with("item: negative: axum's HTTP library"));
    let close = divided(record.clone(), &estimates(axum.http.value + 5_000.0));
    assert!(
        close.remarks[0] == "item: not distinguishable from zero: axum's HTTP library",
        "{:?}",
        close.remarks
    );
}

#[test]
fn an_original_is_told_in_requests_to_another_server() {
    let record = committed();
    let mut both = estimates(900.0);
    let whole = |value| Estimate {
        value,
        low: value,
        high: value,
    };
    for (group, value) in [(ORIGINAL_PAYLOAD, 660.0), (ORIGINAL_DISPATCH, 1_980.0)] {
        let of_salvo = [("salvo".to_owned(), whole(value))].into();
        both.medians.insert(format!("{group}/one"), of_salvo);
    }
    let division = divided(record.clone(), &both);
    let rows = &division.lanes[0].rows;
    let salvo = rows.iter().find(|row| row.in_python).unwrap();
    assert_eq!(record.plan.arms[salvo.arm].name, "salvo");
    assert!((salvo.framework.unwrap().value - 1_320.0).abs() < 1e-9);
    let [said] = division.originals.as_slice() else {
        panic!("{:?}", division.originals);
    };
    assert!(
        said.starts_with("item: one request to salvo costs as much CPU time as 1.2 to axum")
            || said.starts_with("item: one request to salvo costs as much CPU time as 1.3 to axum"),
        "{said}"
    );
    assert!(said.contains("JSON 0.1, framework 0.2"), "{said}");
    assert!(division.remarks[0].contains("originals ran: it left no note"));
    // One whose JSON was not timed is left out, not given another's.
    both.medians.remove(&format!("{ORIGINAL_PAYLOAD}/one"));
    let division = divided(record.clone(), &both);
    assert!(division.lanes[0].rows.iter().all(|row| !row.in_python));
    assert_eq!(division.originals, Vec::<String>::new());
}

#[test]
fn other_circumstances_are_said() {
    let record = committed();
    let mut other = estimates(900.0);
    other.notes.remove("payload");
    let dispatch = other.notes.get_mut("dispatch").unwrap();
    dispatch.machine.cores = 64;
    dispatch.source.revision = None;
    let remarks = divided(record.clone(), &other).remarks;
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(
        remarks[0].ends_with("on a different machine, with a different revision"),
        "{remarks:?}"
    );
    assert!(
        remarks[1].contains("payload ran: it left no note"),
        "{remarks:?}"
    );
    other.remark = Some("made by hand".to_owned());
    let remarks = divided(record.clone(), &other).remarks;
    assert_eq!(remarks[0], "made by hand");
    assert!(
        !remarks.iter().any(|one| one.contains("no note")),
        "{remarks:?}"
    );
    let mut changed = committed();
    changed.source.modified = Some(true);
    let remarks = divided(changed, &estimates(900.0)).remarks;
    assert_eq!(remarks.len(), 2);
    assert!(remarks[0].contains("uncommitted changes"), "{remarks:?}");
}

#[test]
fn without_criterion_there_is_nothing_but_how_to_run_it() {
    let division = Division::of(&committed()).unwrap();
    assert!(division.lanes.is_empty());
    assert_eq!(division.source, "The record has no criterion estimates.");
    assert!(division.remarks[0].contains("cargo bench -p quartet-benches"));
}

#[test]
fn one_restart_has_no_interval_and_so_no_division() {
    let mut record = committed();
    record.restarts.truncate(1);
    assert!(divided(record.clone(), &estimates(900.0)).lanes.is_empty());
}
