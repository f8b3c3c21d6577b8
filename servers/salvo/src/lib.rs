//! The greetings API on salvo.

mod answer;
mod middleware;

use std::{future::Future, io, sync::Arc};

use quartet_common::{Api, Health, Lang, Listener, Problem, Timeouts, docs};
use salvo::{
    conn::{ConnCtrl, SocketAddr},
    http::{HeaderValue, Method, ReqBody, ResBody, header, uri::Scheme},
    hyper::{self, body::Body, service::Service as HyperService},
    prelude::*,
};

use crate::{
    answer::{Allowed, Error, render, render_document},
    middleware::{RequireKey, complete},
};

/// The API as a service: the routes, and around them what holds for every request.
pub fn app<B: Body + Into<ReqBody>>(
    api: Arc<Api>,
) -> impl HyperService<
    hyper::Request<B>,
    Response = hyper::Response<ResBody>,
    Error = hyper::Error,
    Future: Send,
> + Clone {
    let service = Service::new(routes(api.clone())).hoop(complete);
    let unknown = SocketAddr::Unknown;
    // What salvo's `Server` makes for each connection: public, but hidden from salvo's documentation, so that another
    // release may change it.
    let handler = service.hyper_handler(
        unknown.clone(),
        unknown,
        Scheme::HTTP,
        None,
        ConnCtrl::new(),
        None,
    );
    quartet_connection::uphold(handler, api, |problem| {
        let mut res = Response::new();
        res.render(Error(problem));
        res.into_hyper()
    })
}

/// Serves the API from `listeners` until `shutdown`, then drains.
///
/// Not by salvo's `Server`: of its connections, nothing learns when a request's head has been read,
/// where the header timeout ends. A `Coupler` would, and none can be written outside of salvo.
pub async fn run(
    listeners: Vec<Listener>,
    api: Arc<Api>,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let limits = api.limits;
    quartet_connection::serve(listeners, app(api), &limits, &timeouts, shutdown).await
}

fn routes(api: Arc<Api>) -> Router {
    let mut data = Router::new()
        .push(read_only("greetings/{lang}", Item(api.clone())))
        .push(read_only("greetings", List(api.clone())));
    if api.keys.is_some() {
        // What a path allows is no secret.
        let require_key = RequireKey(api.clone());
        data = data.hoop_when(require_key, |req, _| req.method() != Method::OPTIONS);
    }
    Router::new()
        .push(data)
        .push(read_only("docs/{asset}", Asset(api.clone())))
        .push(read_only("docs", Page(api.clone())))
        .push(read_only("openapi.json", OpenApi(api.clone())))
        .push(read_only("healthz", Healthz))
        .push(read_only("readyz", Readyz(api.clone())))
        .push(answering(Router::new(), Root(api)))
}

/// A path that is read.
fn read_only(path: &str, handler: impl Handler + Clone) -> Router {
    answering(Router::with_path(path), handler)
}

/// salvo's method filters are exact: HEAD is a route of its own.
fn answering(router: Router, handler: impl Handler + Clone) -> Router {
    router.get(handler.clone()).head(handler).options(options)
}

#[derive(Clone)]
struct List(Arc<Api>);

#[handler]
impl List {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let greetings = self.0.greetings.list().await?;
        render(req, res, &greetings.etag, Json(greetings.value))
    }
}

#[derive(Clone)]
struct Item(Arc<Api>);

#[handler]
impl Item {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let lang: Lang = req
            .try_param("lang")
            .map_err(|_| Problem::malformed_lang())?;
        let greeting = self.0.greetings.get(&lang).await?;
        render(req, res, &greeting.etag, Json(greeting.value))
    }
}

#[derive(Clone)]
struct Root(Arc<Api>);

#[handler]
impl Root {
    async fn handle(&self) -> Redirect {
        Redirect::temporary(&self.0.docs.location)
    }
}

#[derive(Clone)]
struct Page(Arc<Api>);

#[handler]
impl Page {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let policy = HeaderValue::from_static(docs::CONTENT_SECURITY_POLICY);
        res.headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
        render_document(req, res, &self.0.docs.page)
    }
}

#[derive(Clone)]
struct Asset(Arc<Api>);

#[handler]
impl Asset {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let name: &str = req.param("asset").unwrap_or_default();
        let document = self.0.docs.asset(name);
        render_document(req, res, document.ok_or_else(Problem::not_found)?)
    }
}

#[derive(Clone)]
struct OpenApi(Arc<Api>);

#[handler]
impl OpenApi {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        render_document(req, res, &self.0.docs.openapi)
    }
}

#[derive(Clone)]
struct Healthz;

#[handler]
impl Healthz {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let health = Health::ok();
        render(req, res, &health.etag, Json(health.value))
    }
}

#[derive(Clone)]
struct Readyz(Arc<Api>);

#[handler]
impl Readyz {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let health = self.0.readiness()?;
        render(req, res, &health.etag, Json(health.value))
    }
}

#[handler]
async fn options() -> Allowed {
    Allowed
}
