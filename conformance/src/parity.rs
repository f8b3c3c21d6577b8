//! What changes for a client that moves from one server to others: the same requests to all of
//! them, and every difference between the answers, as a page.
//!
//! Unlike the cases it does not judge: the server moved from is right by definition.

mod document;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::{Request, Response};
use crate::{Context, Deviation, Scale, Target};

/// How long all answers of one server may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The most of an answer's content that is shown, in characters.
const SHOWN: usize = 240;

/// Where servers have their OpenAPI document.
const DOCUMENT: &str = "/openapi.json";

/// Fields that say nothing of the API, or follow from the content.
const LEFT_OUT: [&str; 4] = ["date", "connection", "content-length", "transfer-encoding"];

/// A request that clients send, or might.
struct Asked {
    what: &'static str,
    method: &'static str,
    path: &'static str,
    field: Option<(&'static str, &'static str)>,
}

const fn asked(what: &'static str, method: &'static str, path: &'static str) -> Asked {
    Asked {
        what,
        method,
        path,
        field: None,
    }
}

impl Asked {
    const fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.field = Some((name, value));
        self
    }

    fn request(&self) -> Request {
        let request = Request::new(self.method, self.path);
        match self.field {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }

    fn title(&self) -> String {
        let field = self.field.map(|(name, value)| format!(", {name}: {value}"));
        format!("{} {}{}", self.method, self.path, field.unwrap_or_default())
    }
}

/// What every server is asked.
const ASKED: &[Asked] = &[
    asked("the list", "GET", "/greetings"),
    asked("a greeting", "GET", "/greetings/en"),
    asked("a greeting in another script", "GET", "/greetings/zh"),
    asked("a percent-encoded lang", "GET", "/greetings/%65n"),
    asked(
        "an unknown query parameter",
        "GET",
        "/greetings/en?lang=zh&q=1",
    ),
    asked("a lang in another case", "GET", "/greetings/EN"),
    asked("a lang without a greeting", "GET", "/greetings/tlh"),
    asked("a malformed lang", "GET", "/greetings/e%20n"),
    asked("a lang with an encoded slash", "GET", "/greetings/en%2Fx"),
    asked("a segment too many", "GET", "/greetings/en/x"),
    asked("a slash after the list", "GET", "/greetings/"),
    asked("a slash after a greeting", "GET", "/greetings/en/"),
    asked("HEAD of the list", "HEAD", "/greetings"),
    asked("HEAD of a greeting", "HEAD", "/greetings/en"),
    asked("OPTIONS", "OPTIONS", "/greetings/en"),
    asked(
        "a method that the path does not support",
        "POST",
        "/greetings",
    ),
    asked("another unsupported method", "DELETE", "/greetings/en"),
    asked("a path that does not exist", "GET", "/no-such-path"),
    asked(
        "a path that does not exist, with another method",
        "POST",
        "/no-such-path",
    ),
    asked("a precondition", "GET", "/greetings/en").with("If-None-Match", "*"),
    asked("a range", "GET", "/greetings/en").with("Range", "bytes=0-3"),
    asked("another media type in Accept", "GET", "/greetings/en").with("Accept", "text/html"),
    asked("another origin", "GET", "/greetings/en").with("Origin", "https://example.org"),
    asked("the root", "GET", "/"),
    asked("the documentation", "GET", "/docs"),
    asked("the documentation in ReDoc", "GET", "/redoc"),
    asked("the OpenAPI document", "GET", DOCUMENT),
    asked("the health check", "GET", "/healthz"),
];

/// The answers of one server.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The server.
    pub name: String,
    /// The version of the framework it is built on, if that is known.
    pub version: Option<String>,
    answers: Vec<Answer>,
    document: Value,
}

/// What is the same in many answers: by aspect, the original's value and the others'.
type Shared = BTreeMap<String, (Option<String>, Option<String>)>;

/// Aspects of an answer by name, `status` and `content` among them, in the order they are shown.
type Answer = Vec<(String, String)>;

impl Answers {
    /// Asks a server everything.
    ///
    /// # Errors
    /// If one request has no answer, or there is no document.
    pub fn of(target: &Target, version: Option<String>) -> Result<Self, Deviation> {
        let deadline = Instant::now() + LIMIT;
        let context = Context::new(Arc::new(target.clone()), deadline, 0, Scale::default());
        let ask = |asked: &Asked| {
            let response = context.send(asked.request());
            let response = response
                .map_err(|why| Deviation(format!("{}: {}: {why}", target.name, asked.title())))?;
            Ok(aspects(asked, &response, &target.base.authority()))
        };
        let answers: Vec<Answer> = ASKED.iter().map(ask).collect::<Result<_, Deviation>>()?;
        let document = context.get(DOCUMENT)?.json()?;
        Ok(Self {
            name: target.name.clone(),
            version,
            answers,
            document,
        })
    }

    fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }
}

fn aspects(asked: &Asked, response: &Response, authority: &str) -> Answer {
    let mut aspects = vec![("status".to_owned(), response.status.to_string())];
    let names: BTreeSet<String> = response
        .headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .filter(|name| !LEFT_OUT.contains(&name.as_str()))
        .collect();
    for name in names {
        let mut value = response.values(&name).join(", ");
        match name.as_str() {
            // An opaque value, of which only the form matters.
            "etag" => value = "an entity tag".to_owned(),
            // Of JSON it says nothing: there is no such parameter (RFC 8259 §11).
            "content-type" => {
                let is_json = value.starts_with("application/json;");
                value = match response.media_type() {
                    Some(media_type) if is_json => media_type,
                    _ => value,
                };
            }
            _ => {}
        }
        aspects.push((name, value.replace(authority, "HOST")));
    }
    aspects.push(("content".to_owned(), content(asked, response)));
    aspects
}

fn content(asked: &Asked, response: &Response) -> String {
    let media_type = response.media_type().unwrap_or_default();
    if asked.path == DOCUMENT && response.status == 200 {
        return "see below".to_owned();
    }
    if media_type == "text/html" {
        return "a page".to_owned();
    }
    // The same value in other octets is the same to a client.
    let text = match response.json() {
        Ok(value) => value.to_string(),
        Err(_) => String::from_utf8_lossy(&response.body).into_owned(),
    };
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn read<'a>(answer: &'a Answer, aspect: &str) -> Option<&'a str> {
    let found = answer.iter().find(|(name, _)| name == aspect);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// The page, in Markdown: what `original`'s clients find otherwise at `others`.
pub fn page(original: &Answers, others: &[Answers]) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = write_page(&mut page, original, others);
    page
}

fn write_page(
    out: &mut String,
    original: &Answers,
    others: &[Answers],
) -> Result<(), std::fmt::Error> {
    let names: Vec<String> = others.iter().map(Answers::title).collect();
    writeln!(
        out,
        "Compared: {} with {}. Each got the same {} requests.\n",
        original.title(),
        names.join(", "),
        ASKED.len()
    )?;
    let is_200 = |index: &usize| {
        let all = others.iter().chain([original]);
        all.into_iter()
            .all(|server| read(&server.answers[*index], "status") == Some("200"))
    };
    let everywhere = shared(original, others, 0..ASKED.len());
    let mut on_200 = shared(original, others, (0..ASKED.len()).filter(is_200));
    on_200.retain(|aspect, _| !everywhere.contains_key(aspect));
    for (title, shared) in [
        ("Every response", &everywhere),
        ("Every response that is 200 on all servers", &on_200),
    ] {
        if shared.is_empty() {
            continue;
        }
        writeln!(out, "## {title}\n")?;
        write_head(out, original, "")?;
        for (aspect, (before, after)) in shared {
            let (before, after) = (cell(before.as_deref()), cell(after.as_deref()));
            writeln!(out, "| {aspect} | {before} | {after} |")?;
        }
        writeln!(out)?;
    }
    let mut alike = Vec::new();
    let mut parted = String::new();
    for (index, asked) in ASKED.iter().enumerate() {
        let mut told = everywhere.clone();
        if is_200(&index) {
            told.extend(on_200.clone());
        }
        let rows = rows(original, others, index, &told);
        if rows.is_empty() {
            alike.push(format!("- `{}`: {}", asked.title(), asked.what));
            continue;
        }
        writeln!(parted, "\n### {}: `{}`\n", asked.what, asked.title())?;
        write_head(&mut parted, original, "")?;
        parted.push_str(&rows);
    }
    writeln!(out, "## Same responses\n")?;
    writeln!(
        out,
        "These are the same, except for the differences listed above:\n\n{}",
        alike.join("\n")
    )?;
    writeln!(out, "\n## Different responses\n")?;
    writeln!(out, "Only the differences are shown.")?;
    out.push_str(&parted);
    writeln!(out, "\n## The OpenAPI document\n")?;
    if let Some(first) = others.first() {
        match others.iter().all(|other| other.document == first.document) {
            true => document::write(out, original, first)?,
            false => writeln!(
                out,
                "The servers compared with {} serve different documents.",
                original.name
            )?,
        }
    }
    Ok(())
}

fn write_head(out: &mut String, original: &Answers, first: &str) -> std::fmt::Result {
    writeln!(
        out,
        "| {first} | {} | the others |\n|---|---|---|",
        original.name
    )
}

/// What differs in the same way in all these answers, so that it is told once.
fn shared(original: &Answers, others: &[Answers], indices: impl Iterator<Item = usize>) -> Shared {
    let mut found: Option<Shared> = None;
    for index in indices {
        for other in others {
            let (before, after) = (&original.answers[index], &other.answers[index]);
            let names = before.iter().chain(after).map(|(name, _)| name);
            let here: Shared = names
                .map(|name| (name, read(before, name), read(after, name)))
                .filter(|(_, before, after)| before != after)
                .map(|(name, before, after)| {
                    let pair = (before.map(str::to_owned), after.map(str::to_owned));
                    (name.clone(), pair)
                })
                .collect();
            found = Some(match found {
                None => here,
                Some(mut found) => {
                    found.retain(|name, pair| here.get(name) == Some(pair));
                    found
                }
            });
        }
    }
    found.unwrap_or_default()
}

/// The table rows of what differs in one answer.
fn rows(original: &Answers, others: &[Answers], index: usize, told: &Shared) -> String {
    let before = &original.answers[index];
    let mut names: Vec<&String> = before.iter().map(|(name, _)| name).collect();
    for other in others {
        for (name, _) in &other.answers[index] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    // `status` first and `content` last, whoever has what between.
    names.sort_by_key(|name| match name.as_str() {
        "status" => 0,
        "content" => 2,
        _ => 1,
    });
    let mut rows = String::new();
    for name in names.into_iter().filter(|name| !told.contains_key(*name)) {
        let mut groups: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
        for other in others {
            let value = read(&other.answers[index], name);
            match groups.iter_mut().find(|(known, _)| *known == value) {
                Some((_, names)) => names.push(&other.name),
                None => groups.push((value, vec![&other.name])),
            }
        }
        if groups.iter().all(|(value, _)| *value == read(before, name)) {
            continue;
        }
        let after: Vec<String> = match groups.as_slice() {
            [(value, _)] => vec![cell(*value)],
            groups => groups
                .iter()
                .map(|(value, names)| format!("{}: {}", names.join(", "), cell(*value)))
                .collect(),
        };
        let before = cell(read(before, name));
        // Writing to a string does not fail.
        let _ = writeln!(rows, "| {name} | {before} | {} |", after.join("<br>"));
    }
    rows
}

/// A value in a table.
fn cell(value: Option<&str>) -> String {
    match value {
        None => "none".to_owned(),
        Some(value) => format!("`{}`", value.replace('|', "\\|").replace('\n', " ")),
    }
}
