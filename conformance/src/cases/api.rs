//! Another API than this: the paths that `--path` names, and the operations of the document that
//! `--openapi` names. Nothing is sent that a document says has an effect.

pub(super) mod conditions;
pub(super) mod documented;
pub(super) mod methods;

use crate::cases::steps::ask;
use crate::http::{Request, Response};
use crate::operations::Resource;
use crate::{Context, Deviation, Outcome, Verdict};

/// What a resource came to: whether there was anything to decide.
type Met = Result<bool, Deviation>;

/// Holds every resource to something, or says that there is nothing to hold to it.
fn each(context: &Context, nothing: &str, check: impl Fn(&Resource) -> Met) -> Outcome {
    let mut met_one = false;
    for resource in context.resources() {
        met_one |= check(resource)?;
    }
    Ok(match met_one {
        true => Verdict::Conforms,
        false => Verdict::NotApplicable(nothing.to_owned()),
    })
}

/// The answer to GET.
fn get(context: &Context, resource: &Resource) -> Result<Response, Deviation> {
    ask(context, Request::get(resource.path.as_str()))
}

/// The same where it is 200: a representation.
fn representation(context: &Context, resource: &Resource) -> Result<Option<Response>, Deviation> {
    Ok(Some(get(context, resource)?).filter(|answer| answer.status == 200))
}

/// What [`each`] says where there are only errors.
const NO_REPRESENTATION: &str = "no GET is 200";
