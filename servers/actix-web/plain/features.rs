//! What features of actix-web cost is measured with this: middleware, routes, the JSON extractor and a
//! handler that waits, each as actix-web's documentation has it. For `cargo compare features`.

use std::{collections::BTreeMap, io, net::SocketAddr, time::Duration};

use actix_web::{
    App, Error, HttpResponse, HttpServer, Responder, Result,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::ErrorNotFound,
    middleware::{Next, from_fn},
    rt::time::sleep,
    web::{self, Bytes, Data, Json, Path},
};
use clap::Parser;
use serde::{Deserialize, Serialize};

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

async fn item(greetings: Data<Vec<Greeting>>, lang: Path<String>) -> Result<impl Responder> {
    let found = greetings.iter().find(|greeting| greeting.lang == *lang);
    let greeting = found.ok_or_else(|| ErrorNotFound("no such language"))?;
    Ok(HttpResponse::Ok().json(greeting))
}

async fn pass(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    next.call(request).await
}

async fn bytes(content: Bytes) -> String {
    content.len().to_string()
}

async fn json(greetings: Json<Vec<Greeting>>) -> String {
    greetings.len().to_string()
}

async fn wait() -> &'static str {
    sleep(Duration::from_millis(100)).await;
    "waited"
}

async fn further() -> &'static str {
    "further"
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
        let mut app = App::new().app_data(greetings.clone());
        for number in 0..options.routes {
            app = app.route(&format!("/further/{number}"), web::get().to(further));
        }
        let mut route = web::get().to(item);
        for _ in 0..options.middleware {
            route = route.wrap(from_fn(pass));
        }
        app.route("/greetings/{lang}", route)
            .route("/bytes", web::post().to(bytes))
            .route("/json", web::post().to(json))
            .route("/wait", web::get().to(wait))
    })
    .workers(options.workers)
    .tcp_nodelay(true)
    .bind(options.listen)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    server.run().await
}
