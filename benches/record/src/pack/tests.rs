//! Tests of packing.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::column::{coded, decoded};
use super::*;
use crate::histogram::encode;
use crate::testing::{Simulation, with_modes};
use serde_json::json;

fn document() -> Value {
    let record = with_modes(Simulation::new(3).run());
    serde_json::to_value(record).unwrap()
}

#[test]
fn what_is_packed_comes_back() {
    let document = document();
    let packed = pack(document.clone()).unwrap();
    assert!(is_packed(&packed) && !is_packed(&document));
    assert_eq!(packed["record"]["restarts"][0]["slices"]["$rows"], 144);
    for table in [
        "restarts.slices",
        "capacity.slices",
        "latency.restarts.slices",
    ] {
        assert!(packed["tables"][table].is_object(), "{table}");
    }
    assert_eq!(unpack(packed, &[], Detail::Whole).unwrap(), document);
}

#[test]
fn fields_that_nobody_knows_yet_come_back_too() {
    let mut document = document();
    let slices = document["restarts"][1]["slices"].as_array_mut().unwrap();
    for (slice, number) in slices.iter_mut().zip(0_u64..) {
        slice["more"] = json!({"share": 0.5, "number": number});
        slice["often"] = if number == 3 {
            Value::Null
        } else {
            number.into()
        };
    }
    document["other"] = json!({"slices": [1, 2], "text": "HIST", "$rows": "none"});
    document["empty"] = json!({"slices": []});
    let back = unpack(pack(document.clone()).unwrap(), &[], Detail::Whole).unwrap();
    assert_eq!(back, document);
}

#[test]
fn every_kind_of_count_comes_back() {
    let mut histogram = Histogram::<u64>::new(3).unwrap();
    for (value, count) in [
        (0, 1),
        (1, 5),
        (2_047, 3),
        (2_048, u64::MAX >> 20),
        (9_000_000_000, 1),
    ] {
        histogram.record_n(value, count).unwrap();
    }
    let mut flat = Histogram::<u64>::new_with_bounds(2, 1_000, 2).unwrap();
    for value in 2..=1_000 {
        flat.record_n(value, value % 70).unwrap();
    }
    let empty = Histogram::<u64>::new(3).unwrap();
    let texts = [&histogram, &flat, &empty].map(|found| encode(found).unwrap());
    let document = json!({"of": {"these": texts}});
    let packed = pack(document.clone()).unwrap();
    assert_eq!(packed["record"]["of"]["these"][1], json!({"$histogram": 1}));
    assert_eq!(unpack(packed, &[], Detail::Whole).unwrap(), document);
}

#[test]
fn histograms_are_the_same_however_they_are_written() {
    let mut one = Histogram::<u64>::new(3).unwrap();
    one.record(400_000).unwrap();
    let mut other = one.clone();
    assert!(same(
        &json!([encode(&one).unwrap()]),
        &json!([deflated(&one)])
    ));
    other.record(400_000).unwrap();
    assert!(!same(
        &json!([encode(&one).unwrap()]),
        &json!([deflated(&other)])
    ));
    assert!(!same(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
}

fn deflated(histogram: &Histogram<u64>) -> String {
    use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};
    let mut bytes = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    serializer.serialize(histogram, &mut bytes).unwrap();
    BASE64_STANDARD.encode(bytes)
}

#[test]
fn damage_is_an_error() {
    let whole = pack(document()).unwrap();
    for (pointer, damage) in [
        ("/packed", json!(2)),
        ("/packed", json!("1")),
        ("/tables/restarts.slices/requests/u64", json!("????")),
        ("/tables/restarts.slices/requests/u64", json!("cGNv")),
        ("/tables/restarts.slices", json!({})),
        ("/tables/restarts.slices/requests", json!({"values": [1]})),
        ("/record/restarts/0/slices/$rows", json!(1)),
        ("/record/restarts/0/slices/$rows", json!(1_u64 << 60)),
        ("/histograms/high", json!([1])),
        ("/histograms/digits/0", json!(9)),
        ("/histograms/buckets/0", json!(1)),
        ("/histograms/buckets/0", json!(1_u64 << 60)),
        ("/histograms/streams", json!({})),
        ("/histograms/totals/counts", json!("????")),
        (
            "/record/restarts/0/arms/0/lanes/item/latencies/$histogram",
            json!(1_u64 << 60),
        ),
    ] {
        let mut packed = whole.clone();
        *packed
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("{pointer}")) = damage;
        assert!(unpack(packed, &[], Detail::Whole).is_err(), "{pointer}");
    }
}

#[test]
fn a_summary_says_of_each_histogram_what_the_histogram_does() {
    use crate::histogram::Summary;
    let document = document();
    let packed = pack(document.clone()).unwrap();
    let summed = unpack(packed, &[], Detail::Summary).unwrap();
    let lanes = |document: &Value| {
        let arms = document["restarts"][0]["arms"].as_array().unwrap().clone();
        let texts = arms
            .iter()
            .flat_map(|arm| arm["lanes"].as_object().unwrap().values());
        let texts = texts.map(|lane| lane["latencies"].as_str().unwrap().to_owned());
        texts.collect::<Vec<_>>()
    };
    let (whole, short) = (lanes(&document), lanes(&summed));
    assert!(!whole.is_empty() && whole.len() == short.len());
    for (whole, short) in whole.iter().zip(&short) {
        assert_ne!(whole, short);
        let (whole, short) = (Summary::of(whole).unwrap(), Summary::of(short).unwrap());
        assert_eq!(whole.count, short.count);
        assert!(
            (whole.mean / short.mean - 1.0).abs() < 1e-9,
            "{whole:?} {short:?}"
        );
    }
}

/// The packed form with one more in the count that is told of its last histogram.
fn with_a_wrong_total(mut packed: Value) -> Value {
    let told = packed["histograms"]["totals"]["counts"].as_str().unwrap();
    let mut counts = decoded(told).unwrap();
    *counts.last_mut().unwrap() += 1;
    let wrong = coded(&counts, &pco::ChunkConfig::default()).unwrap();
    packed["histograms"]["totals"]["counts"] = wrong.into();
    packed
}

#[test]
fn what_is_told_of_histograms_is_believed_for_summaries_alone() {
    let whole = pack(document()).unwrap();
    let wrong = with_a_wrong_total(whole.clone());
    let error = unpack(wrong.clone(), &[], Detail::Whole).unwrap_err();
    assert!(
        error.to_string().ends_with("does not count its total"),
        "{error}"
    );
    assert_ne!(
        unpack(wrong, &[], Detail::Summary).unwrap(),
        unpack(whole.clone(), &[], Detail::Summary).unwrap()
    );
    // Older records tell nothing, and are counted.
    let mut older = whole.clone();
    older["histograms"]
        .as_object_mut()
        .unwrap()
        .remove("totals");
    assert_eq!(
        unpack(older, &[], Detail::Summary).unwrap(),
        unpack(whole, &[], Detail::Summary).unwrap()
    );
}

#[test]
fn rows_are_what_they_are_as_values() {
    let document = document();
    let text = serde_json::to_vec(&pack(document.clone()).unwrap()).unwrap();
    let packed: Packed<'_> = serde_json::from_slice(&text).unwrap();
    let place = ("restarts", "slices");
    let without = ["latency", "capacity"];
    let found: Unpacked<Value> = packed.unpack_rows(place, &without, Detail::Whole).unwrap();
    assert_eq!(found.rows.len(), 3);
    for (rows, restart) in found.rows.into_iter().zip(0..) {
        assert_eq!(Value::Array(rows), document["restarts"][restart]["slices"]);
        assert_eq!(found.document["restarts"][restart]["slices"], json!([]));
    }
    assert_eq!(found.document.get("capacity"), None);
    assert_eq!(found.document["cost"], document["cost"]);
}

#[test]
fn rows_that_are_missing_or_left_over_are_an_error() {
    let whole = pack(document()).unwrap();
    for (pointer, damage) in [
        ("/packed", json!(2)),
        ("/tables/restarts.slices", json!({})),
        ("/tables/restarts.slices/requests", json!({"values": [1]})),
        ("/record/restarts/0/slices/$rows", json!(1)),
        ("/record/restarts/0/slices/$rows", json!(1_u64 << 60)),
        ("/record/restarts", json!([])),
        ("/tables", json!({})),
    ] {
        let mut damaged = whole.clone();
        *damaged.pointer_mut(pointer).unwrap() = damage;
        let text = serde_json::to_vec(&damaged).unwrap();
        let packed: Packed<'_> = serde_json::from_slice(&text).unwrap();
        let found = packed.unpack_rows::<Value>(("restarts", "slices"), &[], Detail::Summary);
        assert!(found.is_err(), "{pointer}");
    }
}
