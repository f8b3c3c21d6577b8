//! Messages that might be read as two.

use std::fmt;

use super::messages::assumed;
use super::steps::{QUIET, host, lines};
use crate::cases::steps::Differences;
use crate::http::{Broken, Connection, Ending, Response};
use crate::served::Sound;
use crate::{Context, Deviation};

/// Sends a message that might be read as two, and a marked request after it.
///
/// The message asks for the list, the marked request for one greeting, and a third request that
/// may hide in the message's content for another: each answer says which it belongs to.
///
/// Where there are no greetings the message asks for another path, and the others for one that is
/// answered otherwise, if there is any. The hidden request then leaves the connection open, so that
/// there are three answers where it is read as a request.
#[derive(Debug)]
pub(super) struct Probe<'a> {
    context: &'a Context,
    marked: String,
    hidden: String,
    sound: Sound,
}

/// The status of an answer, and whether it is the one that a message gets that there is nothing
/// wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) code: u16,
    pub(super) is_usual: bool,
}

/// How a server read a message and the marked request after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The message was refused with this status and the connection closed.
    Refused(u16),
    /// The connection was closed without an answer.
    Dropped,
    /// The message was answered with this status and the connection closed.
    Once(Status),
    /// The message was answered with this status, and then the marked request.
    Whole(Status),
    /// The message was answered with this status, and more of it is waited for.
    Waits(Status),
    /// The message was not answered, and more of it is waited for.
    Withheld,
    /// The message was answered with this status, and then what is after its head refused and the
    /// connection closed.
    RefusedLate(Status),
}

impl Reading {
    /// Whether the message was read whole, and answered as one that there is nothing wrong with.
    pub(super) fn is_usual(self) -> bool {
        matches!(self, Self::Whole(status) if status.is_usual)
    }

    /// Whether the message was answered as one that there is nothing wrong with before its content
    /// was read, which was then refused or is waited for.
    pub(super) fn is_usual_at_first(self) -> bool {
        matches!(self, Self::RefusedLate(status) | Self::Waits(status) if status.is_usual)
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => write!(f, "refused with {code}"),
            Self::Dropped => f.write_str("the connection is closed without a response"),
            Self::Once(Status { code, .. }) => {
                write!(f, "answered with {code}, then the connection is closed")
            }
            Self::Whole(status) if !status.is_usual && status.code >= 400 => {
                let code = status.code;
                write!(f, "refused with {code}, then the next request is answered")
            }
            Self::Whole(Status { code, .. }) => {
                write!(f, "answered with {code}, then the next request is answered")
            }
            Self::Waits(Status { code, .. }) => {
                write!(
                    f,
                    "answered with {code}, then the server waits for more of the message"
                )
            }
            Self::Withheld => f.write_str("no response; the server waits for more of the message"),
            Self::RefusedLate(Status { code, .. }) => {
                write!(
                    f,
                    "answered with {code}, then the rest of the message is refused"
                )
            }
        }
    }
}

/// Why a message's answer is no answer to it.
#[derive(Debug)]
struct Misread {
    /// Whether something in the message's content was read as another.
    is_within: bool,
    why: String,
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
    /// One that assumes what the contract has a server answer.
    pub(super) fn assuming(context: &'a Context) -> Self {
        let model = context.model();
        let langs = model.greetings().keys().cloned();
        // Where there are not enough greetings, a 404 that names the lang does as well.
        let spare = ["a", "b"].map(|end| format!("{}-{end}", model.absent()));
        let mut paths = langs.chain(spare).map(|lang| format!("/greetings/{lang}"));
        let mut next = || paths.next().unwrap_or_default();
        Self {
            context,
            marked: next(),
            hidden: next(),
            sound: assumed(),
        }
    }

    /// The same, knowing what messages get that there is nothing wrong with.
    pub(super) fn knowing(mut self, sound: Sound) -> Self {
        self.sound = sound;
        if !self.context.has_list() {
            self.marked.clone_from(&self.sound.marker.0);
            self.hidden.clone_from(&self.sound.marker.0);
        }
        self
    }

    /// The methods to send messages with.
    pub(super) fn methods(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.sound.methods.clone().into_iter()
    }

    /// Whether this is the status that a message with this method gets that there is nothing wrong
    /// with. Of one with another method nothing is known.
    fn is_usual(&self, method: &str, status: u16) -> bool {
        let mut statuses = self.sound.statuses.iter();
        statuses.any(|(known, usual)| *known == method && *usual == status)
    }

    /// The request to hide in a message.
    pub(super) fn hidden(&self) -> Vec<u8> {
        if self.context.has_list() {
            self.get(&self.hidden, "close")
        } else {
            self.get(&self.hidden, "keep-alive")
        }
    }

    fn get(&self, path: &str, connection: &str) -> Vec<u8> {
        let line = format!("GET {} HTTP/1.1", self.context.path(path));
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

    /// Sends a message and the marked request, and says how they were read. Both are sent in one write, unless the method is
    /// HEAD.
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
        if method != "HEAD" {
            // A server may end the connection before it has read everything; its answer says why.
            let _ = connection.send(&self.followed(message));
            return self.read(&mut connection, what, method, None);
        }
        // Pipelined requests may decide whether HEAD gets content, which is `wire/pipelining-head`'s to find.
        let first = connection.exchange(method, message).ok();
        let _ = connection.send(&self.get(&self.marked, "close"));
        self.read(&mut connection, what, method, first)
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
        self.try_reading(connection, method, first)
            .map_err(|misread| {
                if misread.is_within && self.sound.unread.contains(&method) {
                    let cause = format!("the content of {method} is not read");
                    self.context.caused_by(&cause);
                }
                Deviation(format!("{what}: {}", misread.why))
            })
    }

    /// Whether something in the content of a message is read as the next request, as far as one
    /// can be told from the other.
    ///
    /// # Errors
    /// A deviation if there is no connection.
    pub(super) fn reads_within(&self, method: &str, message: &[u8]) -> Result<bool, Deviation> {
        let mut connection = self.context.connect()?;
        let _ = connection.send(&self.followed(message));
        let reading = self.try_reading(&mut connection, method, None);
        Ok(matches!(reading, Err(misread) if misread.is_within))
    }

    fn try_reading(
        &self,
        connection: &mut Connection,
        method: &str,
        first: Option<Response>,
    ) -> Result<Reading, Misread> {
        let misread = |is_within| move |why| Err(Misread { is_within, why });
        let (fail, within) = (misread(false), misread(true));
        let status = |answer: &Response| Status {
            code: answer.status,
            is_usual: self.is_usual(method, answer.status),
        };
        let next = if first.is_some() { "GET" } else { method };
        let (rest, ending) = connection.receive_all(next, QUIET);
        let answers: Vec<Response> = first.into_iter().chain(rest).collect();
        if let Some(answer) = answers.iter().find(|a| self.is_about(a, &self.hidden)) {
            let status = answer.status;
            return within(format!(
                "the request hidden in its content is answered with {status}"
            ));
        }
        match ending {
            // What was not read as HEAD is not refused as HEAD is.
            Ending::Broken(Broken::Malformed(_))
                if matches!(answers.as_slice(), [only] if method == "HEAD" && is_refusal(only.status))
                    && connection.rest(QUIET).1 =>
            {
                return Ok(Reading::Refused(
                    answers.first().map_or(0, |only| only.status),
                ));
            }
            Ending::Broken(Broken::Malformed(why)) if !answers.is_empty() => {
                return within(format!("invalid octets follow the response: {why}"));
            }
            Ending::Broken(broken) => return fail(broken.to_string()),
            Ending::Closed | Ending::Silent => {}
        }
        let is_closed = ending == Ending::Closed;
        match answers.as_slice() {
            [] if is_closed => Ok(Reading::Dropped),
            [] => Ok(Reading::Withheld),
            [first, ..] if self.is_about(first, &self.marked) => {
                fail("it gets no response, but the next request does".to_owned())
            }
            [first, ..] if first.status >= 500 && !is_refusal(first.status) => {
                fail(format!("it is {}", first.status))
            }
            [only] if !is_closed => Ok(Reading::Waits(status(only))),
            [only] if is_refusal(only.status) => Ok(Reading::Refused(only.status)),
            [only] => Ok(Reading::Once(status(only))),
            [first, second] if self.is_about(second, &self.marked) => {
                Ok(Reading::Whole(status(first)))
            }
            // Which request an answer belongs to only their number says.
            [first, second] if !self.context.has_list() && second.status == self.sound.marker.1 => {
                Ok(Reading::Whole(status(first)))
            }
            [first, second] if is_closed && is_late_refusal(second.status) => {
                Ok(Reading::RefusedLate(status(first)))
            }
            [_, second, ..] => within(format!(
                "a part of its content is answered as a request, with {}",
                second.status
            )),
        }
    }

    /// Whether an answer says that it is about the greeting at this path.
    fn is_about(&self, answer: &Response, path: &str) -> bool {
        let lang = path.rsplit('/').next().unwrap_or_default();
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

/// Statuses by which a server that has answered refuses what comes after a message's head.
fn is_late_refusal(status: u16) -> bool {
    matches!(status, 400 | 408 | 413 | 431)
}

/// Statuses that say that a message is not taken, rather than what it asks for.
fn is_refusal(status: u16) -> bool {
    matches!(
        status,
        400 | 408 | 411 | 413 | 414 | 417 | 431 | 501 | 503 | 505
    )
}
