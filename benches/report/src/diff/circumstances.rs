//! How the circumstances of two records are not the same, so that figures may well differ.

use std::collections::BTreeMap;

use quartet_record::plan::Plan;
use quartet_record::{Record, ServerRecord};
use serde::Serialize;
use serde_json::Value;

use super::latency;
use super::sample::same_programs;
use super::view::View;

/// All of it: what changes every server first, then what changes one, then the plan.
pub(super) fn differences(first: &Record, second: &Record) -> Vec<String> {
    let mut found = Vec::new();
    if !first.machine.is_known_as(&second.machine) {
        // Neither tells which processor it has.
        let perhaps = if first.machine == second.machine {
            "perhaps another "
        } else {
            ""
        };
        found.push(format!(
            "{perhaps}machine: {} in A, {} in B",
            first.machine.sentence(),
            second.machine.sentence()
        ));
    }
    found.extend(settings("cores", &first.cores, &second.cores));
    found.extend(settings("", &first.toolchain, &second.toolchain));
    match (&first.environment, &second.environment) {
        (Some(first), Some(second)) => found.extend(settings("", first, second)),
        (None, None) => {}
        (ours, _) => found.push(format!(
            "build and kernel settings: not in record {}, which is older",
            if ours.is_none() { "A" } else { "B" }
        )),
    }
    for server in &first.servers {
        let mut others = second.servers.iter();
        if let Some(other) = others.find(|other| other.name == server.name) {
            found.extend(of_server(server, other));
        }
    }
    if let (Some(first), Some(second)) = (&first.database, &second.database) {
        found.extend(settings("PostgreSQL", first, second));
    }
    found.extend(plans(&first.plan, &second.plan));
    found.extend(latency::circumstances(first, second));
    found
}

/// What is not the same of one server.
fn of_server(first: &ServerRecord, second: &ServerRecord) -> Vec<String> {
    let name = &first.name;
    let mut found = settings(&format!("{name} version"), &first.version, &second.version);
    let python = [first, second].map(|server| server.python.as_ref());
    if let [Some(first), Some(second)] = python {
        found.extend(settings(&format!("{name} Python"), first, second));
    }
    if !first.build.is_empty() && !second.build.is_empty() {
        let command = |server: &ServerRecord| server.build.join(" ");
        let of = format!("{name} build command");
        found.extend(settings(&of, &command(first), &command(second)));
    }
    if let (Some(ours), Some(theirs)) = (&first.program, &second.program) {
        if ours.sha256 != theirs.sha256 {
            found.push(format!(
                "{name}: different programs, of {} bytes in A, {} in B",
                ours.bytes, theirs.bytes
            ));
        }
        // An older record has not looked for them.
        for (what, ours, theirs) in [
            ("linker", &ours.linker, &theirs.linker),
            ("allocator", &ours.allocator, &theirs.allocator),
        ] {
            if !first.build.is_empty() && !second.build.is_empty() {
                found.extend(settings(&format!("{name} {what}"), ours, theirs));
            }
        }
    }
    if let (Some(ours), Some(theirs)) = (&first.exec, &second.exec) {
        found.extend(settings(&format!("{name} --exec"), ours, theirs));
    }
    if first.conformance != second.conformance {
        found.push(format!("{name}: different results of the conformance gate"));
    }
    found
}

/// Every single setting in which two of a kind are not the same.
fn settings<T: Serialize>(of: &str, first: &T, second: &T) -> Vec<String> {
    let [first, second] = [first, second].map(|settings| {
        let mut all = BTreeMap::new();
        // What cannot be written as JSON is in no record.
        flatten(
            of,
            &serde_json::to_value(settings).unwrap_or_default(),
            &mut all,
        );
        all
    });
    let mut names: Vec<&String> = first.keys().chain(second.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let said = |all: &BTreeMap<String, String>, name: &String| {
        all.get(name)
            .cloned()
            .unwrap_or_else(|| "not set".to_owned())
    };
    names
        .into_iter()
        .map(|name| (name, said(&first, name), said(&second, name)))
        .filter(|(_, first, second)| first != second)
        .map(|(name, first, second)| format!("{name}: {first} in A, {second} in B"))
        .collect()
}

/// Settings by their names. What is null is not set.
fn flatten(of: &str, value: &Value, all: &mut BTreeMap<String, String>) {
    // Maps whose names are not the record's own, and stay as they are.
    const FOREIGN: [&str; 4] = ["cargo", "variables", "packages", "mitigations"];
    let within = |part: &str| format!("{of} {part}").trim_start().to_owned();
    match value {
        Value::Null => {}
        Value::Object(parts) => {
            for (part, value) in parts {
                match value {
                    Value::Object(named) if FOREIGN.contains(&part.as_str()) => {
                        for (name, value) in named {
                            flatten(&within(name), value, all);
                        }
                    }
                    value => flatten(&within(&part.replace('_', " ")), value, all),
                }
            }
        }
        Value::Array(values) if values.iter().any(Value::is_object) => {
            for (number, value) in values.iter().enumerate() {
                flatten(&within(&number.to_string()), value, all);
            }
        }
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(plain).collect();
            if !values.is_empty() {
                all.insert(of.to_owned(), values.join(" "));
            }
        }
        value => {
            all.insert(of.to_owned(), plain(value));
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How the load was not the same.
fn plans(first: &Plan, second: &Plan) -> Vec<String> {
    let terms = |plan: &Plan| {
        [
            ("connections", plan.connections),
            ("workers", plan.workers),
            ("cores for servers", plan.server_cores.len()),
            ("cores for the generator", plan.generator_cores.len()),
        ]
    };
    let both = terms(first).into_iter().zip(terms(second));
    both.filter(|((_, ours), (_, theirs))| ours != theirs)
        .map(|((what, ours), (_, theirs))| format!("{what}: {ours} in A, {theirs} in B"))
        .collect()
}

/// How much faster or slower the reference may have been and not be worth a line, as a share.
const SAME_SPEED: f64 = 0.02;

/// How fast the machine was, by what the same program of the reference answered.
pub(super) fn speeds(views: &[View<'_>; 2]) -> Vec<String> {
    let [first, second] = views;
    let Some((ours, theirs)) = first.reference.zip(second.reference) else {
        return Vec::new();
    };
    if !same_programs(views, [ours, theirs]) {
        return Vec::new();
    }
    let rate = |view: &View<'_>, arm, lane| {
        let mut rows = view.lane(lane)?.rows.iter();
        let row = rows.find(|row| row.arm == arm && row.excluded.is_empty())?;
        Some(row.figures?.requests_per_second)
    };
    let lanes = first.analysis.lanes.iter().map(|found| found.lane);
    lanes
        .filter_map(|lane| {
            let [before, after] = [rate(first, ours, lane)?, rate(second, theirs, lane)?];
            let change = after / before - 1.0;
            (change.abs() > SAME_SPEED).then(|| {
                format!(
                    "speed of the machine, {}: {}, the same program, answered {before:.0} \
                     requests/s in A, {after:.0} \
                     in B ({:+.1} %)",
                    lane.name(),
                    first.record.plan.arms[ours].name,
                    100.0 * change
                )
            })
        })
        .collect()
}
