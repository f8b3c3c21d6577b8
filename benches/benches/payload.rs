//! What serialising the answers alone costs: the part of a request that is no framework's.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::FutureExt as _;
use quartet_benches::estimates;
use quartet_common::Greetings;
use serde::Serialize;

fn payload(criterion: &mut Criterion) {
    let greetings = Greetings::embedded();
    let list = greetings.list().now_or_never();
    let list = list
        .expect("memory is read without waiting")
        .expect("memory is read");
    let english = list
        .value
        .iter()
        .find(|greeting| greeting.lang.as_str() == "en");
    serialise(
        criterion,
        "payload/one",
        english.expect("the embedded data has English"),
    );
    serialise(criterion, "payload/list", &list.value);
    estimates::note("payload");
}

fn serialise<T: Serialize + ?Sized>(criterion: &mut Criterion, name: &str, value: &T) {
    let mut buffer = serde_json::to_vec(value).expect("strings always serialise");
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(buffer.len() as u64));
    group.bench_function("new vector", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(value)));
    });
    group.bench_function("kept buffer", |bencher| {
        bencher.iter(|| {
            buffer.clear();
            serde_json::to_writer(black_box(&mut buffer), black_box(value))
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = payload
}
criterion_main!(benches);
