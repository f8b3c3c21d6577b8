//! The greetings API on salvo.

mod acceptor;
mod answer;
mod middleware;

use std::{future::Future, io, net::TcpListener, sync::Arc};

use quartet_common::{Api, Health, Lang, Problem, Timeouts, docs};
use salvo::{
    http::{HeaderValue, Method, header},
    prelude::*,
};

use crate::{
    acceptor::ClosingAcceptor,
    answer::{Allowed, Error, api, render, render_document},
    middleware::{require_key, uphold_contract},
};

/// The API as a service.
pub fn app(api: Arc<Api>) -> Service {
    // salvo's method filters are exact: HEAD is a route of its own.
    let mut data = Router::new()
        .push(
            Router::with_path("greetings/{lang}")
                .get(item)
                .head(item)
                .options(options),
        )
        .push(
            Router::with_path("greetings")
                .get(list)
                .head(list)
                .options(options),
        );
    if api.keys.is_some() {
        // What a path allows is no secret.
        data = data.hoop_when(require_key, |req, _| req.method() != Method::OPTIONS);
    }
    let router = Router::new()
        .push(data)
        .push(
            Router::with_path("docs/{asset}")
                .get(asset)
                .head(asset)
                .options(options),
        )
        .push(
            Router::with_path("docs")
                .get(page)
                .head(page)
                .options(options),
        )
        .push(
            Router::with_path("openapi.json")
                .get(openapi)
                .head(openapi)
                .options(options),
        )
        .push(
            Router::with_path("healthz")
                .get(healthz)
                .head(healthz)
                .options(options),
        )
        .get(root)
        .head(root)
        .options(options);
    Service::new(router)
        .hoop(affix_state::inject(api))
        .hoop(uphold_contract)
        .hoop(CatchPanic::new())
}

/// Serves the API from `listener` until `shutdown`, then drains.
pub async fn run(
    listener: TcpListener,
    api: Arc<Api>,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let buffer_size = api.limits.buffer_size().max(MIN_BUFFER_SIZE);
    let (acceptor, closed) = ClosingAcceptor::new(listener, timeouts, shutdown)?;
    // The acceptor's own deadlines stand in for the fuse and for hyper's header timeout.
    let mut server = Server::new(acceptor).disable_fuse();
    server
        .http1_mut()
        .max_buf_size(buffer_size)
        .header_read_timeout(None);
    let handle = server.handle();
    tokio::spawn(async move {
        closed.notified().await;
        handle.stop_graceful(timeouts.drain);
    });
    server.try_serve(app(api)).await
}

/// The least that hyper takes as `max_buf_size`.
const MIN_BUFFER_SIZE: usize = 8192;

#[handler]
async fn list(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), Error> {
    let greetings = api(depot)?.greetings.list().await?;
    render(req, res, &greetings.etag, Json(greetings.value))
}

#[handler]
async fn item(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), Error> {
    let lang: Lang = req
        .try_param("lang")
        .map_err(|_| Problem::malformed_lang())?;
    let greeting = api(depot)?.greetings.get(&lang).await?;
    render(req, res, &greeting.etag, Json(greeting.value))
}

#[handler]
async fn root(depot: &mut Depot) -> Result<Redirect, Error> {
    Ok(Redirect::temporary(&api(depot)?.docs.location))
}

#[handler]
async fn page(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), Error> {
    let policy = HeaderValue::from_static(docs::CONTENT_SECURITY_POLICY);
    res.headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    render_document(req, res, &api(depot)?.docs.page)
}

#[handler]
async fn asset(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), Error> {
    let name: &str = req.param("asset").unwrap_or_default();
    let document = api(depot)?.docs.asset(name);
    render_document(req, res, document.ok_or_else(Problem::not_found)?)
}

#[handler]
async fn openapi(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), Error> {
    render_document(req, res, &api(depot)?.docs.openapi)
}

#[handler]
async fn healthz() -> Json<Health> {
    Json(Health::OK)
}

#[handler]
async fn options() -> Allowed {
    Allowed
}
