//! The two data routes as axum's README would write them, with nothing of the contract around
//! them: what the contract costs is measured against this.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use clap::Parser;
use serde::Serialize;
use socket2::SockRef;
use tokio::net::TcpListener;

#[derive(Parser)]
struct Options {
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    #[arg(long, default_value_t = 1)]
    workers: usize,
}

#[derive(Serialize)]
struct Greeting {
    lang: String,
    text: String,
}

type Greetings = Arc<Vec<Greeting>>;

async fn list(State(greetings): State<Greetings>) -> Response {
    Json(greetings.as_slice()).into_response()
}

async fn item(
    State(greetings): State<Greetings>,
    Path(lang): Path<String>,
) -> Result<Response, StatusCode> {
    let found = greetings.iter().find(|greeting| greeting.lang == lang);
    let greeting = found.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(greeting).into_response())
}

/// For `cargo compare defaults` only.
#[cfg(feature = "fault-injection")]
mod faults {
    pub(super) async fn panic() -> &'static str {
        panic!("a fault was asked for")
    }

    pub(super) async fn slow() -> &'static str {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        "slow"
    }
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let data: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../greetings.json"))?;
    let greetings = data
        .into_iter()
        .map(|(lang, text)| Greeting { lang, text })
        .collect();
    let app = Router::new()
        .route("/greetings", get(list))
        .route("/greetings/{lang}", get(item))
        .with_state(Greetings::new(greetings));
    #[cfg(feature = "fault-injection")]
    let app = app
        .route("/panic", get(faults::panic))
        .route("/slow", get(faults::slow));
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
