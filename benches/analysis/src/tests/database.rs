//! Lanes over a database.

use quartet_record::plan::Lane;
use quartet_record::testing::{DATABASE_NS, Simulation, over_database};
use quartet_record::{Record, Slice};

use super::analysed;
use crate::statistics::Verdict;
use crate::{DatabaseLane, DatabaseRow};

fn lane(record: &Record) -> DatabaseLane {
    analysed(record).database.remove(0)
}

fn row<'a>(record: &Record, lane: &'a DatabaseLane, name: &str) -> &'a DatabaseRow {
    let is_named = |row: &&DatabaseRow| record.plan.arms[row.arm].name == name;
    lane.rows.iter().find(is_named).unwrap()
}

fn each_slice(record: &mut Record, change: impl Fn(&mut Slice)) {
    let restarts = record.restarts.iter_mut();
    let slices = restarts.flat_map(|restart| &mut restart.slices);
    slices
        .filter(|slice| slice.lane == Lane::DbItem)
        .for_each(change);
}

#[test]
fn cpu_time_is_relative_to_the_same_request_in_memory() {
    let record = over_database(Simulation::new(14).run(), 2.0);
    let analysis = analysed(&record);
    assert!(analysis.lanes.iter().all(|lane| lane.lane != Lane::DbItem));
    let lane = lane(&record);
    let names: Vec<&str> = lane
        .rows
        .iter()
        .map(|row| record.plan.arms[row.arm].name.as_str())
        .collect();
    assert_eq!(names, ["warp", "axum", "salvo", "axum (again)"]);
    for row in &lane.rows {
        let ratio = row.of_memory.unwrap();
        assert!((1.99..2.01).contains(&ratio.estimate), "{ratio:?}");
        assert_eq!(row.database_ns, Some(DATABASE_NS as f64));
        assert!(
            row.excluded.is_empty() && row.rate_excluded.is_empty(),
            "{row:?}"
        );
    }
    assert_eq!(lane.pairs.len(), 3);
    assert!(lane.pairs.iter().all(|pair| pair.verdict == Verdict::Ahead));
    // 150,000 a second of axum's to 170,000 of warp's.
    let ratio = lane.pairs[0].ratio.estimate;
    assert!((1.12..1.15).contains(&ratio), "{ratio}");
    assert_eq!(row(&record, &lane, "salvo").rank.unwrap().best, 3);
}

#[test]
fn lanes_in_memory_are_not_changed_by_those_over_a_database() {
    let alone = Simulation::new(14).run();
    let both = over_database(alone.clone(), 2.0);
    let of = |record: &Record| {
        let lanes = analysed(record).lanes.into_iter();
        let rows = lanes.flat_map(|lane| lane.rows);
        rows.map(|row| (row.arm, row.relative, row.excluded))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&alone), of(&both));
}

#[test]
fn a_rate_counts_only_where_postgresql_is_not_the_limit() {
    let mut record = over_database(Simulation::new(14).run(), 2.0);
    // Two thirds of the time the server waits for PostgreSQL.
    each_slice(&mut record, |slice| {
        slice.cpu_ns = slice.cpu_ns.map(|cpu| cpu / 3);
    });
    let idle = lane(&record);
    let axum = row(&record, &idle, "axum");
    assert!(axum.excluded.is_empty() && axum.of_memory.is_some());
    assert!(
        axum.rate_excluded[0].starts_with("PostgreSQL is the limit: "),
        "{axum:?}"
    );

    record.database.as_mut().unwrap().cores = vec![1];
    let shared = lane(&record);
    let axum = row(&record, &shared, "axum");
    assert!(axum.excluded.is_empty());
    assert!(
        axum.rate_excluded[0].contains("core 1 is the generator's"),
        "{axum:?}"
    );
}

#[test]
fn an_excluded_row_is_compared_with_nothing() {
    let mut record = over_database(Simulation::new(14).run(), 2.0);
    record.exclusions.push(quartet_record::Exclusion {
        arm: 0,
        restart: None,
        lane: Some(Lane::DbItem),
        reason: "it fails must-cases".to_owned(),
    });
    let lane = lane(&record);
    let axum = row(&record, &lane, "axum");
    assert_eq!(axum.excluded, ["it fails must-cases"]);
    assert_eq!((axum.rank, axum.of_memory, lane.again), (None, None, None));
    assert!(
        lane.pairs
            .iter()
            .all(|pair| pair.arm != 0 && pair.against != 0)
    );
    // In memory it counts.
    let in_memory = &analysed(&record).lanes[0];
    assert!(in_memory.rows.iter().all(|row| row.excluded.is_empty()));
}
