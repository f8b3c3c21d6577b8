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

/// Answers in place of a handler that panicked, and adds to every answer what all have.
pub(crate) async fn complete<B>(
    answer: Result<impl Future<Output = Result<ServiceResponse<B>, ActixError>>, Error>,
) -> Result<ServiceResponse<B>, ActixError> {
    // actix-web alone drops the connection (actix/actix-web#1501).
    let answer = AssertUnwindSafe(answer?).catch_unwind().await;
    let mut response = answer
        .map_err(|_| Problem::internal_server_error())
        .map_err(Error::from)??;
    let nosniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    Ok(response)
}

/// Refuses a request whose head is not as it must be: actix-web has limits of its own, none of
/// which can be set, and takes any Host and expectation.
pub(crate) fn check_head(request: &ServiceRequest, limits: &HeadLimits) -> Result<(), Error> {
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
    Ok(head.check(fields, limits)?)
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
