//! What the contract says of every request and answer, around any hyper service. No route is known here.

use std::{
    error::Error,
    future::{Future, ready},
    panic::AssertUnwindSafe,
    time::Duration,
};

use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use hyper::{
    Method, Request, Response, StatusCode, Version,
    body::{Body, Buf},
    header::{ALLOW, CONNECTION, EXPECT, HeaderValue, X_CONTENT_TYPE_OPTIONS},
    service::{Service, service_fn},
};
use quartet_common::{Api, HeadLimits, Problem, RequestHead};
use tokio::time::timeout;

/// `service` with what the contract says of every request and answer, which neither hyper nor the
/// frameworks do:
///
/// - a head that is too large, or has no valid Host, is refused before it is routed;
/// - a path with an empty segment is none;
/// - `OPTIONS *` is answered;
/// - a handler that panics is answered for. tower-http has a layer for that, `CatchPanic`, which boxes
///   each answer's body once more;
/// - content, which the API has no use for, is read before the answer;
/// - answers are not to be sniffed, and say `close` where content is left unread, and once the server has been told
///   to end.
///
/// `refuse` makes the answer that says a problem.
pub fn uphold<S, R, B>(
    service: S,
    api: &'static Api,
    refuse: fn(Problem) -> Response<B>,
) -> impl Service<Request<R>, Response = Response<B>, Error = S::Error, Future: Send> + Clone
where
    S: Service<Request<R>, Response = Response<B>, Future: Send> + Clone + Send,
    S::Error: Into<Box<dyn Error + Send + Sync>> + Send,
    R: Body + Send + Unpin,
    B: Body + Default + Send,
{
    service_fn(move |mut request: Request<R>| {
        let is_ending = api.ending.has_begun();
        if request.body().is_end_stream() {
            return answer(&service, request, api, refuse, is_ending).left_future();
        }
        let service = service.clone();
        let answer = async move {
            let is_read = discard_content(&mut request).await;
            answer(&service, request, api, refuse, is_ending || !is_read).await
        };
        answer.right_future()
    })
}

/// The answer to a request, which ends the connection if it `closes`.
fn answer<S, R, B>(
    service: &S,
    request: Request<R>,
    api: &'static Api,
    refuse: fn(Problem) -> Response<B>,
    closes: bool,
) -> impl Future<Output = Result<Response<B>, S::Error>> + use<S, R, B>
where
    S: Service<Request<R>, Response = Response<B>>,
    B: Default,
{
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
        if closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    })
}

/// How much content is read, and how long it may take. Without both, a client could hold a connection.
const MAX_CONTENT: usize = 64 * 1024;
const CONTENT_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads a request's content to its end, if that is near; whether it was. hyper alone closes a connection whose content is
/// not read, without saying so, and a proxy may lose the answer (hyperium/hyper#3944).
async fn discard_content<R: Body + Unpin>(request: &mut Request<R>) -> bool {
    // Reading would invite what a client waits to send.
    if request.headers().contains_key(EXPECT) {
        return false;
    }
    let content = request.body_mut();
    let read = async {
        let mut length = 0;
        while length <= MAX_CONTENT {
            match content.frame().await {
                Some(Ok(frame)) => length += frame.data_ref().map_or(0, Buf::remaining),
                Some(Err(_)) => return false,
                None => return true,
            }
        }
        false
    };
    timeout(CONTENT_TIMEOUT, read).await.unwrap_or(false)
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
