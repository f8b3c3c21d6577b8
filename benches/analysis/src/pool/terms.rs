//! What must be the same where records are pooled: the contract, the programs and the load.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use quartet_record::Record;
use quartet_record::environment::Environment;
use quartet_record::plan::ArmRole;
use serde::{Deserialize, Serialize};

/// Something that must be the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// What it is, such as `version of axum`.
    pub field: String,
    /// Its value, for people.
    pub value: String,
    /// What tells it from other values.
    pub(super) identity: u64,
    /// Whether it is of the load. Records of different loads are never pooled.
    pub(super) load: bool,
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
    if let Some(compiler) = &record.toolchain.rustc {
        terms.push(program("compiler".to_owned(), compiler.clone()));
    }
    if let Some(environment) = &record.environment {
        let flags = program("compiler flags".to_owned(), flags(environment));
        terms.extend([flags, program("profile".to_owned(), profile(environment))]);
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

/// The flags that rustc was given beside cargo's own, by setting or variable.
fn flags(environment: &Environment) -> String {
    let settings = environment.cargo.iter().chain(&environment.variables);
    let flags: Vec<String> = settings
        .filter(|(name, _)| name.to_ascii_lowercase().ends_with("rustflags"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    match flags.is_empty() {
        true => "none".to_owned(),
        false => flags.join(" "),
    }
}

/// The settings of the profile that servers are built with, but for those of single packages.
fn profile(environment: &Environment) -> String {
    let settings = environment.cargo.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("profile.release.")?;
        (!name.starts_with("package.")).then(|| format!("{name}={value}"))
    });
    settings.collect::<Vec<_>>().join(" ")
}

/// What lies between generator and servers.
fn network(record: &Record) -> &'static str {
    match &record.servers_via {
        Some(via) if !via.loopback => "a network",
        _ => "loopback",
    }
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
