//! Requests for everything that there is, for cases about what holds everywhere.

use super::docs::page;
use super::steps::{absent, ask, harmless_delete, known_paths};
use crate::http::{Request, Response};
use crate::{Context, Deviation};

/// The most greetings that are asked for one by one; of more, these are spread over all.
const MOST_GREETINGS: usize = 40;

/// Content of more octets than this is not asked for again and again: HEAD has its fields.
pub(super) const LARGE: usize = 16 * 1024;

/// A path that is there, with the answer to GET.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) path: String,
    pub(super) whole: Response,
}

impl Resource {
    /// A GET request for it.
    pub(super) fn get(&self) -> Request {
        Request::get(self.path.as_str())
    }

    /// A request for it.
    pub(super) fn request(&self, method: &str) -> Request {
        Request::new(method, self.path.as_str())
    }

    /// Its entity tag, if it has one.
    pub(super) fn tag(&self) -> Option<&str> {
        self.whole.header("etag")
    }
}

/// The paths of the greetings.
pub(super) fn greetings(context: &Context) -> Vec<String> {
    let langs = context.model().greetings();
    let step = langs.len().div_ceil(MOST_GREETINGS).max(1);
    let spread = langs.keys().step_by(step);
    spread.map(|lang| format!("/greetings/{lang}")).collect()
}

/// Every path of the API and of its page's parts that is there: GET is no error. That one is not is
/// for other cases to say.
///
/// # Errors
/// A deviation if there is no answer.
pub(super) fn resources(context: &Context) -> Result<Vec<Resource>, Deviation> {
    let mut paths = known_paths(context).to_vec();
    for path in greetings(context).into_iter().chain(page::parts(context)) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let mut resources = Vec::with_capacity(paths.len());
    for path in paths {
        let whole = ask(context, Request::get(path.as_str()))?;
        if whole.status < 400 {
            resources.push(Resource { path, whole });
        }
    }
    Ok(resources)
}

/// The same, of those that are 200 and have an entity tag.
///
/// # Errors
/// A deviation if there is no answer.
pub(super) fn tagged(context: &Context) -> Result<Vec<Resource>, Deviation> {
    let mut resources = resources(context)?;
    resources.retain(|it| it.whole.status == 200 && it.tag().is_some());
    Ok(resources)
}

/// A request for each kind of answer that is an error of the client's.
pub(super) fn errors(context: &Context) -> Vec<Request> {
    vec![
        Request::get(absent(context)),
        Request::get("/greetings/_"),
        Request::get("/no-such-path"),
        Request::get("/docs/no-such-file"),
        Request::get(format!("{}/x", absent(context))),
        harmless_delete(context),
        Request::new("DELETE", "/no-such-path"),
        Request::get("/greetings").header("If-Match", "\"another\""),
        Request::get("/greetings").header("Expect", "a-miracle"),
        Request::get("/greetings").header("Host", "user@host"),
    ]
}
