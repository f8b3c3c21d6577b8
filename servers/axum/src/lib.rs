//! The greetings API on axum.

mod answer;
mod middleware;

use std::convert::Infallible;

use axum::{
    BoxError, Json, Router,
    body::{Bytes, HttpBody},
    extract::{Path, Request, State, rejection::PathRejection},
    handler::Handler,
    http::{self, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use hyper::service::{Service, service_fn};
use quartet_common::{ALLOW, Api, Health, Lang, Problem, docs};
use tower::Service as _;

use crate::answer::{Error, conditional, document};

/// The API as a service: the routes, and around them what holds for every request.
pub fn app<B>(
    api: &'static Api,
) -> impl Service<http::Request<B>, Response = Response, Error = Infallible, Future: Send> + Clone
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let routes = routes(api);
    // A router is always ready, and need not be asked.
    let service = service_fn(move |request| routes.clone().call(request));
    quartet_connection::uphold(service, api, |problem| Error(problem).into_response())
}

fn routes(api: &'static Api) -> Router {
    let mut data = Router::new()
        .route("/greetings", read_only(list))
        .route("/greetings/{lang}", read_only(item));
    if api.keys.is_some() {
        data = data.layer(from_fn_with_state(api, middleware::require_key));
    }
    data.route("/", read_only(root))
        .route("/docs", read_only(page))
        .route("/docs/{asset}", read_only(asset))
        .route("/openapi.json", read_only(openapi))
        .route("/healthz", read_only(health))
        .route("/readyz", read_only(readiness))
        .method_not_allowed_fallback(async || Error(Problem::method_not_allowed()))
        .fallback(async || Error(Problem::not_found()))
        .with_state(api)
}

/// GET, which axum lets answer HEAD too, and OPTIONS.
fn read_only<T: 'static>(handler: impl Handler<T, &'static Api>) -> MethodRouter<&'static Api> {
    get(handler).options(options)
}

async fn list(State(api): State<&'static Api>, request: Request) -> Result<Response, Error> {
    let greetings = api.greetings.list().await?;
    conditional(&request, &greetings.etag, Json(greetings.value))
}

// [database]
async fn item(
    State(api): State<&'static Api>,
    lang: Result<Path<Lang>, PathRejection>,
    request: Request,
) -> Result<Response, Error> {
    let Path(lang) = lang.map_err(|_| Problem::malformed_lang())?;
    let greeting = api.greetings.get(&lang).await?;
    conditional(&request, &greeting.etag, Json(greeting.value))
}
// [/database]

async fn root(State(api): State<&'static Api>) -> impl IntoResponse {
    let location = [(header::LOCATION, api.docs.location.clone())];
    (StatusCode::TEMPORARY_REDIRECT, location)
}

async fn page(State(api): State<&'static Api>, request: Request) -> impl IntoResponse {
    let policy = [(header::CONTENT_SECURITY_POLICY, docs::PAGE_POLICY)];
    (policy, document(&request, &api.docs.page))
}

async fn asset(
    State(api): State<&'static Api>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let asset = api.docs.asset(&name).ok_or_else(Problem::not_found)?;
    document(&request, asset)
}

async fn openapi(State(api): State<&'static Api>, request: Request) -> Result<Response, Error> {
    document(&request, &api.docs.openapi)
}

async fn health(request: Request) -> Result<Response, Error> {
    let health = Health::ok();
    conditional(&request, &health.etag, Json(health.value))
}

async fn readiness(State(api): State<&'static Api>, request: Request) -> Result<Response, Error> {
    let health = api.readiness()?;
    conditional(&request, &health.etag, Json(health.value))
}

async fn options() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOW)])
}
