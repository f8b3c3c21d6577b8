//! Tests of packing.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

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
