//! The greetings API on salvo.

mod answer;
mod middleware;

use quartet_common::{ALLOW, Api, Health, Lang, Problem, docs};
use salvo::{
    conn::{ConnCtrl, SocketAddr},
    http::{HeaderValue, Method, ReqBody, ResBody, header, uri::Scheme},
    hyper::{self, body::Body, service::Service as HyperService},
    prelude::*,
    routing::PathState,
};

use crate::{
    answer::{Error, render, render_document},
    middleware::{RequireKey, complete},
};

/// The API as a service: the routes, and around them what holds for every request.
pub fn app<B: Body + Into<ReqBody> + Send + Unpin>(
    api: &'static Api,
) -> impl HyperService<
    hyper::Request<B>,
    Response = hyper::Response<ResBody>,
    Error = hyper::Error,
    Future: Send,
> + Clone {
    let service = Service::new(routes(api)).hoop(complete);
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

fn routes(api: &'static Api) -> Router {
    let mut data = Router::new()
        .push(read_only("greetings/{lang}", Item(api)))
        .push(read_only("greetings", List(api)));
    if api.keys.is_some() {
        // What a path allows is no secret.
        let require_key = RequireKey(api);
        data = data.hoop_when(require_key, |req, _| req.method() != Method::OPTIONS);
    }
    Router::new()
        .push(data)
        .push(read_only("docs/{asset}", Asset(api)))
        .push(read_only("docs", Page(api)))
        .push(read_only("openapi.json", OpenApi(api)))
        .push(read_only("healthz", Healthz))
        .push(read_only("readyz", Readyz(api)))
        .push(answering(Router::new(), Root(api)))
}

/// A path that is read.
fn read_only(path: &str, handler: impl Handler) -> Router {
    answering(Router::with_path(path), handler)
}

/// GET and HEAD, of which salvo's method filters take only one each, and OPTIONS.
fn answering(router: Router, handler: impl Handler) -> Router {
    let reads = |req: &mut Request, _: &mut PathState<'_>| {
        matches!(*req.method(), Method::GET | Method::HEAD)
    };
    let read = Router::with_filter_fn(reads).goal(handler);
    router.push(read).options(options)
}

struct List(&'static Api);

#[handler]
impl List {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let greetings = self.0.greetings.list().await?;
        render(req, res, &greetings.etag, Json(greetings.value))
    }
}

// [database]
struct Item(&'static Api);

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
// [/database]

struct Root(&'static Api);

#[handler]
impl Root {
    async fn handle(&self) -> Redirect {
        Redirect::temporary(&self.0.docs.location)
    }
}

struct Page(&'static Api);

#[handler]
impl Page {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let policy = HeaderValue::from_static(docs::PAGE_POLICY);
        res.headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
        render_document(req, res, &self.0.docs.page)
    }
}

struct Asset(&'static Api);

#[handler]
impl Asset {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let name: &str = req.param("asset").unwrap_or_default();
        let document = self.0.docs.asset(name);
        render_document(req, res, document.ok_or_else(Problem::not_found)?)
    }
}

struct OpenApi(&'static Api);

#[handler]
impl OpenApi {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        render_document(req, res, &self.0.docs.openapi)
    }
}

struct Healthz;

#[handler]
impl Healthz {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let health = Health::ok();
        render(req, res, &health.etag, Json(health.value))
    }
}

struct Readyz(&'static Api);

#[handler]
impl Readyz {
    async fn handle(&self, req: &mut Request, res: &mut Response) -> Result<(), Error> {
        let health = self.0.readiness()?;
        render(req, res, &health.etag, Json(health.value))
    }
}

#[handler]
async fn options(res: &mut Response) {
    res.headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(ALLOW));
    res.status_code(StatusCode::NO_CONTENT);
}
