//! The requests that the five answer alike: `answers.toml`.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use tungstenite::Message;
use ureq::{
    Agent,
    http::{Request, Response, header},
};

use crate::{Column, folder};

/// How long an answer that need not be there at once is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request, and what it is answered with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The page that it belongs to.
    pub topic: String,
    /// Method and target. `WS` opens a WebSocket and sends the body as one text message.
    pub request: String,
    /// The request's header fields.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The request's body.
    pub body: Option<String>,
    /// Whether the answer may come only after a while.
    #[serde(default)]
    pub eventually: bool,
    /// FastAPI's answer.
    pub answer: Answer,
    /// Where all four answer otherwise.
    pub four: Option<Answer>,
    /// Where one answers otherwise, by its name.
    #[serde(default)]
    pub differs: BTreeMap<String, Answer>,
}

/// What is compared of an answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Why it is another than FastAPI's.
    pub why: Option<String>,
    /// The status code.
    pub status: Option<u16>,
    /// The media type, without parameters. An empty one stands for none.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// The body, as JSON.
    pub json: Option<String>,
    /// The body, as text.
    pub text: Option<String>,
    /// Header fields. An empty value stands for none.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

/// The table.
///
/// # Errors
///
/// If the file is not as it should be.
pub fn table() -> Result<Vec<Case>> {
    let text = fs::read_to_string(folder().join("answers.toml"))?;
    let table: Table = toml::from_str(&text).context("answers.toml")?;
    Ok(table.case)
}

impl Case {
    /// What `column` answers.
    #[must_use]
    pub fn expected(&self, column: Column) -> Answer {
        if column == Column::FastApi {
            return self.answer.clone();
        }
        let differs = self.differs.get(column.id());
        let others = self.four.iter().chain(differs);
        others.fold(self.answer.clone(), |answer, other| answer.but(other))
    }

    /// Sends the request to `column`'s server, and says what is not as expected.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub fn hold(&self, column: Column, server: SocketAddr) -> Result<Vec<String>> {
        let expected = self.expected(column);
        let begun = Instant::now();
        loop {
            let found = self.send(server)?;
            let wrong = found.unlike(&expected, column)?;
            if wrong.is_empty() || !self.eventually || begun.elapsed() > PATIENCE {
                let mut wrong: Vec<String> = wrong;
                if column != Column::FastApi
                    && (self.four.is_some() || self.differs.contains_key(column.id()))
                    && found.unlike(&self.answer, column)?.is_empty()
                {
                    wrong.push("answers as FastAPI, against what the table says".to_owned());
                }
                return Ok(wrong);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn send(&self, server: SocketAddr) -> Result<Found> {
        let (method, target) = self.request.split_once(' ').context("no target")?;
        if method == "WS" {
            return self.say(&format!("ws://{server}{target}"), server);
        }
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{server}{target}"));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE));
        let agent = Agent::new_with_config(config.build());
        let mut response = match &self.body {
            Some(body) => agent.run(request.body(body.clone())?)?,
            None => agent.run(request.body(())?)?,
        };
        let text = response.body_mut().read_to_string()?;
        Ok(Found::of(&response, text))
    }

    /// Says the body on a WebSocket, and hears one message.
    fn say(&self, url: &str, server: SocketAddr) -> Result<Found> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (mut socket, response) = tungstenite::client(url, stream)?;
        socket.send(Message::text(self.body.clone().unwrap_or_default()))?;
        let text = socket.read()?.into_text()?.to_string();
        socket.close(None)?;
        // The other side's close ends the loop with an error.
        while socket.read().is_ok() {}
        Ok(Found::of(&response, text))
    }
}

impl Answer {
    fn but(mut self, other: &Self) -> Self {
        let other = other.clone();
        self.fields.extend(other.fields);
        let has_body = other.json.is_some() || other.text.is_some();
        Self {
            why: other.why.or(self.why),
            status: other.status.or(self.status),
            media_type: other.media_type.or(self.media_type),
            json: if has_body { other.json } else { self.json },
            text: if has_body { other.text } else { self.text },
            fields: self.fields,
        }
    }
}

/// An answer that came.
struct Found {
    status: u16,
    fields: BTreeMap<String, String>,
    text: String,
}

impl Found {
    fn of<B>(response: &Response<B>, text: String) -> Self {
        let fields = response.headers().iter();
        let fields = fields.map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        });
        Self {
            status: response.status().as_u16(),
            fields: fields.collect(),
            text,
        }
    }

    fn field(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    }

    /// What is not as expected.
    fn unlike(&self, expected: &Answer, column: Column) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        let mut compare = |what: &str, found: &str, expected: &str| {
            if found != expected {
                wrong.push(format!("{what}: {found:?} instead of {expected:?}"));
            }
        };
        if let Some(status) = expected.status {
            compare("status", &self.status.to_string(), &status.to_string());
        }
        if let Some(media_type) = &expected.media_type {
            let found = self.field(header::CONTENT_TYPE.as_str());
            let essence = found.split(';').next().unwrap_or_default().trim();
            compare("media type", essence, media_type);
        }
        for (name, value) in &expected.fields {
            compare(name, self.field(name), value);
        }
        if let Some(text) = &expected.text {
            compare("body", &self.text, text);
        }
        if let Some(json) = &expected.json {
            let expected = serde_json::from_str(json).context("the table's JSON")?;
            let Ok(found) = serde_json::from_str(&self.text) else {
                compare("body", &self.text, json);
                return Ok(wrong);
            };
            let found: Value = found;
            let (found, expected) = match column {
                Column::FastApi => (found, expected),
                _ => (comparable(found), comparable(expected)),
            };
            compare("body", &found.to_string(), &expected.to_string());
        }
        Ok(wrong)
    }
}

/// A body without what only FastAPI has in a validation error: the input, and numbers that are in
/// the message too. The order of errors means nothing to a client.
fn comparable(mut body: Value) -> Value {
    if let Some(Value::Array(errors)) = body.get_mut("detail") {
        for error in errors.iter_mut().filter_map(Value::as_object_mut) {
            error.remove("input");
            error.remove("ctx");
        }
        errors.sort_by_key(|error| error["loc"].to_string());
    }
    body
}

/// Sends all requests to one server, in their order.
///
/// # Errors
///
/// What is not as expected, each in a line.
pub fn hold(column: Column, server: SocketAddr) -> Result<()> {
    let mut wrong = Vec::new();
    for case in table()? {
        match case.hold(column, server) {
            Ok(found) => wrong.extend(found.iter().map(|what| format!("{}: {what}", case.request))),
            Err(error) => wrong.push(format!("{}: {error:#}", case.request)),
        }
    }
    if !wrong.is_empty() {
        bail!("{column}\n{}", wrong.join("\n"));
    }
    Ok(())
}
