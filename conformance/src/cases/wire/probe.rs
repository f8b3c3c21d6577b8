//! Messages that might be read as two.

use std::fmt;

use super::steps::{QUIET, host, lines};
use crate::cases::steps::Differences;
use crate::http::{Connection, Ending, Request, Response};
use crate::{Context, Deviation};

/// Sends a message that might be read as two, and a marked request after it.
///
/// The message asks for the list, the marked request for one greeting, and a third request that
/// may hide in the message's content for another: each answer says which it belongs to.
///
/// Where there are no greetings the message asks for the root, and the others for what is not
/// there. The hidden request then leaves the connection open, so that there are three answers where
/// it is read as a request.
#[derive(Debug)]
pub(super) struct Probe<'a> {
    context: &'a Context,
    marked: String,
    hidden: String,
    methods: &'static [&'static str],
}

/// How a server read a message and the marked request after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The message was refused with this status and the connection closed.
    Refused(u16),
    /// The connection was closed without an answer.
    Dropped,
    /// The message was answered with this status and the connection closed.
    Once(u16),
    /// The message was answered with this status, and then the marked request.
    Whole(u16),
    /// The message was answered with this status, and more of it is waited for.
    Waits(u16),
    /// The message was not answered, and more of it is waited for.
    Withheld,
    /// The message was answered with this status, and then what is after its head refused with 400
    /// and the connection closed.
    RefusedLate(u16),
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "it is refused with {status}"),
            Self::Dropped => f.write_str("the connection is closed without an answer"),
            Self::Once(_) => f.write_str("it is answered, and the connection closed"),
            Self::Whole(status @ 400..405) => {
                write!(f, "it is refused with {status}, and the next request read")
            }
            Self::Whole(_) => f.write_str("it is answered, and so is the next request"),
            Self::Waits(_) => f.write_str("it is answered, and its end is waited for"),
            Self::Withheld => f.write_str("its end is waited for"),
            Self::RefusedLate(_) => f.write_str("it is answered, and then refused with 400"),
        }
    }
}

/// Which readings a case takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    /// The ones to prefer.
    pub(super) preferred: fn(Reading) -> bool,
    /// The ones that are legal as well.
    pub(super) legal: fn(Reading) -> bool,
}

impl<'a> Probe<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        let model = context.model();
        let langs = model.greetings().keys().cloned();
        // Where there are not enough greetings, a 404 that names the lang does as well.
        let spare = ["a", "b"].map(|end| format!("{}-{end}", model.absent()));
        let mut langs = langs.chain(spare);
        let mut next = || langs.next().unwrap_or_default();
        let mut probe = Self {
            context,
            marked: next(),
            hidden: next(),
            methods: &["GET", "POST"],
        };
        if !context.has_list() {
            let post = Request::new("POST", context.resource()).content("");
            if context
                .aside()
                .send(post)
                .is_ok_and(|answer| answer.status == 501)
            {
                // It would refuse every POST, however right.
                probe.methods = &["GET"];
            }
        }
        probe
    }

    /// The methods to send messages with.
    pub(super) fn methods(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.methods.iter().copied()
    }

    /// The request to hide in a message.
    pub(super) fn hidden(&self) -> Vec<u8> {
        if self.context.has_list() {
            self.get(&self.hidden, "close")
        } else {
            self.get(&self.hidden, "keep-alive")
        }
    }

    fn get(&self, lang: &str, connection: &str) -> Vec<u8> {
        let path = self.context.path(&format!("/greetings/{lang}"));
        let line = format!("GET {path} HTTP/1.1");
        let host = host(self.context);
        lines([line, host, format!("Connection: {connection}")])
    }

    /// A request for the list with these field lines beside Host, and octets after its head.
    pub(super) fn message<L: AsRef<[u8]>>(
        &self,
        method_and_version: (&str, &str),
        fields: impl IntoIterator<Item = L>,
        content: &[u8],
    ) -> Vec<u8> {
        let (method, version) = method_and_version;
        let line = format!(
            "{method} {} {version}",
            self.context.path(self.context.resource())
        );
        let start = [line, host(self.context)].map(String::into_bytes);
        let fields = fields.into_iter().map(|field| field.as_ref().to_vec());
        let mut message = lines(start.into_iter().chain(fields));
        message.extend_from_slice(content);
        message
    }

    /// Sends a message and the marked request in one write, and says how they were read.
    ///
    /// # Errors
    /// A deviation if the message was read as two, or its answer is no answer.
    pub(super) fn send(
        &self,
        what: &str,
        method: &str,
        message: &[u8],
    ) -> Result<Reading, Deviation> {
        let mut connection = self.context.connect()?;
        // A server may end the connection before it has read everything; its answer says why.
        let _ = connection.send(&self.followed(message));
        self.read(&mut connection, what, method, None)
    }

    /// The message with the marked request after it.
    pub(super) fn followed(&self, message: &[u8]) -> Vec<u8> {
        [message, &self.get(&self.marked, "close")].concat()
    }

    /// Says how a message and the marked request were read that have been sent on a connection.
    /// `first` is the message's answer if it has been received.
    ///
    /// # Errors
    /// As [`Probe::send`].
    pub(super) fn read(
        &self,
        connection: &mut Connection,
        what: &str,
        method: &str,
        first: Option<Response>,
    ) -> Result<Reading, Deviation> {
        let fail = |why: String| Err(Deviation(format!("{what}: {why}")));
        let next = if first.is_some() { "GET" } else { method };
        let (rest, ending) = connection.receive_all(next, QUIET);
        let answers: Vec<Response> = first.into_iter().chain(rest).collect();
        if let Some(answer) = answers
            .iter()
            .find(|answer| self.is_about(answer, &self.hidden))
        {
            let status = answer.status;
            return fail(format!(
                "the request hidden in its content is answered, by a {status}"
            ));
        }
        if let Ending::Broken(broken) = ending {
            return fail(broken.to_string());
        }
        let is_closed = ending == Ending::Closed;
        match answers.as_slice() {
            [] if is_closed => Ok(Reading::Dropped),
            [] => Ok(Reading::Withheld),
            [first, ..] if self.is_about(first, &self.marked) => {
                fail("the request after it is answered, and it is not".to_owned())
            }
            [first, ..] if first.status >= 500 && !is_refusal(first.status) => {
                fail(format!("it is {}", first.status))
            }
            [only] if !is_closed => Ok(Reading::Waits(only.status)),
            [only] if is_refusal(only.status) => Ok(Reading::Refused(only.status)),
            [only] => Ok(Reading::Once(only.status)),
            [first, second] if self.is_about(second, &self.marked) => {
                Ok(Reading::Whole(first.status))
            }
            // Which request an answer belongs to only their number says.
            [first, second] if !self.context.has_list() && second.status == 404 => {
                Ok(Reading::Whole(first.status))
            }
            [first, second] if is_closed && second.status == 400 => {
                Ok(Reading::RefusedLate(first.status))
            }
            [_, second, ..] => fail(format!(
                "something in its content is answered as a request, by a {}",
                second.status
            )),
        }
    }

    /// Whether an answer says that it is about this lang.
    fn is_about(&self, answer: &Response, lang: &str) -> bool {
        match answer.status {
            _ if !self.context.has_list() => false,
            404 => String::from_utf8_lossy(&answer.body).contains(lang),
            _ => answer.json().is_ok_and(|json| json["lang"] == lang),
        }
    }

    /// Holds a server to what is allowed of a message, sent with GET and with POST.
    ///
    /// # Errors
    /// A deviation if another reading is met.
    pub(super) fn check(
        &self,
        what: &str,
        fields: &[&str],
        content: &[u8],
        allowed: Allowed,
        differences: &mut Differences,
    ) -> Result<(), Deviation> {
        for method in self.methods() {
            let message = self.message((method, "HTTP/1.1"), fields, content);
            let what = format!("{method} with {what}");
            let reading = self.send(&what, method, &message)?;
            allowed.judge(&what, reading, differences)?;
        }
        Ok(())
    }
}

impl Allowed {
    /// Notes a reading that is legal and not preferred.
    ///
    /// # Errors
    /// A deviation if it is neither.
    pub(super) fn judge(
        self,
        what: &str,
        reading: Reading,
        differences: &mut Differences,
    ) -> Result<(), Deviation> {
        if (self.preferred)(reading) {
            return Ok(());
        }
        if !(self.legal)(reading) {
            return Err(Deviation(format!("{what}: {reading}")));
        }
        differences.note(reading.to_string());
        Ok(())
    }
}

/// Statuses that say that a message is not taken, rather than what it asks for.
fn is_refusal(status: u16) -> bool {
    matches!(
        status,
        400 | 408 | 411 | 413 | 414 | 417 | 431 | 501 | 503 | 505
    )
}
