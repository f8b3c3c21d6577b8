//! Steps of the cases that write their messages octet by octet.

use std::time::Duration;

use crate::cases::steps::Differences;
use crate::http::{Broken, Ending, Response};
use crate::{Context, Deviation};

/// How long a server that has answered may be silent before it is taken to have no more to say. Some
/// let a second pass before they close.
pub(super) const QUIET: Duration = Duration::from_secs(3);

/// What came of one message.
#[derive(Debug)]
pub(super) enum Reply {
    /// One answer.
    Answer(Response),
    /// Octets that are no HTTP/1.1, and the end of the connection: HTTP/0.9's answer to a message
    /// that names no version of HTTP/1.
    Bare,
    /// The end of the connection.
    Closed,
    /// Nothing: the server waits for more.
    Silent,
}

impl Reply {
    /// What it is, in a word.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Answer(answer) => answer.status.to_string(),
            Self::Bare => "content without a status line".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Silent => "silence".to_owned(),
        }
    }
}

/// A message of these lines, each ended as HTTP has it, and the empty line after them.
pub(super) fn lines<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Vec<u8> {
    let mut message = Vec::new();
    for line in lines {
        message.extend_from_slice(line.as_ref());
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"\r\n");
    message
}

/// A request with this request line, a right Host and no wish to keep the connection.
pub(super) fn with_line(context: &Context, line: impl AsRef<[u8]>) -> Vec<u8> {
    lines([
        line.as_ref(),
        host(context).as_bytes(),
        b"Connection: close",
    ])
}

/// `GET /greetings` with this line among its fields, after Host and before Connection.
pub(super) fn with_field(context: &Context, line: impl AsRef<[u8]>) -> Vec<u8> {
    with_fields(context, [line])
}

/// `GET /greetings` with these lines among its fields, after Host and before Connection.
pub(super) fn with_fields<L: AsRef<[u8]>>(
    context: &Context,
    fields: impl IntoIterator<Item = L>,
) -> Vec<u8> {
    let start = [
        format!("GET {} HTTP/1.1", context.path(context.resource())),
        host(context),
    ];
    let fields = fields.into_iter().map(|field| field.as_ref().to_vec());
    let all = start.into_iter().map(String::into_bytes).chain(fields);
    lines(all.chain([b"Connection: close".to_vec()]))
}

/// The Host line.
pub(super) fn host(context: &Context) -> String {
    format!("Host: {}", context.base().authority())
}

/// Sends a message on a connection of its own and reads what comes of it.
///
/// # Errors
/// A deviation if that is more than one answer, or is none.
pub(super) fn reply(context: &Context, what: &str, message: &[u8]) -> Result<Reply, Deviation> {
    let mut connection = context.connect()?;
    // A server may end the connection before it has read everything; its answer says why.
    let _ = connection.send(message);
    let (mut answers, ending) = connection.receive_all("GET", QUIET);
    match (answers.pop(), answers.len(), ending) {
        (None, _, Ending::Broken(Broken::Malformed(_)))
            if !names_version(message) && connection.rest(QUIET).1 =>
        {
            Ok(Reply::Bare)
        }
        (_, _, Ending::Broken(broken)) => Err(Deviation(format!("{what}: {broken}"))),
        (None, _, Ending::Closed) => Ok(Reply::Closed),
        (None, _, Ending::Silent) => Ok(Reply::Silent),
        (Some(answer), 0, _) => Ok(Reply::Answer(answer)),
        (Some(_), before, _) => Err(Deviation(format!("{what} has {} answers", before + 1))),
    }
}

/// Whether the message's first line has three words, the last a version of HTTP/1, so that its
/// sender can be answered in HTTP/1.1.
pub(super) fn names_version(message: &[u8]) -> bool {
    let line = message.split(|octet| *octet == b'\n').next();
    let line = line.unwrap_or_default().trim_ascii_end();
    let words = line.split(|octet| *octet == b' ');
    let last = words.filter(|word| !word.is_empty()).nth(2);
    let last = last.unwrap_or_default();
    matches!(last, [.., b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor] if minor.is_ascii_digit())
}

/// Legal ways to take a message that is no HTTP, other than to refuse it with 400.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lenience {
    /// The status that says that it was taken for a request, and how.
    pub(super) read: Option<(u16, &'static str)>,
    /// Statuses that are as good as 400.
    pub(super) as_good: &'static [u16],
    /// Whether these and 400 are all.
    pub(super) nothing_else: bool,
}

/// Holds a server to refusing a message that is no HTTP: 400 is right. Any other 4xx, 501, 505 and
/// the end of the connection are legal too, unless nothing else is.
///
/// # Errors
/// A deviation if it is answered otherwise.
pub(super) fn refused(
    context: &Context,
    what: &str,
    message: &[u8],
    lenience: Lenience,
    differences: &mut Differences,
) -> Result<(), Deviation> {
    match reply(context, what, message)? {
        Reply::Closed if !lenience.nothing_else => {
            differences.note(format!("closes on {what}"));
        }
        Reply::Bare if !lenience.nothing_else => {
            differences.note(format!(
                "answers {what} without a status line, as in HTTP/0.9"
            ));
        }
        Reply::Closed | Reply::Bare => {
            return Err(Deviation(format!("{what} ends the connection")));
        }
        Reply::Silent => {
            let why = format!("{what} gets no response, and the connection stays open");
            return Err(Deviation(why));
        }
        Reply::Answer(answer) => match (answer.status, lenience.read) {
            (400, _) => {}
            (status, _) if lenience.as_good.contains(&status) => {}
            (status, Some((read, how))) if status == read => differences.note(how),
            (status @ (401..=499 | 501 | 505), _) if !lenience.nothing_else => {
                differences.note(format!("{what} is {status}"));
            }
            (status, _) => {
                return Err(Deviation(format!("{what} is {status}, not refused")));
            }
        },
    }
    Ok(())
}

/// Holds a server to answering a message with this status.
///
/// # Errors
/// A deviation if it does not.
pub(super) fn answered(
    context: &Context,
    what: &str,
    message: &[u8],
    status: u16,
) -> Result<Response, Deviation> {
    match reply(context, what, message)? {
        Reply::Answer(answer) if answer.status == status => Ok(answer),
        Reply::Answer(answer) => Err(Deviation(format!(
            "{what} is {}, not {status}",
            answer.status
        ))),
        Reply::Closed => Err(Deviation(format!(
            "{what} gets no response, and the connection is closed"
        ))),
        Reply::Bare => Err(Deviation(format!(
            "{what} gets a response without a status line"
        ))),
        Reply::Silent => Err(Deviation(format!("{what} is not answered"))),
    }
}

/// Whether connection options have close among them.
pub(super) fn is_closing(options: &[&str]) -> bool {
    options
        .iter()
        .any(|option| option.eq_ignore_ascii_case("close"))
}
