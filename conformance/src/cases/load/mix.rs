//! Requests that get answers of every kind, and the answers.

use std::time::Duration;

use super::client::{Client, Reply};
use crate::cases::everything::greetings;
use crate::cases::steps::{absent, item};
use crate::evidence::Exchange;
use crate::http::{Request, Response};
use crate::model::Answer;
use crate::{Context, Deviation, ensure};

/// A request and its right answer.
#[derive(Debug)]
pub(super) struct Wanted {
    name: String,
    /// The request, after which the connection stays open.
    pub(super) octets: Vec<u8>,
    /// The request, after which the connection ends.
    pub(super) last_octets: Vec<u8>,
    /// Whether the answer has no content, whatever it says of it.
    pub(super) is_bare: bool,
    status: u16,
    content: Vec<u8>,
    /// The fields of the answer that are to last: those of [`LASTING`].
    fields: Vec<Vec<u8>>,
    /// Whether they do.
    has_lasting: bool,
    /// The answers that are right, of which the status and content above are one.
    answer: Answer,
}

/// The fields that an answer has whenever it is asked for, the same as at first.
const LASTING: [&str; 12] = [
    "allow",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "etag",
    "location",
    "vary",
    "www-authenticate",
    "x-content-type-options",
];

/// Requests that get answers of every kind.
#[derive(Debug)]
pub(super) struct Mix(Vec<Wanted>);

impl Mix {
    /// Asks for each once.
    ///
    /// # Errors
    /// A deviation if an answer is not right.
    pub(super) fn learn(view: &Context) -> Result<Self, Deviation> {
        let (item, absent) = (item(view), absent(view));
        let mut requests = vec![
            Request::get("/greetings"),
            Request::get(item.as_str()),
            Request::new("HEAD", "/greetings"),
            Request::get(absent),
            Request::get("/greetings/_"),
            Request::get("/no-such-path"),
            Request::new("OPTIONS", "/greetings"),
            Request::new("POST", "/greetings").content("x".repeat(500)),
            Request::new("DELETE", item.as_str()),
            Request::get(format!("/greetings?{}", "x".repeat(2000))),
            (0..40).fold(Request::get(item.as_str()), |request, number| {
                request.header(format!("X-{number}"), "value")
            }),
        ];
        for path in ["/", "/docs", "/healthz"] {
            // That one is not there is for other areas to say.
            if view.get(path)?.status != 404 {
                requests.push(Request::get(path));
            }
        }
        requests.extend(greetings(view).into_iter().take(10).map(Request::get));
        for path in ["/greetings", &item] {
            if let Some(etag) = view.get(path)?.header("etag") {
                requests.push(Request::get(path).header("If-None-Match", etag));
                requests.push(Request::get(path).header("If-Match", "\"another\""));
            }
        }
        let learnt = requests.into_iter().map(|request| {
            let target = String::from_utf8_lossy(&request.target);
            let mut answer = view.model().answer(&request.method, &target);
            if request.has("if-none-match") {
                answer = Answer::not_modified();
            } else if request.has("if-match") {
                answer = Answer::problem(&[412]);
            }
            Wanted::learn(view, request, answer)
        });
        learnt.collect::<Result<_, _>>().map(Self)
    }

    /// The same, with a key that a process asks for, and what it answers where it is none.
    ///
    /// # Errors
    /// A deviation if an answer is not right.
    pub(super) fn learn_with_key(view: &Context, key: &str) -> Result<Self, Deviation> {
        let item = item(view);
        let mut mix = Vec::new();
        for path in ["/greetings", &item] {
            for authorization in [None, Some("Key wrong"), Some("Bearer x"), Some("")] {
                let plain = Request::get(path);
                let request = match authorization {
                    Some(value) => plain.header("Authorization", value),
                    None => plain,
                };
                mix.push(Wanted::learn(view, request, Answer::problem(&[401]))?);
                let with_key = Request::get(path).header("Authorization", format!("Key {key}"));
                let answer = view.model().answer("GET", path);
                mix.push(Wanted::learn(view, with_key, answer)?);
            }
        }
        Ok(Self(mix))
    }

    /// The same without HEAD, whose answer a server may get wrong where a request follows at once:
    /// that is a matter of the area `wire`, and would hide what is asked here.
    pub(super) fn without_head(mut self) -> Self {
        self.0.retain(|wanted| !wanted.is_bare);
        self
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The request whose turn it is when `number` have been sent.
    pub(super) fn nth(&self, number: usize) -> &Wanted {
        &self.0[number % self.0.len()]
    }
}

impl Wanted {
    fn learn(view: &Context, request: Request, answer: Answer) -> Result<Self, Deviation> {
        let target = String::from_utf8_lossy(&request.target).into_owned();
        let name = format!("{} {target}", request.method);
        let response = view.send(request.clone())?;
        let again = view.send(request.clone())?;
        answer
            .check(&response)
            .map_err(|why| Deviation(format!("{name}: {why}")))?;
        let last = request.clone().header("Connection", "close");
        Ok(Self {
            octets: view.prepare(request.clone()).to_bytes(),
            last_octets: view.prepare(last).to_bytes(),
            is_bare: request.method == "HEAD",
            name,
            status: response.status,
            fields: lasting(&response),
            has_lasting: lasting(&response) == lasting(&again),
            content: response.body,
            answer,
        })
    }

    /// Checks an answer; only one that is wrong is evidence.
    ///
    /// # Errors
    /// A deviation if it is not right.
    pub(super) fn check(&self, view: &Context, reply: &Reply) -> Result<(), Deviation> {
        let is_same = reply.status == self.status && reply.content == self.content;
        // It may be right and have, say, a detail of its own.
        let right = match is_same {
            true => self.check_fields(reply),
            false => self.answer.check(&reply.response()).map(drop),
        };
        if let Err(why) = right {
            let mut exchange = Exchange::new(view.base().host(), view.base().port());
            // When each passed is not kept of so many.
            exchange.sends(&self.octets, Duration::ZERO);
            exchange.receives(&reply.octets(), Duration::ZERO);
            view.keep(exchange);
            return Err(Deviation(format!("{}: {why}", self.name)));
        }
        Ok(())
    }

    /// Checks that an answer whose content is that of the first has its fields, too.
    fn check_fields(&self, reply: &Reply) -> Result<(), Deviation> {
        if !self.has_lasting || reply.has_lines(&LASTING, &self.fields) {
            return Ok(());
        }
        let response = reply.response();
        let given = lasting(&response);
        let shown = |lines: &[Vec<u8>]| {
            let lines = lines.iter().map(|line| String::from_utf8_lossy(line));
            lines.collect::<Vec<_>>().join("; ")
        };
        ensure!(
            given == self.fields,
            "it has the fields {}, at first {}",
            shown(&given),
            shown(&self.fields)
        );
        Ok(())
    }

    /// Sends the request on a client and checks the answer.
    ///
    /// # Errors
    /// A deviation if there is none, or it is not right.
    pub(super) fn ask(&self, view: &Context, client: &mut Client) -> Result<Reply, Deviation> {
        self.exchange(view, client, &self.octets)
    }

    /// As [`ask`](Self::ask), after which the connection ends.
    ///
    /// # Errors
    /// A deviation if there is no answer, or it is not right.
    pub(super) fn ask_last(&self, view: &Context, client: &mut Client) -> Result<(), Deviation> {
        let reply = self.exchange(view, client, &self.last_octets)?;
        ensure!(
            reply.closes,
            "{} with `Connection: close`: the response has no `close`",
            self.name
        );
        Ok(())
    }

    fn exchange(
        &self,
        view: &Context,
        client: &mut Client,
        octets: &[u8],
    ) -> Result<Reply, Deviation> {
        let reply = client
            .send(octets)
            .and_then(|()| client.receive(self.is_bare));
        let reply = reply.map_err(|broken| Deviation(format!("{}: {broken}", self.name)))?;
        self.check(view, &reply)?;
        Ok(reply)
    }
}

/// The lines of the fields that last, names in lower case, sorted.
fn lasting(response: &Response) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = response
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| LASTING.contains(&name.as_str()))
        .map(|(name, value)| [name.as_bytes(), b": ", value].concat())
        .collect();
    lines.sort();
    lines
}
