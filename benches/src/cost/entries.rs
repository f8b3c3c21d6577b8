//! What a record holds of a server's costs, and lacks. It knows nothing of how they are measured.

use quartet_record::cost::{Cost, ServerCost};

/// A server's entry, made where there is none.
pub(super) fn of<'a>(cost: &'a mut Cost, name: &str) -> &'a mut ServerCost {
    let known = cost.servers.iter().position(|entry| entry.name == name);
    let place = known.unwrap_or(cost.servers.len());
    if known.is_none() {
        cost.servers.push(named(name));
    }
    &mut cost.servers[place]
}

/// The entry of the second copy of a server, made where there is none.
pub(super) fn of_again<'a>(cost: &'a mut Cost, name: &str) -> &'a mut ServerCost {
    cost.again.get_or_insert_with(|| named(name))
}

fn named(name: &str) -> ServerCost {
    ServerCost {
        name: name.to_owned(),
        ..ServerCost::default()
    }
}

/// Whether this could not be measured.
pub(super) fn lacks(entry: &ServerCost, what: &str) -> bool {
    entry.missing.iter().any(|reason| is_of(what, reason))
}

/// Drops why this could not be measured: it is tried once more.
pub(super) fn forget(entry: &mut ServerCost, what: &str) {
    entry.missing.retain(|reason| !is_of(what, reason));
}

/// Whether a reason is why this is missing.
fn is_of(what: &str, reason: &str) -> bool {
    let rest = reason.strip_prefix(what);
    rest.is_some_and(|rest| rest.starts_with(": "))
}
