//! The report as JSON, for programs.
//!
//! ```json
//! {
//!   "schema_version": 1,
//!   "seed": 1,
//!   "as_expected": true,
//!   "targets": [{
//!     "name": "axum",
//!     "version": "0.8.9",
//!     "undecided": 0,
//!     "findings": [{
//!       "case": "contract/list-sorted",
//!       "level": "must",
//!       "rfc_level": null,
//!       "group": "interoperability",
//!       "cause": null,
//!       "source": "…",
//!       "requirement": "…",
//!       "verdict": "conforms",
//!       "note": null,
//!       "standing": "good",
//!       "known": null,
//!       "milliseconds": 0.8,
//!       "exchanges_left_out": 0,
//!       "exchanges": [{
//!         "host": "127.0.0.1",
//!         "port": 41234,
//!         "sent": {
//!           "encoding": "utf-8", "data": "GET /…", "hex": null, "length": 64,
//!           "pieces": [{"milliseconds": 0.05, "length": 64}]
//!         },
//!         "received": {
//!           "encoding": "utf-8", "data": "HTTP/1.1 …", "hex": null, "length": 512,
//!           "pieces": [{"milliseconds": 0.61, "length": 512}]
//!         },
//!         "half_closed_milliseconds": null,
//!         "ended_milliseconds": 0.62,
//!         "replay": "(exec 3<>/dev/tcp/…)"
//!       }]
//!     }]
//!   }],
//!   "absent": [],
//!   "between": {
//!     "targets": ["axum", "warp"],
//!     "requests": 1000,
//!     "conflict": null,
//!     "open": [{
//!       "request": "GET /greetings/%00",
//!       "about": "status",
//!       "answers": [{"target": "axum", "answer": "422"}, {"target": "warp", "answer": "400"}]
//!     }]
//!   }
//! }
//! ```
//!
//! - `verdict` is `conforms`, `deviates`, `differs`, `not-applicable`, or `error` where the suite
//!   itself failed; `note` says why, or which answer.
//! - `standing` is `good`, `not-applicable`, `known`, `warning`, `failure`, `stale` or `error`; the
//!   run fails by the last four. Of a server that is not held to the case it may also be
//!   `differs-from-original` or `violates-rfc`, by which no run fails.
//! - `level` is how binding the case is for the target: one that does not serve this API is held to
//!   RFCs alone. `rfc_level` is how binding RFCs alone make it, null where none is its source.
//! - `group` is `security`, `interoperability` or `pedantry`: what a deviation harms. `cause` is what
//!   makes this case deviate and others too, if that is known.
//! - `undecided` counts the cases that an interrupt or `--fail-fast` left undecided.
//! - `known` is the entry of `deviations.toml`, if there is one: `reason`, `upstream`, `version`.
//! - `data` holds octets: as text where they are UTF-8, otherwise with `encoding` `latin-1`, where
//!   each character from U+0000 to U+00FF is one octet, and the same octets in `hex`, two lower-case
//!   digits each. `length` counts all octets; where `data` has fewer, the rest was not kept.
//! - `pieces` says when how many octets were handed to the system, or had from it: the first 256.
//!   All times are from the opening of the connection. `half_closed_milliseconds` is when the suite
//!   closed its direction, `ended_milliseconds` when it saw that the server had ended the
//!   connection; null if that did not happen.
//! - `absent` says of each server that was asked for and was not tested why that is: it could not be
//!   built here, or the run ended before.
//! - `between` is null unless several targets were compared; `conflict` is a disagreement where the
//!   contract fixes the answer, and fails the run; `open` are those where it does not.
//! - `replay` is null where the command would be too long to be of use.
//!
//! Members may be added within a version; none is removed or changes meaning.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Report, TargetReport};
use crate::deviations::Known;
use crate::differential::{Between, Disagreement, Reply};
use crate::evidence::{Exchange, Octets, Piece};
use crate::judgement::Judged;
use crate::{Group, Level};

/// The version of the schema; it rises with a change that may break a reader.
pub const SCHEMA_VERSION: u32 = 1;

/// The report as a JSON value.
pub fn to_value(report: &Report) -> Value {
    json!({
        "schema_version": SCHEMA_VERSION,
        "seed": report.seed,
        "as_expected": report.is_as_expected(),
        "targets": report.targets.iter().map(target).collect::<Value>(),
        "absent": report.absent,
        "between": report.between.as_ref().map(between),
    })
}

fn between(between: &Between) -> Value {
    json!({
        "targets": between.targets,
        "requests": between.requests,
        "conflict": between.conflict.as_ref().map(disagreement),
        "open": between.open.iter().map(disagreement).collect::<Value>(),
    })
}

fn disagreement(disagreement: &Disagreement) -> Value {
    let reply = |reply: &Reply| json!({"target": reply.target, "answer": reply.answer});
    json!({
        "request": disagreement.request,
        "about": disagreement.about,
        "answers": disagreement.answers.iter().map(reply).collect::<Value>(),
    })
}

fn target(target: &TargetReport) -> Value {
    json!({
        "name": target.name,
        "version": target.version,
        "undecided": target.undecided,
        "findings": target.judged.iter().map(finding).collect::<Value>(),
    })
}

fn finding(judged: &Judged) -> Value {
    let finding = &judged.finding;
    let (verdict, note) = match &finding.verdict {
        Ok(verdict) => (verdict.as_str(), verdict.note().map(str::to_owned)),
        Err(error) => ("error", Some(error.to_string())),
    };
    json!({
        "case": finding.case.id,
        "level": finding.level.as_str(),
        "rfc_level": finding.case.rfc_level().map(Level::as_str),
        "group": Group::of(finding.case).as_str(),
        "cause": finding.cause,
        "source": finding.case.source,
        "requirement": finding.case.requirement,
        "verdict": verdict,
        "note": note,
        "standing": judged.standing.as_str(),
        "known": judged.known.as_ref().map(known),
        "milliseconds": milliseconds(finding.took),
        "exchanges_left_out": finding.evidence.left_out,
        "exchanges": finding.evidence.exchanges.iter().map(exchange).collect::<Value>(),
    })
}

fn known(known: &Known) -> Value {
    json!({
        "reason": known.reason,
        "upstream": known.upstream,
        "version": known.version,
    })
}

fn exchange(exchange: &Exchange) -> Value {
    json!({
        "host": exchange.host,
        "port": exchange.port,
        "sent": octets(&exchange.sent),
        "received": octets(&exchange.received),
        "half_closed_milliseconds": exchange.half_closed.map(milliseconds),
        "ended_milliseconds": exchange.ended.map(milliseconds),
        "replay": exchange.replay(),
    })
}

fn octets(octets: &Octets) -> Value {
    let (encoding, data, hex) = match std::str::from_utf8(&octets.kept) {
        Ok(text) => ("utf-8", text.to_owned(), None),
        Err(_) => (
            "latin-1",
            octets.kept.iter().copied().map(char::from).collect(),
            Some(octets.hex()),
        ),
    };
    json!({
        "encoding": encoding,
        "data": data,
        "hex": hex,
        "length": octets.total,
        "pieces": octets.pieces.iter().map(piece).collect::<Value>(),
    })
}

fn piece(piece: &Piece) -> Value {
    json!({"milliseconds": milliseconds(piece.after), "length": piece.length})
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_that_are_no_text_are_in_hex_too() {
        let mut sample = Exchange::new("localhost", 80);
        sample.sends(b"GET", Duration::from_millis(1));
        sample.receives(b"\xFF\0", Duration::from_millis(2));
        sample.half_closes(Duration::from_millis(3));
        let value = exchange(&sample);
        assert_eq!(value["sent"]["data"], "GET");
        assert_eq!(value["sent"]["hex"], Value::Null);
        assert_eq!(value["received"]["data"], "\u{ff}\0");
        assert_eq!(value["received"]["hex"], "ff00");
        let pieces = json!([{"milliseconds": 2.0, "length": 2}]);
        assert_eq!(value["received"]["pieces"], pieces);
        assert_eq!(value["half_closed_milliseconds"], 3.0);
        assert_eq!(value["ended_milliseconds"], Value::Null);
    }
}
