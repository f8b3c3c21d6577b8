//! What is right in each lane, learnt from a server's own answer once that is found to be right.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use quartet_conformance::Model;
use quartet_generator::Exchange;
use quartet_record::plan::Lane;
use serde_json::Value;

use crate::exec::Expected;
use crate::probe::{checked_answer, checked_get, get, once};

/// The request of a lane and the answer to hold every other against.
///
/// What is `expected` is of the lane `custom`. A server that `answers_alike` gives constant bytes: what a greeting's answer should be stands
/// for every answer of its own.
///
/// # Errors
/// Where the server's answer is not what the lane asks for.
pub(super) fn learn(
    address: SocketAddr,
    lane: Lane,
    model: &Model,
    expected: Option<&Expected>,
    answers_alike: bool,
) -> Result<Exchange> {
    let authority = address.to_string();
    let Some(path) = lane.path() else {
        let expected = expected.context("it is not said what this lane asks")?;
        return expected.learn(address);
    };
    let exchange = |headers: &[(&str, &str)], status, content| {
        Exchange::get(path, &authority, headers, status, content)
    };
    match lane {
        Lane::Item | Lane::DbItem => Ok(exchange(
            &[],
            200,
            checked_get(address, path, &english(model)?)?,
        )),
        Lane::List | Lane::Large | Lane::DbList => Ok(exchange(
            &[],
            200,
            checked_get(address, path, &model.list())?,
        )),
        Lane::Connect => {
            let content = checked_get(address, path, &english(model)?)?;
            Ok(exchange(&[("Connection", "close")], 200, content))
        }
        Lane::Miss if answers_alike => Ok(exchange(
            &[],
            200,
            checked_get(address, path, &english(model)?)?,
        )),
        Lane::Miss => Ok(exchange(&[], 404, problem(address, path)?)),
        Lane::Revalidate => {
            let answer = checked_answer(address, path, &english(model)?)?;
            let etag = answer
                .etag
                .with_context(|| format!("GET {path} answers without ETag"))?;
            let condition = [("If-None-Match", etag.as_str())];
            if answers_alike {
                return Ok(exchange(&condition, 200, answer.content));
            }
            let answer = get(address, path, &condition)?;
            let status = answer.status;
            ensure!(
                status == 304,
                "GET {path} with If-None-Match: {etag} answers {status}, not 304"
            );
            Ok(exchange(&condition, 304, Vec::new()))
        }
        Lane::Bytes1k | Lane::Json1k | Lane::Bytes100k | Lane::Json100k => posted(address, lane),
        Lane::Custom => bail!("it is not said what this lane asks"),
    }
}

/// A POST of JSON. The answer must be how many bytes it has, or how many greetings, which whoever parses it knows.
fn posted(address: SocketAddr, lane: Lane) -> Result<Exchange> {
    let (path, length) = (lane.path(), lane.posted());
    let (path, length) = path.zip(length).context("this lane has no content")?;
    let Posted { content, greetings } = Posted::of(length);
    let right = match lane.as_bytes() {
        None => content.len().to_string(),
        Some(_) => greetings.to_string(),
    };
    let exchange = Exchange::post(
        path,
        &address.to_string(),
        &[("Content-Type", "application/json")],
        &content,
        200,
        right.clone().into_bytes(),
    );
    let answer = once(address, &exchange)?;
    let (status, said) = (answer.status, String::from_utf8_lossy(&answer.content));
    ensure!(
        status == 200 && said == right,
        "POST {path} with {length} bytes answers {status} `{said}`, not 200 `{right}`"
    );
    Ok(exchange)
}

/// What is posted: a JSON array of greetings.
struct Posted {
    content: Vec<u8>,
    greetings: usize,
}

impl Posted {
    /// One of exactly so many bytes. There is at least one greeting.
    fn of(length: usize) -> Self {
        let greeting = |number: usize, text: &str| {
            // Tags of the same length, such as x-000017.
            format!(r#"{{"lang":"x-{number:06}","text":"{text}"}}"#)
        };
        let text = "Good morning";
        // With the comma or a bracket after it, and the first bracket.
        let each = greeting(0, text).len() + 1;
        let greetings = ((length - 1) / each).max(1);
        let missing = (length - 1) - greetings * each;
        let last = text.to_owned() + &"!".repeat(missing);
        let all: Vec<String> = (0..greetings)
            .map(|number| match number + 1 == greetings {
                true => greeting(number, &last),
                false => greeting(number, text),
            })
            .collect();
        Self {
            content: format!("[{}]", all.join(",")).into_bytes(),
            greetings,
        }
    }
}

/// The content of the answer for a greeting that does not exist.
fn problem(address: SocketAddr, path: &str) -> Result<Vec<u8>> {
    let answer = get(address, path, &[])?;
    let status = answer.status;
    ensure!(status == 404, "GET {path} answers {status}, not 404");
    let content_type = answer.content_type.unwrap_or_default();
    ensure!(
        content_type == "application/problem+json",
        "GET {path} answers with content of type `{content_type}`, not `application/problem+json`"
    );
    let found: Value = serde_json::from_slice(&answer.content)
        .with_context(|| format!("the answer to GET {path} is not JSON"))?;
    ensure!(
        found["status"] == 404,
        "GET {path} answers {found}, whose status is not 404"
    );
    Ok(answer.content)
}

fn english(model: &Model) -> Result<Value> {
    model
        .item("en")
        .context("the data has no greeting for `en`")
}

#[cfg(test)]
mod tests;
