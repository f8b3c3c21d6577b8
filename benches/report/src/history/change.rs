//! What changed between two runs of a machine.

use super::{Program, Run, Setup};

/// What is not as in the run before, for everything that was measured: short phrases.
pub(super) fn of_run(before: &Setup, now: &Setup) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |what: &str, before: &str, now: &str| {
        if before != now {
            found.push(format!("{what} {now} (was {before})"));
        }
    };
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let rustc = |setup: &Setup| short(&known(&setup.rustc));
    add("kernel", &known(&before.kernel), &known(&now.kernel));
    add("rustc", &rustc(before), &rustc(now));
    let number = |value: usize| value.to_string();
    add(
        "connections",
        &number(before.connections),
        &number(now.connections),
    );
    add("workers", &number(before.workers), &number(now.workers));
    found.extend(of_program(&before.reference, &now.reference));
    found
}

/// `rustc 1.95.0 (59807616e 2026-04-14)` as `1.95.0`.
fn short(rustc: &str) -> String {
    let word = rustc.strip_prefix("rustc ").unwrap_or(rustc);
    word.split(' ').next().unwrap_or(word).to_owned()
}

/// How a server's program is another than in the run before.
pub(super) fn of_program(before: &Program, now: &Program) -> Option<String> {
    let name = &now.name;
    if before.version != now.version {
        let known = |version: &Option<String>| version.clone().unwrap_or_else(|| "?".to_owned());
        let (before, now) = (known(&before.version), known(&now.version));
        return Some(format!("{name} {now} (was {before})"));
    }
    let hashes = before.sha256.as_ref().zip(now.sha256.as_ref());
    hashes
        .is_some_and(|(before, now)| before != now)
        .then(|| format!("{name}: another program"))
}

/// What is to be said beside a run of a server, whose last run on this machine was `before`.
pub(super) fn beside(before: Option<&Run>, now: &Run, server: &str) -> Vec<String> {
    let mut said: Vec<String> = now.incomplete.iter().cloned().collect();
    let Some(before) = before else { return said };
    said.extend(of_run(&before.setup, &now.setup));
    let programs = before.server(server).zip(now.server(server));
    said.extend(programs.and_then(|(before, now)| of_program(&before.program, &now.program)));
    said
}
