//! The two data routes as warp's README would write them, with nothing of the contract around
//! them: what the contract costs is measured against this.

use std::{collections::BTreeMap, convert::Infallible, io, net::SocketAddr, sync::Arc};

use clap::Parser;
use serde::Serialize;
use socket2::SockRef;
use tokio::net::TcpListener;
use warp::{Filter, Rejection, Reply, reply};

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

fn with(greetings: Greetings) -> impl Filter<Extract = (Greetings,), Error = Infallible> + Clone {
    warp::any().map(move || greetings.clone())
}

async fn list(greetings: Greetings) -> Result<impl Reply, Rejection> {
    Ok(reply::json(&*greetings))
}

async fn item(lang: String, greetings: Greetings) -> Result<impl Reply, Rejection> {
    let found = greetings.iter().find(|greeting| greeting.lang == lang);
    found.map(reply::json).ok_or_else(warp::reject::not_found)
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
    let greetings = Greetings::new(greetings);
    let list = warp::path!("greetings")
        .and(warp::get())
        .and(with(greetings.clone()))
        .and_then(list);
    let item = warp::path!("greetings" / String)
        .and(warp::get())
        .and(with(greetings))
        .and_then(item);
    let routes = list.or(item);
    #[cfg(feature = "fault-injection")]
    let routes = routes
        .or(warp::path!("panic").then(faults::panic))
        .or(warp::path!("slow").then(faults::slow));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.workers)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await?;
        // As the contract servers have it: Linux hands it on to every connection.
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        println!("listening on http://{}", listener.local_addr()?);
        warp::serve(routes).incoming(listener).run().await;
        Ok(())
    })
}
