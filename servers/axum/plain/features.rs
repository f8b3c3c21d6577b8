//! What features of axum cost is measured with this: middleware, routes, the JSON extractor and a
//! handler that waits, each as axum's documentation has it. For `cargo compare features`.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use clap::Parser;
use serde::{Deserialize, Serialize};
use socket2::SockRef;
use tokio::{net::TcpListener, time::sleep};

#[derive(Parser)]
struct Options {
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// Middleware around the route of one greeting.
    #[arg(long, env, default_value_t = 0)]
    middleware: usize,
    /// Further routes, before that of one greeting.
    #[arg(long, env, default_value_t = 0)]
    routes: usize,
}

#[derive(Serialize, Deserialize)]
struct Greeting {
    lang: String,
    text: String,
}

type Greetings = Arc<Vec<Greeting>>;

async fn item(
    State(greetings): State<Greetings>,
    Path(lang): Path<String>,
) -> Result<Response, StatusCode> {
    let found = greetings.iter().find(|greeting| greeting.lang == lang);
    let greeting = found.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(greeting).into_response())
}

async fn pass(request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn bytes(content: Bytes) -> String {
    content.len().to_string()
}

async fn json(Json(greetings): Json<Vec<Greeting>>) -> String {
    greetings.len().to_string()
}

async fn wait() -> &'static str {
    sleep(Duration::from_millis(100)).await;
    "waited"
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let data: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../greetings.json"))?;
    let greetings = data
        .into_iter()
        .map(|(lang, text)| Greeting { lang, text })
        .collect();
    let mut router = Router::new();
    for number in 0..options.routes {
        router = router.route(&format!("/further/{number}"), get(|| async { "further" }));
    }
    let mut route = get(item);
    for _ in 0..options.middleware {
        route = route.layer(from_fn(pass));
    }
    let app = router
        .route("/greetings/{lang}", route)
        .route("/bytes", post(bytes))
        .route("/json", post(json))
        .route("/wait", get(wait))
        .with_state(Greetings::new(greetings));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.workers)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await?;
        // As the contract servers have it: Linux hands it on to every connection.
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        println!("listening on http://{}", listener.local_addr()?);
        axum::serve(listener, app).await
    })
}
