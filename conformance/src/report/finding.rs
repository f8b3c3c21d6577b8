//! One finding in full.

use std::time::Duration;

use super::source;
use crate::evidence::{Exchange, Octets};
use crate::judgement::{Judged, Standing};
use crate::{Group, Verdict};

/// How much of what was sent or received is shown.
const SHOWN: usize = 600;

/// How much is shown where everything is.
const SHOWN_IN_FULL: usize = 16 * 1024;

/// What was expected and found, the source, what was sent and received last, and how to do it again.
pub fn describe(judged: &Judged) -> String {
    let mut lines = introduce(judged);
    // A case ends at the first thing that is wrong, so that its last exchange shows it.
    if let Some(exchange) = judged.finding.evidence.exchanges.last() {
        lines.extend(show(exchange, SHOWN));
    }
    lines.join("\n")
}

/// The same with all that was sent and received, as far as it was kept.
pub(super) fn describe_in_full(judged: &Judged) -> String {
    let mut lines = introduce(judged);
    let evidence = &judged.finding.evidence;
    for exchange in &evidence.exchanges {
        lines.push(format!("connection:  {}:{}", exchange.host, exchange.port));
        lines.extend(show(exchange, SHOWN_IN_FULL));
    }
    if evidence.left_out > 0 {
        lines.push(format!("not shown:   {} connections", evidence.left_out));
    }
    lines.join("\n")
}

fn introduce(judged: &Judged) -> Vec<String> {
    let finding = &judged.finding;
    let case = finding.case;
    let mut lines = vec![format!("expected:    {}", case.requirement)];
    match &finding.verdict {
        Err(error) => lines.push(format!("suite error: {error}")),
        Ok(Verdict::Deviates(why)) => lines.push(format!("found:       {why}")),
        Ok(verdict) => {
            let note = verdict.note().map(|note| format!(": {note}"));
            lines.push(format!(
                "found:       {}{}",
                verdict.as_str(),
                note.unwrap_or_default()
            ));
        }
    }
    lines.push(format!("source:      {}", source(judged)));
    lines.push(format!("group:       {}", Group::of(case).as_str()));
    if let Some(known) = &judged.known {
        let what = known.describe();
        lines.push(match judged.standing {
            Standing::Stale => format!(
                "stale:       listed, but no longer deviates: {what}; remove it from the list"
            ),
            _ => format!("known:       {what}"),
        });
    }
    lines
}

fn show(exchange: &Exchange, most: usize) -> Vec<String> {
    let mut lines = vec![
        format!("sent:        {}", shorten(&exchange.sent, most)),
        format!("received:    {}", shorten(&exchange.received, most)),
        format!("timing:      {}", timing(exchange)),
    ];
    if let Some(command) = exchange.replay() {
        lines.push(format!("replay:      {command}"));
    }
    lines
}

/// When each direction was in use, and when it ended.
fn timing(exchange: &Exchange) -> String {
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let from = |verb: &str, octets: &Octets| {
        let pieces = &octets.pieces;
        let (first, last) = (pieces.first()?, pieces.last()?);
        let start = milliseconds(first.after);
        Some(match pieces.len() {
            1 => format!("{verb} at {start}"),
            count => {
                let end = milliseconds(last.after);
                format!("{verb} from {start} to {end} in {count} pieces")
            }
        })
    };
    let at = |verb: &str, time: Option<Duration>| {
        time.map(|time| format!("{verb} at {}", milliseconds(time)))
    };
    let events = [
        from("sent", &exchange.sent),
        at("half-closed", exchange.half_closed),
        from("received", &exchange.received),
        at("ended by the server", exchange.ended),
    ];
    events.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The first octets as text, anything but printable ASCII and UTF-8 letters escaped.
fn shorten(octets: &Octets, most: usize) -> String {
    if octets.total == 0 {
        return "nothing".to_owned();
    }
    let mut shown = octets.kept.len().min(most);
    // Not within a character; a sequence that is no UTF-8 has no more than three such octets.
    while shown > 0
        && octets
            .kept
            .get(shown)
            .is_some_and(|octet| octet & 0xC0 == 0x80)
    {
        shown -= 1;
    }
    let mut text = String::new();
    for chunk in octets.kept[..shown].utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                // Both directions are text with quotes in it.
                '"' | '\'' => text.push(character),
                _ => text.extend(character.escape_debug()),
            }
        }
        for octet in chunk.invalid() {
            text.push_str(&format!("\\x{octet:02x}"));
        }
    }
    if shown < octets.total {
        text.push_str(&format!("… ({} octets in all)", octets.total));
    }
    text
}
