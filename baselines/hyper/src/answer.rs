//! What bare hyper answers: routes, representations and problems. Which heads are refused is not known here.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use quartet_common::{ALLOW, Api, EntityTag, JSON, Lang, PROBLEM_JSON, Problem};
use quartet_connection::{etag, not_modified};
use serde::Serialize;

pub(crate) type Response = hyper::Response<Full<Bytes>>;

/// The answer to one request.
pub(crate) async fn answer<B>(
    api: &'static Api,
    request: Request<B>,
) -> Result<Response, Infallible> {
    let answer = route(api, &request).await;
    Ok(answer.unwrap_or_else(refusal))
}

async fn route<B>(api: &Api, request: &Request<B>) -> Result<Response, Problem> {
    let lang = match request.uri().path() {
        "/greetings" => None,
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

/// The representation, 304 if the client has it, or the problem that it is not the one that the
/// client expects.
fn representation<B>(
    request: &Request<B>,
    tag: &EntityTag,
    value: &impl Serialize,
) -> Result<Response, Problem> {
    let mut response = if not_modified(request.headers(), tag)? {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        json(StatusCode::OK, JSON, value)
    };
    response.headers_mut().insert(header::ETAG, etag(tag));
    Ok(response)
}

fn options() -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    let allow = HeaderValue::from_static(ALLOW);
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

pub(crate) fn refusal(problem: Problem) -> Response {
    let status =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, PROBLEM_JSON, &problem);
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
