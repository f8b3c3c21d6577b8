//! What happens around the handlers.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error as ActixError,
    dev::{ResponseHead, ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{ConnectionType, Version, header},
};
use futures_util::FutureExt as _;
use quartet_common::{HeadLimits, Problem, RequestHead};

use crate::answer::Error;

/// Answers in place of a handler that panicked, and adds to every answer what all have. `closes` says
/// that the connection ends with it.
pub(crate) async fn complete<B>(
    answer: Result<impl Future<Output = Result<ServiceResponse<B>, ActixError>>, ActixError>,
    closes: bool,
) -> Result<ServiceResponse<B>, ActixError> {
    let answer = match answer {
        // actix-web alone drops the connection (actix/actix-web#1501).
        Ok(answer) => AssertUnwindSafe(answer).catch_unwind().await,
        Err(refusal) => Ok(Err(refusal)),
    };
    let failure = |_| Err(Error::from(Problem::internal_server_error()).into());
    match answer.unwrap_or_else(failure) {
        Ok(mut response) => {
            complete_head(response.response_mut().head_mut(), closes);
            Ok(response)
        }
        // It would become an answer outside of this.
        Err(error) => {
            let mut response = error.error_response();
            complete_head(response.head_mut(), closes);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

fn complete_head(head: &mut ResponseHead, closes: bool) {
    let nosniff = const { header::HeaderValue::from_static("nosniff") };
    head.headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    if closes {
        head.set_connection_type(ConnectionType::Close);
    }
}

/// Refuses a request whose head is not as it must be: actix-web has limits of its own, none of
/// which can be set, and takes any Host and expectation.
pub(crate) fn check_head(request: &ServiceRequest, limits: &HeadLimits) -> Result<(), ActixError> {
    let target = request.uri().path_and_query();
    let head = RequestHead {
        method: request.method().as_str(),
        target_len: target.map_or(0, |target| target.as_str().len()),
        is_http11: request.version() >= Version::HTTP_11,
    };
    let fields = request.headers().iter();
    let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
    Ok(head.check(fields, limits).map_err(Error::from)?)
}
