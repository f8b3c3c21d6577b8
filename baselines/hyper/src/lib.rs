//! The floor: the contract's data routes on bare hyper, which is what leaving the framework out
//! would save.

mod answer;

use std::{future::Future, io, net::TcpListener, sync::Arc};

use hyper::service::service_fn;
use quartet_common::{Api, Timeouts};

pub use crate::answer::answer;

/// Serves the API from `listener` until `shutdown`, then drains.
pub async fn run(
    listener: TcpListener,
    api: Arc<Api>,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let limits = api.limits;
    let service = service_fn(move |request| answer(api.clone(), request));
    quartet_connection::serve(listener, service, &limits, &timeouts, shutdown).await
}
