//! What each framework costs in process: from a parsed request to an answer's bytes, without
//! sockets and without parsing or writing HTTP. The same applications as on the wire, called as
//! their servers call them.

use std::{hint::black_box, time::Duration};

use actix_web::{body::to_bytes, test};
use axum::body::Body as AxumBody;
use bytes::Bytes;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, service::Service as _};
use quartet_benches::estimates;
use quartet_common::Api;
use salvo::http::ReqBody;

const LANES: [(&str, &str, &str); 2] = [
    ("one", "/greetings/en", r#"{"lang":"en","text":"Hello"}"#),
    ("list", "/greetings", r#"[{"lang":"ar","text":"#),
];

const HOST: &str = "127.0.0.1:8000";

/// Times `answer` for fresh requests, once it has shown that it answers rightly. No handler waits
/// for anything, so that one poll of its future is all of it.
fn time<R, F: Future<Output = Bytes>>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    start: &str,
    mut request: impl FnMut() -> R,
    mut answer: impl FnMut(R) -> F,
) {
    let mut once = |request| answer(request).now_or_never().expect("no handler waits");
    let content = once(request());
    assert!(
        content.starts_with(start.as_bytes()),
        "{name} answers {content:?}"
    );
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            &mut request,
            |request| once(black_box(request)),
            BatchSize::SmallInput,
        );
    });
}

fn get<B>(path: &str, body: B) -> Request<B> {
    let request = Request::get(path).header("host", HOST).body(body);
    request.expect("a fixed path and header are valid")
}

async fn content<B: hyper::body::Body<Error: std::fmt::Debug>>(body: B) -> Bytes {
    body.collect()
        .await
        .expect("a body in memory is read")
        .to_bytes()
}

fn dispatch(criterion: &mut Criterion) {
    let api: &'static Api = Box::leak(Box::new(Api::default()));
    for (lane, path, start) in LANES {
        let mut group = criterion.benchmark_group(format!("dispatch/{lane}"));
        let floor = quartet_baseline_hyper::app(api);
        let answer = |request: Request<Empty<Bytes>>| {
            let response = floor.call(request);
            async move {
                let Ok(response) = response.await;
                content(response.into_body()).await
            }
        };
        time(
            &mut group,
            "hyper",
            start,
            || get(path, Empty::<Bytes>::new()),
            answer,
        );

        let axum = quartet_axum::app(api);
        let answer = |request: Request<AxumBody>| {
            let response = axum.call(request);
            async move {
                let Ok(response) = response.await;
                content(response.into_body()).await
            }
        };
        time(
            &mut group,
            "axum",
            start,
            || get(path, AxumBody::empty()),
            answer,
        );

        let warp = quartet_warp::app(api);
        let answer = |request: Request<Empty<Bytes>>| {
            let response = warp.call(request);
            async move {
                let Ok(response) = response.await;
                content(response.into_body()).await
            }
        };
        time(
            &mut group,
            "warp",
            start,
            || get(path, Empty::<Bytes>::new()),
            answer,
        );

        let salvo = quartet_salvo::app(api);
        let answer = |request: Request<ReqBody>| {
            let response = salvo.call(request);
            async move {
                let response = response.await.expect("salvo answers every request");
                content(response.into_body()).await
            }
        };
        time(
            &mut group,
            "salvo",
            start,
            || get(path, ReqBody::None),
            answer,
        );

        let actix = test::init_service(quartet_actix_web::app(api));
        let actix = actix.now_or_never().expect("nothing is waited for");
        let request = || {
            test::TestRequest::get()
                .uri(path)
                .insert_header(("host", HOST))
                .to_request()
        };
        let answer = |request| {
            let response = test::call_service(&actix, request);
            async move {
                let body = to_bytes(response.await.into_body()).await;
                body.unwrap_or_else(|_| unreachable!("a body in memory is read"))
            }
        };
        time(&mut group, "actix-web", start, request, answer);
        group.finish();
    }
    estimates::note("dispatch");
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = dispatch
}
criterion_main!(benches);
