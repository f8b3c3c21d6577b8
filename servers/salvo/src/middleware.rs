//! What happens around the handlers.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use quartet_common::{Api, HeadLimits, Problem, RequestHead};
use salvo::{
    http::{HeaderValue, Method, Version, header},
    prelude::*,
};

use crate::answer::{Allowed, Error};

/// Refuses a request whose head is not as it must be, completes every answer, and answers in place
/// of a handler that panicked. salvo's own `CatchPanic` would be one more hoop, which boxes a future
/// for each request.
pub(crate) struct UpholdContract(pub(crate) HeadLimits);

#[handler]
impl UpholdContract {
    async fn handle(
        &self,
        req: &mut Request,
        depot: &mut Depot,
        res: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        match check_head(req, &self.0) {
            Ok(()) => {
                let next = AssertUnwindSafe(ctrl.call_next(req, depot, res));
                if next.catch_unwind().await.is_err() {
                    res.render(StatusError::internal_server_error());
                }
            }
            Err(error) => {
                res.render(error);
                ctrl.skip_rest();
            }
        }
        explain_status(req, res);
        if req.method() == Method::HEAD
            && res.status_code != Some(StatusCode::NOT_MODIFIED)
            && let Some(length) = res.body.size()
        {
            // salvo drops the content before hyper can count it.
            res.headers_mut()
                .insert(header::CONTENT_LENGTH, length.into());
        }
        let nosniff = HeaderValue::from_static("nosniff");
        res.headers_mut()
            .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    }
}

/// hyper takes requests without a valid Host (hyperium/hyper#3777).
fn check_head(req: &Request, limits: &HeadLimits) -> Result<(), Error> {
    let head = RequestHead {
        method: req.method().as_str(),
        target_len: req
            .uri()
            .path_and_query()
            .map_or(0, |target| target.as_str().len()),
        is_http11: req.version() >= Version::HTTP_11,
    };
    let fields = req.headers().iter();
    let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
    head.check(fields, limits)?;
    let path = req.uri().path();
    // salvo's router overlooks empty segments (salvo-rs/salvo#287).
    if path.contains("//") || (path.len() > 1 && path.ends_with('/')) {
        return Err(Problem::not_found().into());
    }
    Ok(())
}

/// Gives a bare status its content. salvo's place for that is a `Catcher`, which it does not call
/// for HEAD.
fn explain_status(req: &Request, res: &mut Response) {
    if !(res.body.is_none() || res.body.is_error()) {
        return;
    }
    let problem = match res.status_code {
        // `OPTIONS *` asks about the server as a whole (RFC 9110 §9.3.7).
        Some(StatusCode::NOT_FOUND)
            if req.method() == Method::OPTIONS && req.uri().path() == "*" =>
        {
            return res.render(Allowed);
        }
        Some(StatusCode::NOT_FOUND) => Problem::not_found(),
        Some(StatusCode::METHOD_NOT_ALLOWED) => Problem::method_not_allowed(),
        Some(status) if status.is_server_error() => Problem::internal_server_error(),
        _ => return,
    };
    res.render(Error(problem));
}

/// Lets only requests with a known API key read.
pub(crate) struct RequireKey(pub(crate) Arc<Api>);

#[handler]
impl RequireKey {
    async fn handle(&self, req: &mut Request) -> Result<(), Error> {
        if let Some(keys) = &self.0.keys {
            let credentials = req.headers().get(header::AUTHORIZATION);
            keys.authorize(credentials.map(HeaderValue::as_bytes))?;
        }
        Ok(())
    }
}
