//! What happens around the filters.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    task::{Context, Poll},
};

use futures_util::{
    FutureExt as _,
    future::{Either, Ready, ready},
};
use quartet_common::{HeadLimits, Problem, RequestHead};
use tower::{Layer, Service, layer::layer_fn};
use warp::{
    Reply,
    http::{HeaderValue, Request, Version, header},
    reply::Response,
};

use crate::answer::{Error, Preconditions};

/// Refuses what hyper lets through, a head that is too large or has no valid Host
/// (hyperium/hyper#3777), and what filters let through: as tower middleware, because no filter sees a
/// whole request (seanmonstar/warp#139).
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

    fn check<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        let target = request.uri().path_and_query();
        let head = RequestHead {
            method: request.method().as_str(),
            target_len: target.map_or(0, |target| target.as_str().len()),
            is_http11: request.version() >= Version::HTTP_11,
        };
        let fields = request.headers().iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
        head.check(fields, &self.limits)?;
        match request.uri().path() {
            "/" => Ok(()),
            // The target of CONNECT, which `warp::path::end` takes for the root and on which
            // `warp::path::full` panics (seanmonstar/warp#1166).
            "" => Err(Problem::not_found()),
            // `warp::path::end` takes a trailing slash for nothing (seanmonstar/warp#584).
            path if path.ends_with('/') => Err(Problem::not_found()),
            _ => Ok(()),
        }
    }
}

impl<S, B> Service<Request<B>> for CheckHead<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, Ready<Result<Response, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Err(problem) = self.check(&request) {
            return Either::Right(ready(Ok(Error(problem).into_response())));
        }
        // Of the header filters, those for one field see its first line only, and
        // `headers_cloned` copies every field.
        let lines = |name| request.headers().get_all(name).iter().cloned().collect();
        let preconditions = Preconditions {
            if_match: lines(header::IF_MATCH),
            if_none_match: lines(header::IF_NONE_MATCH),
        };
        if !preconditions.are_none() {
            request.extensions_mut().insert(preconditions);
        }
        Either::Left(self.inner.call(request))
    }
}

/// Completes every answer, and answers in place of a handler that panicked. tower-http has layers for
/// both, of which `CatchPanic` boxes each answer's body once more.
pub(crate) fn complete(
    answer: impl Future<Output = Result<Response, Infallible>>,
) -> impl Future<Output = Result<Response, Infallible>> {
    // warp alone drops the connection (seanmonstar/warp#442).
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
