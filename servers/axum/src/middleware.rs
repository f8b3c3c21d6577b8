//! What happens around the handlers.

use std::{any::Any, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use quartet_common::{Api, Problem, RequestHead};

use crate::answer::Error;

/// Refuses a head that is too large or has no valid Host, which hyper takes (hyperium/hyper#3777),
/// and marks every answer as what its Content-Type says.
pub(crate) async fn check_head(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Response {
    let head = RequestHead {
        method: request.method().as_str(),
        target_len: request
            .uri()
            .path_and_query()
            .map_or(0, |target| target.as_str().len()),
        is_http11: request.version() >= Version::HTTP_11,
    };
    let fields = request.headers().iter();
    let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
    let mut response = match head.check(fields, &api.limits) {
        Ok(()) => next.run(request).await,
        Err(problem) => Error(problem).into_response(),
    };
    let nosniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// Lets only requests with a known API key read. What a path allows is no secret.
pub(crate) async fn require_key(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    if let Some(keys) = &api.keys
        && matches!(*request.method(), Method::GET | Method::HEAD)
    {
        let credentials = request.headers().get(header::AUTHORIZATION);
        keys.authorize(credentials.map(HeaderValue::as_bytes))?;
    }
    Ok(next.run(request).await)
}

/// The answer to a request whose handler panicked; axum alone drops the connection
/// (tokio-rs/axum#728).
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Error(Problem::internal_server_error()).into_response()
}
