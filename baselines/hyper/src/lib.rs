//! The floor: the contract's data routes on bare hyper, which is what leaving the framework out
//! would save.

mod answer;

use std::{convert::Infallible, future::Future, io, sync::Arc};

use hyper::{
    Request,
    body::Body,
    service::{Service, service_fn},
};
use quartet_common::{Api, Listener, Timeouts};

use crate::answer::{Response, answer, refusal};

/// The API as a service: the routes, and around them what holds for every request.
pub fn app<B: Body + Send + Sync>(
    api: Arc<Api>,
) -> impl Service<Request<B>, Response = Response, Error = Infallible, Future: Send> + Clone {
    let answering = api.clone();
    let service = service_fn(move |request| answer(answering.clone(), request));
    quartet_connection::uphold(service, api, refusal)
}

/// Serves the API from `listeners` until `shutdown`, then drains.
pub async fn run(
    listeners: Vec<Listener>,
    api: Arc<Api>,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let limits = api.limits;
    quartet_connection::serve(listeners, app(api), &limits, &timeouts, shutdown).await
}
