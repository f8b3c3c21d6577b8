//! What messages may come to, by how their length is stated.

use super::probe::{Allowed, Reading};
use super::sound::probe;
use crate::cases::steps::Differences;
use crate::{Context, Outcome};
use Reading::{Once, Refused, Whole};

pub(super) use super::messages::{CHUNKED, HELLO};

/// What RFC 9112 §6.3 demands where the length is invalid.
pub(super) const INVALID: Allowed = Allowed {
    preferred: |reading| matches!(reading, Refused(400)),
    legal: |_| false,
};

/// The same where the coding may also be unknown (§6.1).
pub(super) const NO_CODING: Allowed = Allowed {
    preferred: |reading| matches!(reading, Refused(400)),
    legal: |reading| matches!(reading, Refused(501)),
};

/// A message that can be read in one way only, and may be refused all the same.
pub(super) const EITHER: Allowed = Allowed {
    preferred: |reading| matches!(reading, Refused(400)),
    legal: |reading| matches!(reading, Refused(_) | Whole(_) | Once(_)),
};

/// A message that there is nothing wrong with. A server may demand a Content-Length (§6.3), and may
/// close after any answer.
pub(super) const SOUND: Allowed = Allowed {
    preferred: Reading::is_usual,
    legal: |reading| match reading {
        Once(_) | Refused(411) => true,
        Whole(status) => status.code == 411,
        _ => false,
    },
};

/// Holds a server to what is allowed of messages with these fields, with GET and with POST.
pub(super) fn hold<const N: usize>(
    context: &Context,
    messages: &[[&str; N]],
    content: &[u8],
    allowed: Allowed,
) -> Outcome {
    let probe = probe(context);
    let mut differences = Differences::default();
    for fields in messages {
        let what = fields.join(" and ");
        probe.check(&what, fields, content, allowed, &mut differences)?;
    }
    Ok(differences.verdict())
}
