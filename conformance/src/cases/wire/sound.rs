//! What messages get that there is nothing wrong with: what others are held against.

use super::messages::{HELLO, METHODS, assumed};
use super::probe::{Probe, Reading};
use super::steps::{Reply, reply, with_line};
use crate::Context;
use crate::served::{NOWHERE, Sound};

/// A probe that knows what such messages get of this server.
pub(super) fn probe(context: &Context) -> Probe<'_> {
    let probe = Probe::assuming(context);
    match context.served() {
        Some(served) => {
            let sound = served.sound(|| learn(context)).clone();
            probe.knowing(sound)
        }
        None => probe,
    }
}

/// Sends messages that there is nothing wrong with.
fn learn(context: &Context) -> Sound {
    let aside = context.aside();
    let mut sound = assumed();
    if !context.has_list() {
        sound.marker = marker(&aside).unwrap_or(sound.marker);
    }
    let probe = Probe::assuming(&aside).knowing(sound.clone());
    sound.methods.clear();
    for method in METHODS {
        let message = probe.message((method, "HTTP/1.1"), ["Content-Length: 5"], HELLO);
        match probe.send(method, method, &message) {
            Ok(Reading::Once(status) | Reading::Whole(status)) => {
                sound.statuses.retain(|(known, _)| *known != method);
                sound.statuses.push((method, status.code));
            }
            // It refuses whatever has content, however right, as it may with GET (RFC 9110 §9.3.1).
            Ok(Reading::Refused(_)) => continue,
            Ok(_) => {}
            Err(_) => {
                if probe.reads_within(method, &message).unwrap_or_default() {
                    sound.unread.push(method);
                }
            }
        }
        sound.methods.push(method);
    }
    if sound.methods.is_empty() {
        sound.methods = METHODS.to_vec();
    }
    sound
}

/// A path whose GET is told by its status from a request with another method, as there is one where
/// the end of a message's content is read as the start of the next request.
fn marker(context: &Context) -> Option<(String, u16)> {
    let status = |method: &str, path: &str| {
        let line = format!("{method} {} HTTP/1.1", context.path(path));
        match reply(context, "a marked request", &with_line(context, line)) {
            Ok(Reply::Answer(answer)) => Some(answer.status),
            _ => None,
        }
    };
    let candidates = [NOWHERE, context.resource()];
    let mut told = candidates
        .into_iter()
        .filter_map(|path| Some((path, status("GET", path)?)));
    let first = told.clone().next()?;
    let chosen = told.find(|(path, usual)| status("helloGET", path) != Some(*usual));
    let (path, usual) = chosen.unwrap_or(first);
    Some((path.to_owned(), usual))
}
