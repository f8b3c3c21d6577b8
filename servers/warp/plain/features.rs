//! What features of warp cost is measured with this: wrapped filters, routes, the JSON filter and a
//! handler that waits, each as warp's documentation has it. For `cargo compare features`.

use std::{
    collections::BTreeMap,
    convert::{Infallible, identity},
    io,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use serde::{Deserialize, Serialize};
use socket2::SockRef;
use tokio::{net::TcpListener, time::sleep};
use warp::{
    Filter, Rejection, Reply, body, filters::BoxedFilter, path, reply, reply::Response, wrap_fn,
};

#[derive(Parser)]
struct Options {
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// Wrappers around the route of one greeting.
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

/// What is as long as the options say can have no type for each length.
type Route = BoxedFilter<(Response,)>;

fn with(greetings: Greetings) -> impl Filter<Extract = (Greetings,), Error = Infallible> + Clone {
    warp::any().map(move || greetings.clone())
}

async fn item(lang: String, greetings: Greetings) -> Result<Response, Rejection> {
    let found = greetings.iter().find(|greeting| greeting.lang == lang);
    let found = found.ok_or_else(warp::reject::not_found)?;
    Ok(reply::json(found).into_response())
}

fn pass(route: Route) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    route.map(identity)
}

fn length(content: impl AsRef<[u8]>) -> String {
    content.as_ref().len().to_string()
}

async fn wait() -> &'static str {
    sleep(Duration::from_millis(100)).await;
    "waited"
}

fn further(number: usize) -> Route {
    path("further")
        .and(path(number.to_string()))
        .and(path::end())
        .and(warp::get())
        .map(|| "further".into_response())
        .boxed()
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let data: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../greetings.json"))?;
    let greetings = data
        .into_iter()
        .map(|(lang, text)| Greeting { lang, text })
        .collect();
    let mut item = path!("greetings" / String)
        .and(warp::get())
        .and(with(Greetings::new(greetings)))
        .and_then(item)
        .boxed();
    for _ in 0..options.middleware {
        item = item.with(wrap_fn(pass)).boxed();
    }
    let routes = (0..options.routes).map(further).chain([item]);
    let routes = routes.reduce(|before, route| before.or(route).unify().boxed());
    let bytes = path!("bytes")
        .and(warp::post())
        .and(body::bytes())
        .map(length);
    let json = path!("json")
        .and(warp::post())
        .and(body::json())
        .map(|greetings: Vec<Greeting>| greetings.len().to_string());
    let wait = path!("wait").and(warp::get()).then(wait);
    let routes = routes.expect("there is that of one greeting");
    let routes = routes.or(bytes).or(json).or(wait);
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
