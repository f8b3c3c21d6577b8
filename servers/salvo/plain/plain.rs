//! The two data routes as salvo's README would write them, with nothing of the contract around
//! them: what the contract costs is measured against this.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc};

use clap::Parser;
use salvo::{conn::tcp::TcpAcceptor, prelude::*};
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

fn greetings(depot: &Depot) -> Result<&Greetings, StatusError> {
    depot
        .get_typed()
        .map_err(|_| StatusError::internal_server_error())
}

#[handler]
async fn list(depot: &mut Depot, res: &mut Response) -> Result<(), StatusError> {
    res.render(Json(greetings(depot)?.as_slice()));
    Ok(())
}

#[handler]
async fn item(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), StatusError> {
    let lang: &str = req.param("lang").ok_or_else(StatusError::not_found)?;
    let mut greetings = greetings(depot)?.iter();
    let found = greetings.find(|greeting| greeting.lang == lang);
    res.render(Json(found.ok_or_else(StatusError::not_found)?));
    Ok(())
}

/// For `cargo compare defaults` only.
#[cfg(feature = "fault-injection")]
mod faults {
    use salvo::prelude::handler;

    #[handler]
    pub(super) async fn panic() -> &'static str {
        panic!("a fault was asked for")
    }

    #[handler]
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
    let router = Router::with_path("greetings")
        .hoop(affix_state::inject(Greetings::new(greetings)))
        .get(list)
        .push(Router::with_path("{lang}").get(item));
    #[cfg(feature = "fault-injection")]
    let router = Router::new()
        .push(router)
        .push(Router::with_path("panic").get(faults::panic))
        .push(Router::with_path("slow").get(faults::slow));
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
