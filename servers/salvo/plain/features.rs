//! What features of salvo cost is measured with this: middleware, routes, the JSON parser and a
//! handler that waits, each as salvo's documentation has it. For `cargo compare features`.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc, time::Duration};

use clap::Parser;
use salvo::{conn::tcp::TcpAcceptor, http::ParseError, prelude::*};
use serde::{Deserialize, Serialize};
use socket2::SockRef;
use tokio::{net::TcpListener, time::sleep};

/// salvo takes in no more than 64 KiB unless it is told to.
const MOST_BYTES: usize = 1 << 20;

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

#[handler]
async fn item(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), StatusError> {
    let lang: &str = req.param("lang").ok_or_else(StatusError::not_found)?;
    let greetings = depot.get_typed::<Greetings>();
    let greetings = greetings.map_err(|_| StatusError::internal_server_error())?;
    let found = greetings.iter().find(|greeting| greeting.lang == lang);
    res.render(Json(found.ok_or_else(StatusError::not_found)?));
    Ok(())
}

#[handler]
async fn pass(req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
    ctrl.call_next(req, depot, res).await;
}

#[handler]
async fn bytes(req: &mut Request) -> Result<String, ParseError> {
    let content = req.payload_with_max_size(MOST_BYTES).await?;
    Ok(content.len().to_string())
}

#[handler]
async fn json(req: &mut Request) -> Result<String, ParseError> {
    let greetings: Vec<Greeting> = req.parse_json_with_max_size(MOST_BYTES).await?;
    Ok(greetings.len().to_string())
}

#[handler]
async fn wait() -> &'static str {
    sleep(Duration::from_millis(100)).await;
    "waited"
}

#[handler]
async fn further() -> &'static str {
    "further"
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
        router = router.push(Router::with_path(format!("further/{number}")).get(further));
    }
    let mut route =
        Router::with_path("greetings/{lang}").hoop(affix_state::inject(Greetings::new(greetings)));
    for _ in 0..options.middleware {
        route = route.hoop(pass);
    }
    let router = router
        .push(route.get(item))
        .push(Router::with_path("bytes").post(bytes))
        .push(Router::with_path("json").post(json))
        .push(Router::with_path("wait").get(wait));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.workers)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await?;
        // As the contract servers have it: Linux hands it on to every connection.
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        let acceptor = TcpAcceptor::try_from(listener)?;
        println!("listening on http://{}", acceptor.local_addr()?);
        // With salvo's default fuse, which is 30 s for a head: a timer for each request.
        Server::new(acceptor).try_serve(router).await
    })
}
