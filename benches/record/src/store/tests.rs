//! Tests of records on disk.

use std::fs::File;

use super::*;
use crate::restart::Slice;
use crate::testing::record;
use serde_json::json;

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("quartet-{name}-{}", std::process::id()));
    fs::remove_dir_all(&path).ok();
    path
}

#[test]
fn what_is_written_is_read_back() {
    let place = directory("record");
    let written = record();
    let file = written.write(&place).unwrap();
    assert_eq!(Record::read(&file).unwrap(), written);
    assert_eq!(Record::read(&place).unwrap(), written);
    assert_eq!(
        fs::read_dir(&place).unwrap().count(),
        1,
        "something is left over"
    );
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn another_version_is_refused_by_its_number() {
    let place = directory("version");
    let mut other = record();
    other.schema_version = 99;
    other.write(&place).unwrap();
    let error = Record::read(&place).unwrap_err().to_string();
    assert!(error.contains("schema version 99"), "{error}");
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn the_one_core_of_version_2_is_read_as_a_list() {
    let place = directory("version-2");
    fs::create_dir_all(&place).unwrap();
    let new = record();
    for (core, cores) in [(json!(5), vec![5]), (json!(null), Vec::new())] {
        let mut old = serde_json::to_value(&new).unwrap();
        old["schema_version"] = json!(2);
        let plan = old["plan"].as_object_mut().unwrap();
        plan.remove("generator_cores");
        plan.insert("generator_core".to_owned(), core);
        fs::write(place.join(PLAIN_NAME), old.to_string()).unwrap();
        let read = Record::read(&place).unwrap();
        assert_eq!(read.plan.generator_cores, cores);
        assert_eq!(read.schema_version, SCHEMA_VERSION);
    }
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn what_is_no_record_is_said_to_be_none() {
    let place = directory("none");
    fs::create_dir_all(&place).unwrap();
    let file = place.join("other.json");
    fs::write(&file, "{}").unwrap();
    let error = Record::read(&file).unwrap_err().to_string();
    assert!(error.contains("is not the record of a run"), "{error}");
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn slices_are_of_servers_and_of_some_length() {
    let place = directory("damaged");
    for damage in [
        (|slice: &mut Slice| slice.arm = 99) as fn(&mut Slice),
        |slice| slice.window_ns = 0,
    ] {
        let mut record = record();
        damage(&mut record.restarts[0].slices[0]);
        record.write(&place).unwrap();
        let error = Record::read(&place).unwrap_err().to_string();
        assert!(error.contains("is damaged"), "{error}");
    }
    fs::remove_dir_all(&place).unwrap();
}

fn names(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_run_that_goes_on_is_plain_and_one_that_ended_is_packed() {
    let place = directory("forms");
    let mut run = record();
    for (state, name) in [
        (State::Running, PLAIN_NAME),
        (State::Interrupted, PACKED_NAME),
        (State::Running, PLAIN_NAME),
        (State::Complete, PACKED_NAME),
    ] {
        run.state = state;
        run.resumed.push("2026-11-02T11:00:00Z".to_owned());
        let file = run.write(&place).unwrap();
        assert_eq!(file, place.join(name));
        assert_eq!(names(&place), [name]);
        assert_eq!(Record::read(&place).unwrap(), run);
    }
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn of_two_files_the_packed_one_is_read() {
    let place = directory("both");
    let mut run = record();
    run.state = State::Running;
    run.write(&place).unwrap();
    let plain = fs::read(place.join(PLAIN_NAME)).unwrap();
    run.state = State::Complete;
    run.write(&place).unwrap();
    // As if the process had been killed before it removed the plain one.
    fs::write(place.join(PLAIN_NAME), plain).unwrap();
    assert_eq!(Record::read(&place).unwrap().state, State::Complete);
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn a_plain_record_may_be_compressed() {
    let place = directory("gzip");
    fs::create_dir_all(&place).unwrap();
    let file = place.join("any.json.gz");
    let mut output = GzEncoder::new(File::create(&file).unwrap(), Compression::fast());
    to_writer(&mut output, &record()).unwrap();
    output.finish().unwrap();
    assert_eq!(Record::read(&file).unwrap(), record());
    fs::write(&file, [0x1f, 0x8b, 8, 0]).unwrap();
    let error = Record::read(&file).unwrap_err().to_string();
    assert!(error.ends_with("is damaged"), "{error}");
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn the_comparison_alone_is_read_as_if_nothing_else_were_measured() {
    let place = directory("comparison");
    let whole = crate::testing::with_modes(record());
    let mut alone = whole.clone();
    (alone.latency, alone.cost) = (None, None);
    alone.capacity.clear();
    let plain = serde_json::to_vec(&whole).unwrap();
    whole.write(&place).unwrap();
    let mut found = Record::read_comparison(&place).unwrap();
    let lanes = |record: &mut Record| -> Vec<String> {
        let restarts = record.restarts.iter_mut();
        let arms = restarts.flat_map(|restart| &mut restart.arms);
        let lanes = arms.flat_map(|arm| arm.lanes.values_mut());
        lanes
            .map(|lane| std::mem::take(&mut lane.latencies))
            .collect()
    };
    let (summaries, mut without) = (lanes(&mut found), alone.clone());
    assert!(
        summaries
            .iter()
            .all(|text| crate::Summary::of(text).is_ok())
    );
    assert_eq!(summaries.len(), lanes(&mut without).len());
    assert_eq!(found, without);
    assert_eq!(Record::read(&place).unwrap(), whole);
    let file = place.join("plain.json");
    fs::write(&file, plain).unwrap();
    assert_eq!(Record::read_comparison(&file).unwrap(), alone);
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn an_older_record_is_packed_as_it_is() {
    let place = directory("repack");
    fs::create_dir_all(&place).unwrap();
    let mut old = serde_json::to_value(record()).unwrap();
    old["schema_version"] = json!(2);
    let plan = old["plan"].as_object_mut().unwrap();
    plan.remove("generator_cores");
    plan.insert("generator_core".to_owned(), json!(5));
    fs::write(place.join(PLAIN_NAME), old.to_string()).unwrap();
    repack(&place).unwrap();
    assert_eq!(names(&place), [PACKED_NAME]);
    let packed = place.join(PACKED_NAME);
    assert_eq!(
        document(&packed, &bytes(&packed).unwrap(), &[], Detail::Whole).unwrap(),
        old
    );
    let again = repack(&place).unwrap_err().to_string();
    assert!(again.contains("is not a plain record"), "{again}");
    let mut running = record();
    running.state = State::Running;
    running.write(&place).unwrap();
    let running = repack(&place).unwrap_err().to_string();
    assert!(running.contains("unfinished run"), "{running}");
    fs::remove_dir_all(&place).unwrap();
}
