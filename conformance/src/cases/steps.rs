//! Steps that cases of several areas share.

use std::time::Duration;

use crate::http::{Request, Response};
use crate::{Context, Deviation, Verdict, ensure};

/// How long octets that do not belong to an answer may take to come, unless the server closes the
/// connection first.
const AFTERTHOUGHT: Duration = Duration::from_secs(1);

/// Sends a request on a connection of its own and reads the answer, which nothing may follow: the
/// content of an answer that must have none would.
///
/// # Errors
/// A deviation that names the request.
pub(super) fn ask(context: &Context, request: Request) -> Result<Response, Deviation> {
    let name = name(&request);
    let mut request = context.prepare(request);
    if !request.has("connection") {
        request = request.header("Connection", "close");
    }
    let mut connection = context.connect()?;
    let response = connection
        .exchange(&request.method, &request.to_bytes())
        .map_err(|broken| Deviation(format!("{name}: {broken}")))?;
    let (extra, _) = connection.rest(AFTERTHOUGHT);
    ensure!(
        extra.is_empty(),
        "{name}: {} octets follow the answer, a {}",
        extra.len(),
        response.status
    );
    Ok(response)
}

/// The answer to GET of what is there.
///
/// # Errors
/// A deviation if it is not 200.
pub(super) fn get_whole(context: &Context, path: &str) -> Result<Response, Deviation> {
    let whole = ask(context, Request::get(path))?;
    ensure!(
        whole.status == 200,
        "GET {path} is {}, not 200",
        whole.status
    );
    Ok(whole)
}

/// Method and target, as deviations name a request.
pub(super) fn name(request: &Request) -> String {
    let target = String::from_utf8_lossy(&request.target);
    format!("{} {target}", request.method)
}

/// The path of a greeting that is there.
pub(super) fn item(context: &Context) -> String {
    format!("/greetings/{}", context.model().present())
}

/// The path of a greeting that is not there.
pub(super) fn absent(context: &Context) -> String {
    format!("/greetings/{}", context.model().absent())
}

/// Every path of the API, of the assets none.
pub(super) fn known_paths(context: &Context) -> [String; 6] {
    let item = item(context);
    [
        "/",
        "/greetings",
        &item,
        "/docs",
        "/openapi.json",
        "/healthz",
    ]
    .map(str::to_owned)
}

/// Legal answers that are not the contract's.
#[derive(Debug, Default)]
pub(super) struct Differences(Vec<String>);

impl Differences {
    /// Adds one, unless it is there.
    pub(super) fn note(&mut self, difference: impl Into<String>) {
        let difference = difference.into();
        if !self.0.contains(&difference) {
            self.0.push(difference);
        }
    }

    /// The verdict, where there are no deviations.
    pub(super) fn verdict(self) -> Verdict {
        if self.0.is_empty() {
            Verdict::Conforms
        } else {
            Verdict::Differs(self.0.join("; "))
        }
    }
}
