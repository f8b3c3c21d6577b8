//! What happens around the handlers.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::{self, State},
    http::{HeaderValue, Method, Request, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::{
    FutureExt as _,
    future::{Either, Ready, ready},
};
use quartet_common::{Api, HeadLimits, Problem, RequestHead};
use tower::{Layer, Service, layer::layer_fn};

use crate::answer::Error;

/// Refuses a head that is too large or has no valid Host, which hyper takes (hyperium/hyper#3777).
#[derive(Clone)]
pub(crate) struct CheckHead<S> {
    inner: S,
    limits: HeadLimits,
}

impl<S> CheckHead<S> {
    /// A layer that refuses what is beyond `limits`.
    pub(crate) fn layer(limits: HeadLimits) -> impl Layer<S, Service = Self> + Clone {
        layer_fn(move |inner| Self { inner, limits })
    }
}

impl<S: Service<Request<B>, Response = Response>, B> Service<Request<B>> for CheckHead<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let target = request.uri().path_and_query();
        let head = RequestHead {
            method: request.method().as_str(),
            target_len: target.map_or(0, |target| target.as_str().len()),
            is_http11: request.version() >= Version::HTTP_11,
        };
        let fields = request.headers().iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
        match head.check(fields, &self.limits) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(problem) => Either::Right(ready(Ok(Error(problem).into_response()))),
        }
    }
}

/// Lets only requests with a known API key read. What a path allows is no secret.
pub(crate) async fn require_key(
    State(api): State<Arc<Api>>,
    request: extract::Request,
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

/// Completes every answer, and answers in place of a handler that panicked. tower-http has layers for
/// both, of which `CatchPanic` boxes each answer's body once more.
pub(crate) fn complete(
    answer: impl Future<Output = Result<Response, Infallible>>,
) -> impl Future<Output = Result<Response, Infallible>> {
    // axum alone drops the connection (tokio-rs/axum#728).
    AssertUnwindSafe(answer).catch_unwind().map(|caught| {
        let Ok(mut response) =
            caught.unwrap_or_else(|_| Ok(Error(Problem::internal_server_error()).into_response()));
        let nosniff = HeaderValue::from_static("nosniff");
        response
            .headers_mut()
            .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
        Ok(response)
    })
}
