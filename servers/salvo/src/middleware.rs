//! What happens around the handlers.

use quartet_common::{Api, Problem};
use salvo::{
    http::{HeaderValue, Method, header},
    prelude::*,
};

use crate::answer::Error;

/// Completes what a handler, or none, has rendered.
#[handler]
pub(crate) async fn complete(
    req: &mut Request,
    depot: &mut Depot,
    res: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    ctrl.call_next(req, depot, res).await;
    explain_status(res);
    if req.method() == Method::HEAD
        && res.status_code != Some(StatusCode::NOT_MODIFIED)
        && let Some(length) = res.body.size()
    {
        // salvo drops the content before hyper can count it.
        res.headers_mut()
            .insert(header::CONTENT_LENGTH, length.into());
    }
}

/// Gives a bare status its content. salvo's place for that is a `Catcher`, which it does not call
/// for HEAD.
fn explain_status(res: &mut Response) {
    if !(res.body.is_none() || res.body.is_error()) {
        return;
    }
    let problem = match res.status_code {
        Some(StatusCode::NOT_FOUND) => Problem::not_found(),
        Some(StatusCode::METHOD_NOT_ALLOWED) => Problem::method_not_allowed(),
        Some(status) if status.is_server_error() => Problem::internal_server_error(),
        _ => return,
    };
    res.render(Error(problem));
}

/// Lets only requests with a known API key read.
pub(crate) struct RequireKey(pub(crate) &'static Api);

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
