//! The floor: the contract's data routes on bare hyper, which is what leaving the framework out
//! would save.

mod answer;

use std::convert::Infallible;

use hyper::{
    Request,
    body::Body,
    service::{Service, service_fn},
};
use quartet_common::Api;

use crate::answer::{Response, answer, refusal};

/// The API as a service: the routes, and around them what holds for every request.
pub fn app<B: Body + Send + Sync + Unpin>(
    api: &'static Api,
) -> impl Service<Request<B>, Response = Response, Error = Infallible, Future: Send> + Clone {
    let service = service_fn(move |request| answer(api, request));
    quartet_connection::uphold(service, api, refusal)
}
