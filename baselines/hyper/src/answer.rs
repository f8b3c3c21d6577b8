use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode, Version,
    header::{self, HeaderName, HeaderValue},
};
use quartet_common::{
    ALLOW, Api, EntityTag, HeadLimits, JSON, Lang, PROBLEM_JSON, Problem, RequestHead, not_modified,
};
use serde::Serialize;

type Response = hyper::Response<Full<Bytes>>;

/// The answer to one request.
pub async fn answer<B>(api: Arc<Api>, request: Request<B>) -> Result<Response, Infallible> {
    let mut response = match route(&api, &request).await {
        Ok(response) => response,
        Err(problem) => refusal(&problem),
    };
    let nosniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    Ok(response)
}

async fn route<B>(api: &Api, request: &Request<B>) -> Result<Response, Problem> {
    check_head(request, &api.limits)?;
    let lang = match request.uri().path() {
        "/greetings" => None,
        // About the server as a whole (RFC 9110 §9.3.7).
        "*" if request.method() == Method::OPTIONS => return Ok(options()),
        path => match path.strip_prefix("/greetings/") {
            Some(segment) if !segment.is_empty() && !segment.contains('/') => Some(segment),
            _ => return Err(Problem::not_found()),
        },
    };
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return Ok(options()),
        _ => return Err(Problem::method_not_allowed()),
    }
    if let Some(keys) = &api.keys {
        let credentials = request.headers().get(header::AUTHORIZATION);
        keys.authorize(credentials.map(HeaderValue::as_bytes))?;
    }
    if let Some(segment) = lang {
        let lang = Lang::from_path_segment(segment)?;
        let greeting = api.greetings.get(&lang).await?;
        representation(request, &greeting.etag, &greeting.value)
    } else {
        let greetings = api.greetings.list().await?;
        representation(request, &greetings.etag, &greetings.value)
    }
}

/// hyper takes a request with any Host, or none (hyperium/hyper#3777).
fn check_head<B>(request: &Request<B>, limits: &HeadLimits) -> Result<(), Problem> {
    let target = request.uri().path_and_query();
    let head = RequestHead {
        method: request.method().as_str(),
        target_len: target.map_or(0, |target| target.as_str().len()),
        is_http11: request.version() >= Version::HTTP_11,
    };
    let fields = request.headers().iter();
    let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
    head.check(fields, limits)
}

/// The representation, 304 if the client has it, or the problem that it is not the one that the
/// client expects.
fn representation<B>(
    request: &Request<B>,
    etag: &EntityTag,
    value: &impl Serialize,
) -> Result<Response, Problem> {
    let lines = |name| {
        let lines = request.headers().get_all(name).iter();
        lines.map(HeaderValue::as_bytes)
    };
    let is_known = not_modified(lines(header::IF_MATCH), lines(header::IF_NONE_MATCH), etag)?;
    let mut response = if is_known {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        json(StatusCode::OK, JSON, value)
    };
    let etag = HeaderValue::from_bytes(etag.as_bytes()).expect("an entity tag is visible ASCII");
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

fn options() -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    let allow = HeaderValue::from_static(ALLOW);
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

fn refusal(problem: &Problem) -> Response {
    let status =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, PROBLEM_JSON, problem);
    if let Some((name, value)) = problem.header_field() {
        let value = HeaderValue::from_static(value);
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    response
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

fn json(status: StatusCode, content_type: &'static str, value: &impl Serialize) -> Response {
    let content = serde_json::to_vec(value).expect("strings and numbers always serialise");
    let mut response = Response::new(Full::from(content));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}
