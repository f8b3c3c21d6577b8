//! What is looked at: one capability a row of the page.

use anyhow::Result;

use super::probes::{self, Subject};
use super::seen::Seen;

/// One capability.
#[derive(Debug)]
pub(super) struct Capability {
    /// How `servers/added.toml` calls it.
    pub(super) name: &'static str,
    /// What a server that has it does.
    pub(super) does: &'static str,
    /// Where that is demanded or described.
    pub(super) source: &'static str,
    /// What looks for it.
    pub(super) probe: fn(&Subject<'_>) -> Result<Seen>,
}

const fn capability(
    name: &'static str,
    does: &'static str,
    source: &'static str,
    probe: fn(&Subject<'_>) -> Result<Seen>,
) -> Capability {
    Capability {
        name,
        does,
        source,
        probe,
    }
}

/// The rows, in the page's order.
pub(super) const CAPABILITIES: &[Capability] = &[
    capability(
        "head",
        "HEAD is answered as GET, with its Content-Length and without content",
        "RFC 9110 §9.3.2",
        probes::head,
    ),
    capability(
        "method-not-allowed",
        "A method that a path does not have is 405 with Allow",
        "RFC 9110 §15.5.6",
        probes::method_not_allowed,
    ),
    capability(
        "options",
        "OPTIONS is answered, with Allow",
        "RFC 9110 §9.3.7",
        probes::options,
    ),
    capability(
        "json-errors",
        "An unknown path is 404 with JSON",
        "RFC 9457",
        probes::json_errors,
    ),
    capability(
        "entity-tags",
        "A response has an entity tag, and If-None-Match with it is 304",
        "RFC 9110 §8.8.3, §13.1.2",
        probes::entity_tags,
    ),
    capability(
        "date",
        "A response has Date",
        "RFC 9110 §6.6.1",
        probes::date,
    ),
    capability(
        "nosniff",
        "A response forbids content sniffing",
        "Fetch standard",
        probes::nosniff,
    ),
    capability(
        "host",
        "A request without Host, with two, or with an invalid one is 400",
        "RFC 9112 §3.2",
        probes::host,
    ),
    capability(
        "head-limit",
        "A head of one megabyte is refused with 431",
        "RFC 6585 §5",
        probes::head_limit,
    ),
    capability(
        "field-count",
        "A head of 10,000 fields is refused with 431",
        "RFC 6585 §5",
        probes::field_count,
    ),
    capability(
        "target-limit",
        "A target of 70,000 octets is refused with 414",
        "RFC 9110 §15.5.15",
        probes::target_limit,
    ),
    capability(
        "header-timeout",
        "A connection whose request stalls in its head is closed",
        "RFC 9110 §15.5.9",
        probes::header_timeout,
    ),
    capability(
        "idle-timeout",
        "A connection without a further request is closed in time",
        "RFC 9112 §9.5",
        probes::idle_timeout,
    ),
    capability(
        "http-1.0",
        "A request in HTTP/1.0 without Connection is answered, and its connection closed",
        "RFC 9112 §9.3",
        probes::http_1_0,
    ),
    capability(
        "keep-alive",
        "A connection serves one request after another",
        "RFC 9112 §9.3",
        probes::keep_alive,
    ),
    capability(
        "late-content",
        "Content that comes after the response is read, or the response says `close`",
        "RFC 9112 §9.6",
        probes::late_content,
    ),
    capability(
        "upgrade-offer",
        "An offer to change to HTTP/2 changes nothing, and the connection is kept",
        "RFC 9110 §7.8",
        probes::upgrade_offer,
    ),
    capability(
        "panic",
        "A handler that panics gives 500",
        "RFC 9110 §15.6.1",
        probes::panic,
    ),
    capability(
        "sigterm",
        "SIGTERM ends an idle process with status 0",
        "systemd manual, service units",
        probes::sigterm,
    ),
    capability(
        "drain",
        "A response that has begun when SIGTERM arrives is sent",
        "practice of rolling restarts",
        probes::drain,
    ),
    capability(
        "drain-limit",
        "After SIGTERM a request that stalls does not keep the process from ending",
        "practice of rolling restarts",
        probes::drain_limit,
    ),
    capability(
        "descriptors",
        "Connections are accepted again after descriptors ran out",
        "accept(2), EMFILE",
        probes::descriptors,
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_distinct() {
        let names: BTreeSet<_> = CAPABILITIES.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), CAPABILITIES.len());
    }
}
