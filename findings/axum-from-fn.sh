#!/usr/bin/env bash
# A hundred middlewares of axum's from_fn cost far more than ten times as much as ten.
#
# Versions: axum 0.8.9, tower 0.5.2, tokio 1 (one thread)
# Date:     2026-11-29
# Expected: A middleware that passes the request on costs the same, however many others there are. A hundred then take
#           ten times as long as ten.
# Happens:  Ten add 7.6 µs to a request, and a hundred 583 µs: 77 times as much. For each request the service of `from_fn`
#           clones the service that it wraps, with all that is in it.
# Matters:  Stacks of small middlewares, one for each concern and some for each nested router, are what axum's
#           documentation leads to. Their cost is not the sum of each alone.
#
# Exit status: 0 as described, 1 if it behaves otherwise, 2 if there is no cargo.
set -euo pipefail

command -v cargo >/dev/null || { echo 'cargo is not installed' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export CARGO_TARGET_DIR=$work/target
cargo init --quiet --vcs none --name many
cat >>Cargo.toml <<MANIFEST
axum = { version = "=0.8.9", default-features = false }
tokio = { version = "1", features = ["rt"] }
tower = { version = "=0.5.2", features = ["util"] }
MANIFEST
cat >src/main.rs <<'PROGRAM'
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum::Router;
use tower::ServiceExt;

async fn pass(request: Request, next: Next) -> Response {
    next.run(request).await
}

fn app(middlewares: usize) -> Router {
    let mut route = get(async || "hello");
    for _ in 0..middlewares {
        route = route.layer(from_fn(pass));
    }
    Router::new().route("/", route)
}

/// Microseconds of a request: the median of eleven rounds.
async fn cost(app: &Router, requests: u32) -> f64 {
    let mut rounds = Vec::new();
    for _ in 0..11 {
        let begun = Instant::now();
        for _ in 0..requests {
            let request = Request::get("/").body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 200);
        }
        rounds.push(begun.elapsed().as_secs_f64() * 1e6 / f64::from(requests));
    }
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let none = cost(&app(0), 20_000).await;
        let ten = cost(&app(10), 5_000).await - none;
        let hundred = cost(&app(100), 300).await - none;
        println!("ten add {ten:.1} µs, a hundred add {hundred:.1} µs: {:.0} times as much", hundred / ten);
        std::process::exit(i32::from(hundred / ten < 20.0));
    });
}
PROGRAM
cargo run --quiet --release
