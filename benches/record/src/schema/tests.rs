//! The schema in the repository is that of the types.

use super::*;
use crate::testing::record;

#[test]
fn the_file_is_in_step_with_the_types() {
    // Not `assert_eq`, which would print both.
    assert!(
        include_str!("../../../record.schema.json") == text().unwrap(),
        "run `cargo compare schema > benches/record.schema.json`"
    );
}

#[test]
fn a_record_is_valid_and_what_is_none_is_not() {
    let schema: serde_json::Value = serde_json::from_str(&text().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut written = serde_json::to_value(record()).unwrap();
    let complaints: Vec<String> = validator
        .iter_errors(&written)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(complaints, [""; 0]);
    written["restarts"][0]["slices"][0]["requests"] = "many".into();
    assert!(!validator.is_valid(&written));
}
