//! The floor: the contract's data routes on bare hyper, which is what leaving the framework out
//! would save.

mod answer;

use std::{future::Future, io, sync::Arc};

use hyper::service::service_fn;
use quartet_common::{Api, Listener, Timeouts};

pub use crate::answer::answer;

/// Serves the API from `listeners` until `shutdown`, then drains.
pub async fn run(
    listeners: Vec<Listener>,
    api: Arc<Api>,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let answering = api.clone();
    let service = service_fn(move |request| answer(answering.clone(), request));
    quartet_connection::serve(listeners, service, api, &timeouts, shutdown).await
}
