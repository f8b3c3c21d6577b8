//! Deployed behind a reverse proxy that strips a path prefix: nginx, started for the case.

pub(super) mod bare;
pub(super) mod credentials;
pub(super) mod options;
pub(super) mod prefix;
pub(super) mod trust;
pub(super) mod upstream;

use crate::cases::steps::ask;
use crate::http::{Request, Response};
use crate::tools::{Bare, Host, Nginx};
use crate::{Context, Deviation, Need, ensure};

const CONTRACT: &str = "the contract";
const PROXY: &[Need] = &[Need::Proxy];

/// The path that the proxy strips, as a content server gives one to each thing it serves.
const PREFIX: &str = "/content/42";

/// Puts nginx before the server; the view is of the server through it, while it runs.
fn behind(context: &Context, prefix: &str, host: Host) -> Result<(Nginx, Context), Deviation> {
    front(context, prefix, host, Bare::Redirected)
}

/// The same, with an nginx that may pass the prefix on where its slash is missing.
fn front(
    context: &Context,
    prefix: &str,
    host: Host,
    bare: Bare,
) -> Result<(Nginx, Context), Deviation> {
    let nginx = Nginx::start(context.base(), context.address()?, prefix, host, bare)
        .map_err(|error| context.obstructed(error))?;
    let view = context.seen_at(nginx.base().clone());
    Ok((nginx, view))
}

/// Whether GET of each path is answered as without these field lines: the same status, the same
/// `Location` and the same content.
fn change_nothing(
    context: &Context,
    paths: &[String],
    fields: &[(&str, &str)],
) -> Result<(), Deviation> {
    for path in paths {
        let plain = ask(context, Request::get(path.as_str()))?;
        for (name, value) in fields {
            let request = Request::get(path.as_str()).header(*name, *value);
            let response = ask(context, request)?;
            let named = |what: String| Deviation(format!("GET {path} with {name}: {what}"));
            is_same(&response, &plain).map_err(|why| named(why.0))?;
        }
    }
    Ok(())
}

fn is_same(response: &Response, plain: &Response) -> Result<(), Deviation> {
    ensure!(
        response.status == plain.status,
        "the status is {}, but {} without it",
        response.status,
        plain.status
    );
    let locations = (response.header("location"), plain.header("location"));
    ensure!(
        locations.0 == locations.1,
        "Location is {:?}, but {:?} without it",
        locations.0,
        locations.1
    );
    ensure!(response.body == plain.body, "the content differs");
    Ok(())
}
