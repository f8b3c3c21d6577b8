//! Filters that warp does not have, of filters that it has.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    str::FromStr,
    sync::Arc,
};

use quartet_common::{Api, Lang, MalformedLang, Problem};
use quartet_connection::has_preconditions;
use warp::{
    Filter, Rejection,
    http::{HeaderValue, Method, Request},
};

use crate::answer::{AsksForOptions, Error, Preconditions};

/// GET and HEAD, of which `warp::get` takes only the first (seanmonstar/warp#882). The answers
/// that have Allow, which warp does not know, are made of the rejections.
pub(crate) fn read_only() -> impl Filter<Extract = (), Error = Rejection> + Copy {
    warp::method()
        .and_then(async |method| match method {
            Method::GET | Method::HEAD => Ok(()),
            Method::OPTIONS => Err(Rejection::from(AsksForOptions)),
            _ => Err(Error(Problem::method_not_allowed()).into()),
        })
        .untuple_one()
}

/// A locale name in the path, percent-decoded, which warp's parameters are not
/// (seanmonstar/warp#242). It is told later that it is malformed, because warp would answer 404.
pub(crate) struct LangSegment(pub(crate) Result<Lang, MalformedLang>);

impl FromStr for LangSegment {
    type Err = Infallible;

    fn from_str(segment: &str) -> Result<Self, Infallible> {
        Ok(Self(Lang::from_path_segment(segment)))
    }
}

/// Keeps a request's fields for [`preconditions`], where it has any, before all filters: `warp::header`
/// sees a field's first line only, and `warp::header::headers_cloned` copies the fields of each request.
pub(crate) fn note_preconditions<B>(mut request: Request<B>) -> Request<B> {
    if has_preconditions(request.headers()) {
        let fields = Arc::new(request.headers().clone());
        request.extensions_mut().insert(fields);
    }
    request
}

/// What [`note_preconditions`] kept.
pub(crate) fn preconditions() -> impl Filter<Extract = (Preconditions,), Error = Infallible> + Copy
{
    warp::ext::optional()
}

/// Lets only requests with a known API key pass; none, where there are no keys.
pub(crate) fn authorized(
    api: &'static Api,
) -> Option<impl Filter<Extract = (), Error = Rejection> + Clone> {
    api.keys.as_ref()?;
    let authorized = warp::header::value("authorization")
        .map(Some)
        .or_else(async |_| Ok::<_, Rejection>((None,)))
        .and_then(move |credentials| authorize(api, credentials))
        .untuple_one();
    Some(authorized)
}

fn authorize(api: &Api, credentials: Option<HeaderValue>) -> Ready<Result<(), Rejection>> {
    let credentials = credentials.as_ref().map(HeaderValue::as_bytes);
    let authorized = api
        .keys
        .iter()
        .try_for_each(|keys| keys.authorize(credentials));
    ready(authorized.map_err(|problem| Error(problem).into()))
}
