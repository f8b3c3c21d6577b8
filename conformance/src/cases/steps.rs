//! Steps that cases of several areas share.

use std::time::Duration;

use crate::http::{Connection, Request, Response};
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

/// Whether what GET of this path sends is the same twice: content that is of the moment says nothing
/// about how it was asked for.
///
/// # Errors
/// A deviation if there is no answer.
pub(super) fn is_stable(context: &Context, path: &str) -> Result<bool, Deviation> {
    Ok(ask(context, Request::get(path))?.body == ask(context, Request::get(path))?.body)
}

/// Method and target, as deviations name a request.
pub(super) fn name(request: &Request) -> String {
    let target = String::from_utf8_lossy(&request.target);
    format!("{} {target}", request.method)
}

/// A request as deviations name it: with its fields.
pub(super) fn in_full(request: &Request) -> String {
    let fields = request.headers.iter().map(|(field, value)| {
        let value = String::from_utf8_lossy(value);
        format!("{field}: {value}")
    });
    let fields: Vec<String> = fields.collect();
    match fields.is_empty() {
        true => name(request),
        false => format!("{} with {}", name(request), fields.join(" and ")),
    }
}

/// Whether `given` has other content than `expected`, the answer to the `plain` request, though that still
/// gets the same: content that is of the moment says nothing.
///
/// # Errors
/// A deviation if there is no answer.
pub(super) fn is_other(
    context: &Context,
    plain: &Request,
    expected: &Response,
    given: &Response,
) -> Result<bool, Deviation> {
    Ok(given.body != expected.body && ask(context, plain.clone())?.body == expected.body)
}

/// Whether a 206 has what its Content-Range says of `whole`, within the octets from `first` to before `end`.
/// A server may send fewer than were requested (RFC 9110 §15.3.7).
pub(super) fn is_part(part: &Response, whole: &[u8], first: usize, end: usize) -> bool {
    let stated = part.header("content-range").and_then(|stated| {
        let (range, of) = stated.strip_prefix("bytes ")?.split_once('/')?;
        let (from, last) = range.split_once('-')?;
        Some((from.parse().ok()?, last.parse().ok()?, of))
    });
    let Some((from, last, of)) = stated else {
        return false;
    };
    let is_of_it = of == "*" || of == whole.len().to_string();
    let is_within = first <= from && from <= last && last < end;
    is_of_it && is_within && whole.get(from..=last) == Some(part.body.as_slice())
}

/// The path of a greeting that is there.
pub(super) fn item(context: &Context) -> String {
    format!("/greetings/{}", context.model().present())
}

/// The path of a greeting that is not there.
pub(super) fn absent(context: &Context) -> String {
    format!("/greetings/{}", context.model().absent())
}

/// A DELETE that nothing is lost by: of the list, which is read-only here; of another API of a path that
/// is not there.
pub(super) fn harmless_delete(context: &Context) -> Request {
    let path = match context.is_the_api() {
        true => "/greetings".to_owned(),
        false => absent(context),
    };
    Request::new("DELETE", path)
}

/// Every path of the API, of the assets none.
pub(super) fn known_paths(context: &Context) -> [String; 7] {
    let item = item(context);
    [
        "/",
        "/greetings",
        &item,
        "/docs",
        "/openapi.json",
        "/healthz",
        "/readyz",
    ]
    .map(str::to_owned)
}

/// The paths of the API that are there. That one is not is for other cases to say.
///
/// # Errors
/// A deviation if there is no answer.
pub(super) fn paths_there(context: &Context) -> Result<Vec<String>, Deviation> {
    let mut there = Vec::new();
    for path in known_paths(context) {
        if ask(context, Request::get(path.as_str()))?.status != 404 {
            there.push(path);
        }
    }
    Ok(there)
}

/// How many requests are sent on one connection before another takes its place: what is received
/// on one is bounded, and so is the evidence of it.
const ON_ONE_CONNECTION: u32 = 100;

/// A connection that is kept for one request after the other, as far as the server keeps it.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    context: &'a Context,
    connection: Option<Connection>,
    /// How many requests have been sent on it.
    sent: u32,
}

impl<'a> Kept<'a> {
    /// None yet: the first request opens it.
    pub(crate) fn new(context: &'a Context) -> Self {
        Self {
            context,
            connection: None,
            sent: 0,
        }
    }

    /// The view of the server that it belongs to.
    pub(crate) fn context(&self) -> &'a Context {
        self.context
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// A deviation if there is no answer.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Response, Deviation> {
        let request = self.context.prepare(request);
        let bytes = request.to_bytes();
        if self.sent >= ON_ONE_CONNECTION {
            self.connection = None;
        }
        let before = self.connection.take();
        let was_used = before.is_some();
        let mut connection = self.or_new(before)?;
        let mut result = connection.exchange(&request.method, &bytes);
        // A server may close a connection between two requests at any time (RFC 9112 §9.5).
        if was_used && matches!(&result, Err(broken) if broken.is_closed()) {
            connection = self.or_new(None)?;
            result = connection.exchange(&request.method, &bytes);
        }
        let response = result?;
        self.sent += 1;
        let closes = |option: &&str| option.eq_ignore_ascii_case("close");
        if !response.list("connection").iter().any(closes) {
            self.connection = Some(connection);
        }
        Ok(response)
    }

    fn or_new(&mut self, connection: Option<Connection>) -> Result<Connection, Deviation> {
        if let Some(connection) = connection {
            return Ok(connection);
        }
        self.sent = 0;
        self.context.connect()
    }
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
