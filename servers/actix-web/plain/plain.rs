//! The two data routes as actix-web's README would write them, with nothing of the contract around
//! them: what the contract costs is measured against this.

use std::{collections::BTreeMap, io, net::SocketAddr};

use actix_web::{
    App, HttpResponse, HttpServer, Responder, Result,
    error::ErrorNotFound,
    get,
    web::{Data, Json, Path},
};
use clap::Parser;
use serde::Serialize;

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

#[get("/greetings")]
async fn list(greetings: Data<Vec<Greeting>>) -> impl Responder {
    Json(greetings)
}

#[get("/greetings/{lang}")]
async fn item(greetings: Data<Vec<Greeting>>, lang: Path<String>) -> Result<impl Responder> {
    let found = greetings.iter().find(|greeting| greeting.lang == *lang);
    let greeting = found.ok_or_else(|| ErrorNotFound("no such language"))?;
    Ok(HttpResponse::Ok().json(greeting))
}

/// For `cargo compare defaults` only.
#[cfg(feature = "fault-injection")]
mod faults {
    use actix_web::{Responder, get, rt::time::sleep};

    #[get("/panic")]
    pub(super) async fn panic() -> &'static str {
        panic!("a fault was asked for")
    }

    #[get("/slow")]
    pub(super) async fn slow() -> impl Responder {
        sleep(std::time::Duration::from_secs(1)).await;
        "slow"
    }
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let options = Options::parse();
    let data: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../greetings.json"))?;
    let greetings: Vec<Greeting> = data
        .into_iter()
        .map(|(lang, text)| Greeting { lang, text })
        .collect();
    let greetings = Data::new(greetings);
    let server = HttpServer::new(move || {
        let app = App::new()
            .app_data(greetings.clone())
            .service(list)
            .service(item);
        #[cfg(feature = "fault-injection")]
        let app = app.service(faults::panic).service(faults::slow);
        app
    })
    .workers(options.workers)
    .tcp_nodelay(true)
    .bind(options.listen)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    server.run().await
}
