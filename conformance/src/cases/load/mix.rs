//! Requests that get answers of every kind, and the answers.

use std::time::Duration;

use super::client::{Client, Reply};
use crate::cases::steps::{absent, item};
use crate::evidence::Exchange;
use crate::http::Request;
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
    /// The answers that are right, of which the status and content above are one.
    answer: Answer,
}

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
        ];
        if let Some(etag) = view.get(&item)?.header("etag") {
            requests.push(Request::get(item.as_str()).header("If-None-Match", etag));
        }
        let learnt = requests
            .into_iter()
            .map(|request| Wanted::learn(view, request));
        learnt.collect::<Result<_, _>>().map(Self)
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
    fn learn(view: &Context, request: Request) -> Result<Self, Deviation> {
        let target = String::from_utf8_lossy(&request.target).into_owned();
        let name = format!("{} {target}", request.method);
        let mut answer = view.model().answer(&request.method, &target);
        if request.has("if-none-match") {
            answer = Answer::not_modified();
        }
        let response = view.send(request.clone())?;
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
            content: response.body,
            answer,
        })
    }

    /// Checks an answer; only one that is wrong is evidence.
    ///
    /// # Errors
    /// A deviation if it is not right.
    pub(super) fn check(&self, view: &Context, reply: &Reply) -> Result<(), Deviation> {
        if reply.status == self.status && reply.content == self.content {
            return Ok(());
        }
        // It may be right and have, say, a detail of its own.
        if let Err(why) = self.answer.check(&reply.response()) {
            let mut exchange = Exchange::new(view.base().host(), view.base().port());
            // When each passed is not kept of so many.
            exchange.sends(&self.octets, Duration::ZERO);
            exchange.receives(&reply.octets(), Duration::ZERO);
            view.keep(exchange);
            return Err(Deviation(format!("{}: {why}", self.name)));
        }
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
            "{} with `Connection: close`: the answer does not say `close`",
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
