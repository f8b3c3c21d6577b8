//! One expected answer, and whether a response is it.

use serde_json::{Value, json};

use crate::http::Response;
use crate::{Deviation, Verdict, difference, ensure};

/// The methods that every path of the API has.
pub(crate) const ALLOWED: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// An expected answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The statuses that are right.
    pub statuses: &'static [u16],
    /// The content that is right.
    pub content: Content,
    /// Whether `Allow` must name the API's methods.
    pub allow: bool,
    /// Whether content is left out, as for HEAD.
    pub head: bool,
}

/// Expected content.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Anything.
    Any,
    /// None.
    Empty,
    /// `application/json` equal to this value.
    Json(Value),
    /// Something of this media type.
    Typed(&'static str),
    /// A problem (RFC 9457) whose `detail` holds `names`; with `errors`, its first error is about
    /// the path parameter `lang`.
    Problem {
        /// What `detail` must name.
        names: Option<String>,
        /// Whether `errors` must be there.
        errors: bool,
    },
}

impl Answer {
    fn new(statuses: &'static [u16], content: Content) -> Self {
        Self {
            statuses,
            content,
            allow: false,
            head: false,
        }
    }

    pub(super) fn any(statuses: &'static [u16]) -> Self {
        Self::new(statuses, Content::Any)
    }

    pub(super) fn json(value: Value) -> Self {
        Self::new(&[200], Content::Json(value))
    }

    pub(super) fn typed(media_type: &'static str) -> Self {
        Self::new(&[200], Content::Typed(media_type))
    }

    pub(super) fn redirect() -> Self {
        Self::new(&[307, 308], Content::Any)
    }

    pub(super) fn options() -> Self {
        let mut answer = Self::new(&[200, 204], Content::Any);
        answer.allow = true;
        answer
    }

    pub(super) fn method_not_allowed() -> Self {
        let mut answer = Self::problem(&[405]);
        answer.allow = true;
        answer
    }

    /// What a conditional request gets whose client has the representation.
    pub fn not_modified() -> Self {
        Self::new(&[304], Content::Empty)
    }

    /// A problem with one of these statuses.
    pub fn problem(statuses: &'static [u16]) -> Self {
        Self::new(
            statuses,
            Content::Problem {
                names: None,
                errors: false,
            },
        )
    }

    pub(super) fn unprocessable() -> Self {
        Self::new(
            &[422],
            Content::Problem {
                names: None,
                errors: true,
            },
        )
    }

    pub(super) fn naming(mut self, name: &str) -> Self {
        if let Content::Problem { names, .. } = &mut self.content {
            *names = Some(name.to_owned());
        }
        self
    }

    pub(super) fn without_content(mut self, head: bool) -> Self {
        self.head = head;
        self
    }

    /// Whether `response` is this answer.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&self, response: &Response) -> Result<Verdict, Deviation> {
        ensure!(
            self.statuses.contains(&response.status),
            "the status is {}, not {}",
            response.status,
            one_of(self.statuses)
        );
        if self.allow {
            check_allow(response)?;
        }
        if self.head {
            ensure!(response.body.is_empty(), "a response to HEAD has content");
            return Ok(Verdict::Conforms);
        }
        match &self.content {
            Content::Any => {}
            Content::Empty => ensure!(response.body.is_empty(), "there is content"),
            Content::Typed(media_type) => check_type(response, media_type)?,
            Content::Json(value) => {
                check_type(response, "application/json")?;
                let got = response.json()?;
                ensure!(
                    got == *value,
                    "the content differs: {}",
                    difference::of_json(&got, value)
                );
            }
            Content::Problem { names, errors } => {
                check_problem(response)?;
                let problem = response.json()?;
                if let Some(name) = names {
                    let detail = problem["detail"].as_str().unwrap_or_default();
                    ensure!(
                        detail.contains(name),
                        "`detail` is {detail:?} and does not name {name:?}"
                    );
                }
                if *errors {
                    check_errors(&problem)?;
                }
            }
        }
        Ok(Verdict::Conforms)
    }
}

/// Whether `Allow` names the API's methods, in any order (RFC 9110 §10.2.1).
fn check_allow(response: &Response) -> Result<(), Deviation> {
    let mut allowed = response.list("allow");
    allowed.sort_unstable();
    ensure!(
        allowed == ALLOWED,
        "`Allow` names {allowed:?}, not {ALLOWED:?}"
    );
    Ok(())
}

/// Whether the content has this media type; a charset, if any, must be UTF-8.
///
/// # Errors
/// A deviation that names the type given.
pub(crate) fn check_type(response: &Response, media_type: &str) -> Result<(), Deviation> {
    let given = response.header("content-type").unwrap_or_default();
    ensure!(
        response.media_type().as_deref() == Some(media_type),
        "`Content-Type` is {given:?}, not {media_type}"
    );
    for parameter in given.split(';').skip(1) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        ensure!(
            !name.trim().eq_ignore_ascii_case("charset")
                || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"),
            "`Content-Type` is {given:?}, whose charset is not UTF-8"
        );
    }
    Ok(())
}

/// Whether the content is a problem with type, title, status and detail, whose status is that of
/// the status line (RFC 9457 §3.1).
///
/// # Errors
/// The first thing that is wrong.
pub(crate) fn check_problem(response: &Response) -> Result<(), Deviation> {
    check_type(response, "application/problem+json")?;
    let problem = response.json()?;
    for member in ["type", "title", "detail"] {
        ensure!(
            problem[member].is_string(),
            "the problem's `{member}` is {}, not a string",
            problem[member]
        );
    }
    ensure!(
        problem["status"] == json!(response.status),
        "the problem's `status` is {}, the status line has {}",
        problem["status"],
        response.status
    );
    Ok(())
}

/// Whether `errors` says that the path parameter `lang` is wrong, as FastAPI does.
fn check_errors(problem: &Value) -> Result<(), Deviation> {
    let error = &problem["errors"][0];
    ensure!(
        error["loc"] == json!(["path", "lang"]),
        "`errors[0].loc` is {}, not [\"path\",\"lang\"]",
        error["loc"]
    );
    for member in ["msg", "type"] {
        ensure!(
            error[member].is_string(),
            "`errors[0].{member}` is {}, not a string",
            error[member]
        );
    }
    Ok(())
}

fn one_of(statuses: &[u16]) -> String {
    let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
    statuses.join(" or ")
}
