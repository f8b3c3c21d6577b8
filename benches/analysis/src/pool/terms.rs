//! What must be the same where records are pooled: the contract, the programs and the load.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};

use quartet_record::Record;
use quartet_record::plan::ArmRole;
use serde::{Deserialize, Serialize};

use super::contribution::Contribution;

/// Something that must be the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// What it is, such as `version of axum`.
    pub field: String,
    /// Its value, for people.
    pub value: String,
    /// What tells it from other values.
    identity: u64,
    /// Whether it is of the load. Records of different loads are never pooled.
    load: bool,
}

/// A term that is not the same in all records that know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is.
    pub field: String,
    /// Whether it is of the load. Records of different loads are never pooled.
    pub load: bool,
    /// Each value, with the names of its records.
    pub values: Vec<(String, Vec<String>)>,
}

/// What must be the same of a record, as far as it tells.
pub(super) fn terms(record: &Record) -> Vec<Term> {
    let plan = &record.plan;
    let load = |field: &str, value: String| Term::new(field.to_owned(), value, true);
    let program = |field: String, value: String| Term::new(field, value, false);
    let mut terms = vec![
        load("connections", plan.connections.to_string()),
        load("workers", plan.workers.to_string()),
        load("network", network(record).to_owned()),
    ];
    for (lane, one) in &plan.lane_loads {
        if !lane.is_over_database() {
            terms.push(load(
                &format!("load of lane {}", lane.name()),
                format!(
                    "{} connections, slices of {} ms",
                    one.connections, one.slice_ms
                ),
            ));
        }
    }
    if let Some(custom) = &plan.custom {
        terms.push(Term {
            identity: identity(&format!("{custom:?}")),
            ..load("request of lane custom", custom.path.clone())
        });
    }
    let part = |arm: &usize| {
        let arm = &plan.arms[*arm];
        let pooled = matches!(
            arm.role,
            ArmRole::Compared | ArmRole::Aside | ArmRole::Reference
        );
        pooled && arm.variant.is_none()
    };
    let servers = (0..plan.arms.len())
        .filter(part)
        .filter_map(|arm| record.server_of(arm));
    let mut cases = BTreeSet::new();
    for server in servers {
        if let Some(version) = &server.version {
            terms.push(program(
                format!("version of {}", server.name),
                version.clone(),
            ));
        }
        let found = server.conformance.iter().flat_map(|found| &found.cases);
        cases.extend(found.map(|case| case.id.as_str()));
    }
    if !cases.is_empty() {
        terms.push(Term {
            identity: identity(&cases),
            ..program("contract".to_owned(), format!("{} cases", cases.len()))
        });
    }
    if let Some(revision) = &record.source.revision {
        let short = revision.get(..12).unwrap_or(revision);
        let changed = record.source.modified == Some(true);
        terms.push(if changed {
            // What was changed is not known, so that no two of them are the same.
            Term {
                identity: identity(&(revision, &record.started)),
                ..program("source".to_owned(), format!("{short} with changes"))
            }
        } else {
            let whole = program("source".to_owned(), short.to_owned());
            match record.source.programs.is_empty() {
                true => whole,
                // Another commit of the same programs is no other source.
                false => Term {
                    identity: identity(&record.source.programs),
                    ..whole
                },
            }
        });
    }
    terms
}

/// What lies between generator and servers.
fn network(record: &Record) -> &'static str {
    match &record.servers_via {
        Some(via) if !via.loopback => "a network",
        _ => "loopback",
    }
}

/// Every term that is not the same in all records, those of the load first.
pub(super) fn differences(contributions: &[Contribution]) -> Vec<Difference> {
    /// Values by identity, each with the names of its records.
    type Values<'a> = BTreeMap<u64, (&'a str, Vec<String>)>;
    let mut fields: BTreeMap<(bool, &str), Values<'_>> = BTreeMap::new();
    for contribution in contributions {
        for term in &contribution.terms {
            let values = fields.entry((!term.load, &term.field)).or_default();
            let (_, names) = values
                .entry(term.identity)
                .or_insert_with(|| (&term.value, Vec::new()));
            names.push(contribution.name.clone());
        }
    }
    fields
        .into_iter()
        .filter(|(_, values)| values.len() > 1)
        .map(|((program, field), values)| {
            let values = values.into_values();
            let mut values: Vec<(String, Vec<String>)> = values
                .map(|(value, names)| (value.to_owned(), names))
                .collect();
            values.sort();
            Difference {
                field: field.to_owned(),
                load: !program,
                values,
            }
        })
        .collect()
}

impl Term {
    fn new(field: String, value: String, load: bool) -> Self {
        Self {
            identity: identity(&value),
            field,
            value,
            load,
        }
    }
}

fn identity(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
