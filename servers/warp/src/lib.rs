//! The greetings API on warp.

mod answer;
mod filters;

use std::convert::Infallible;

use quartet_common::{Api, Health, Problem, docs};
use tower::{BoxError, Service as _};
use warp::{
    Filter, Reply,
    http::{Request, StatusCode, header},
    hyper::{
        body::Body,
        service::{Service, service_fn},
    },
    reply::{self, Response},
};

use crate::{
    answer::{Error, Preconditions, conditional, document},
    filters::{LangSegment, note_preconditions},
};

/// The API as a service: the filters, and around them what holds for every request.
pub fn app<B: Body<Error: Into<BoxError>> + Send + Sync + Unpin + 'static>(
    api: &'static Api,
) -> impl Service<Request<B>, Response = Response, Error = Infallible, Future: Send> + Clone {
    let filters = warp::service(routes(api));
    // Filters are always ready, and need not be asked.
    let service = service_fn(move |request| filters.clone().call(note_preconditions(request)));
    quartet_connection::uphold(service, api, |problem| Error(problem).into_response())
}

fn routes(api: &'static Api) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let authorized = filters::authorized(api);
    // After each path: where no filter takes a request, "method not allowed" outranks "not found"
    // (seanmonstar/warp#77).
    let read = filters::read_only()
        .and(warp::any().map(move || api))
        .and(filters::preconditions());
    let to_list = warp::path!("greetings").and(read);
    let to_item = warp::path!("greetings" / LangSegment).and(read);
    let data = match authorized {
        None => to_list.then(list).or(to_item.then(item)).boxed(),
        Some(authorized) => {
            let list = to_list.and(authorized.clone()).then(list);
            list.or(to_item.and(authorized).then(item)).boxed()
        }
    };
    let root = warp::path::end().and(read).map(root);
    let page = warp::path!("docs").and(read).map(page);
    let asset = warp::path!("docs" / String).and(read).map(asset);
    let openapi = warp::path!("openapi.json").and(read).map(openapi);
    let health = warp::path!("healthz").and(read).map(health);
    let ready = warp::path!("readyz").and(read).map(readiness);
    // Boxed, so that a request for data does not carry every other route's state along.
    let others = root.or(page).or(asset).or(openapi).or(health).or(ready);
    data.or(others.boxed()).recover(answer::rejected)
}

async fn list(api: &'static Api, fields: Preconditions) -> Result<impl Reply, Error> {
    let greetings = api.greetings.list().await?;
    conditional(fields, &greetings.etag, || reply::json(&greetings.value))
}

// [database]
async fn item(
    LangSegment(lang): LangSegment,
    api: &'static Api,
    fields: Preconditions,
) -> Result<impl Reply, Error> {
    let lang = lang.map_err(Problem::from)?;
    let greeting = api.greetings.get(&lang).await?;
    conditional(fields, &greeting.etag, || reply::json(&greeting.value))
}
// [/database]

fn root(api: &'static Api, _: Preconditions) -> impl Reply {
    // `warp::redirect` takes a `Uri`, which cannot be relative.
    let location = api.docs.location.as_str();
    let redirect = reply::with_header(StatusCode::TEMPORARY_REDIRECT, header::LOCATION, location);
    // hyper would state the length to GET only (hyperium/hyper#2835).
    reply::with_header(redirect, header::CONTENT_LENGTH, 0)
}

fn page(api: &'static Api, fields: Preconditions) -> impl Reply {
    reply::with_header(
        document(fields, &api.docs.page),
        header::CONTENT_SECURITY_POLICY,
        docs::PAGE_POLICY,
    )
}

fn asset(name: String, api: &'static Api, fields: Preconditions) -> Result<impl Reply, Error> {
    let asset = api.docs.asset(&name).ok_or_else(Problem::not_found)?;
    document(fields, asset)
}

fn health(_: &'static Api, fields: Preconditions) -> Result<impl Reply, Error> {
    let health = Health::ok();
    conditional(fields, &health.etag, || reply::json(&health.value))
}

fn readiness(api: &'static Api, fields: Preconditions) -> Result<impl Reply, Error> {
    let health = api.readiness()?;
    conditional(fields, &health.etag, || reply::json(&health.value))
}

fn openapi(api: &'static Api, fields: Preconditions) -> impl Reply {
    document(fields, &api.docs.openapi)
}
