//! What happens around the handlers.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error as ActixError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Version,
        header::{self, HeaderValue},
    },
    middleware::Next,
    web,
};
use futures_util::FutureExt as _;
use quartet_common::{Api, HeadLimits, Problem, RequestHead};

use crate::answer::Error;

/// Refuses a head that is larger than the stated limits, of which actix-web can set none, or has
/// a Host or an expectation that it takes.
pub(crate) async fn check_head<B: MessageBody>(
    limits: HeadLimits,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, ActixError> {
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
    head.check(fields, &limits).map_err(Error::from)?;
    next.call(request).await
}

/// Answers when a handler panics; actix-web alone drops the connection (actix/actix-web#1501).
pub(crate) async fn catch_panic<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, ActixError> {
    AssertUnwindSafe(next.call(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::from(Problem::internal_server_error()).into()))
}

/// Lets only requests with a known API key read.
pub(crate) async fn require_key<B: MessageBody>(
    api: web::Data<Api>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, ActixError> {
    if let Some(keys) = &api.keys {
        let credentials = request.headers().get(header::AUTHORIZATION);
        keys.authorize(credentials.map(HeaderValue::as_bytes))
            .map_err(Error::from)?;
    }
    next.call(request).await
}
