//! What the contract says of every request and answer, around any hyper service. No route is known here.

use std::{error::Error, future::ready, panic::AssertUnwindSafe};

use futures_util::FutureExt as _;
use hyper::{
    Method, Request, Response, StatusCode, Version,
    body::Body,
    header::{ALLOW, CONNECTION, HeaderValue, X_CONTENT_TYPE_OPTIONS},
    service::{Service, service_fn},
};
use quartet_common::{Api, HeadLimits, Problem, RequestHead};

/// `service` with what the contract says of every request and answer, which neither hyper nor the
/// frameworks do:
///
/// - a head that is too large, or has no valid Host, is refused before it is routed;
/// - a path with an empty segment is none;
/// - `OPTIONS *` is answered;
/// - a handler that panics is answered for. tower-http has a layer for that, `CatchPanic`, which boxes
///   each answer's body once more;
/// - answers are not to be sniffed, and say `close` once the server has been told to end.
///
/// `refuse` makes the answer that says a problem.
pub fn uphold<S, R, B>(
    service: S,
    api: &'static Api,
    refuse: fn(Problem) -> Response<B>,
) -> impl Service<Request<R>, Response = Response<B>, Error = S::Error, Future: Send> + Clone
where
    S: Service<Request<R>, Response = Response<B>, Future: Send> + Clone,
    S::Error: Into<Box<dyn Error + Send + Sync>> + Send,
    R: Body,
    B: Body + Default + Send,
{
    service_fn(move |request: Request<R>| {
        let is_ending = api.ending.has_begun();
        let answer = match check_head(&request, &api.limits) {
            // Alone, axum drops the connection (tokio-rs/axum#728),
            // and so does warp (seanmonstar/warp#442).
            Ok(Target::Resource) => AssertUnwindSafe(service.call(request))
                .catch_unwind()
                .left_future(),
            Ok(Target::Server) => ready(Ok(Ok(server_options()))).right_future(),
            Err(problem) => ready(Ok(Ok(refuse(problem)))).right_future(),
        };
        answer.map(move |answer| {
            let mut response =
                answer.unwrap_or_else(|_| Ok(refuse(Problem::internal_server_error())))?;
            let headers = response.headers_mut();
            headers.insert(
                X_CONTENT_TYPE_OPTIONS,
                const { HeaderValue::from_static("nosniff") },
            );
            if is_ending {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        })
    })
}

/// What a request is about.
enum Target {
    Resource,
    /// The server as a whole, of which only OPTIONS can ask (RFC 9110 §9.3.7).
    Server,
}

fn check_head<R>(request: &Request<R>, limits: &HeadLimits) -> Result<Target, Problem> {
    let target = request.uri().path_and_query();
    let head = RequestHead {
        method: request.method().as_str(),
        target_len: target.map_or(0, |target| target.as_str().len()),
        is_http11: request.version() >= Version::HTTP_11,
    };
    let fields = request.headers().iter();
    let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
    // hyper takes requests without a valid Host (hyperium/hyper#3777).
    head.check(fields, limits)?;
    match request.uri().path().as_bytes() {
        b"/" => Ok(Target::Resource),
        b"*" if request.method() == Method::OPTIONS => Ok(Target::Server),
        // The target of CONNECT, which `warp::path::end` takes for the root and on which
        // `warp::path::full` panics (seanmonstar/warp#1166).
        b"" => Err(Problem::not_found()),
        // `warp::path::end` takes a slash at the end for nothing (seanmonstar/warp#584), and salvo's
        // router any empty segment (salvo-rs/salvo#287).
        [.., b'/'] => Err(Problem::not_found()),
        path if path.windows(2).any(|pair| pair == b"//") => Err(Problem::not_found()),
        _ => Ok(Target::Resource),
    }
}

fn server_options<B: Default>() -> Response<B> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let allow = HeaderValue::from_static(quartet_common::ALLOW);
    response.headers_mut().insert(ALLOW, allow);
    response
}
