//! What happens before the handlers.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use quartet_common::Api;

use crate::answer::Error;

/// Lets only requests with a known API key read. What a path allows is no secret.
pub(crate) async fn require_key(
    State(api): State<&'static Api>,
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
