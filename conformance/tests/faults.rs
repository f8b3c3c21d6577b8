//! A case must find its fault, and nothing in a server that has none.

use quartet_conformance::reference::{Fault, Reference, faults};
use quartet_conformance::{Case, Finding, Level, Model, Suite, Verdict, cases};

const SEED: u64 = 1;

/// Needs that this process cannot meet; their cases are tested elsewhere.
fn is_testable(case: &Case) -> bool {
    use quartet_conformance::Need::{Browser, Process, Proxy};
    !case
        .needs
        .iter()
        .any(|need| [Browser, Process, Proxy].contains(need))
}

fn run(cases: &[&'static Case], fault: Option<&'static Fault>) -> Vec<Finding> {
    let (target, _running) =
        Reference::target(&Model::embedded(), fault).expect("127.0.0.1 has free ports");
    Suite::new(target, SEED).run_all(cases, |_| {})
}

#[test]
fn the_reference_has_no_fault() {
    let cases: Vec<_> = cases::all().filter(|case| is_testable(case)).collect();
    let wrong: Vec<String> = run(&cases, None)
        .iter()
        .filter(|finding| match &finding.verdict {
            Ok(Verdict::Conforms) => false,
            Ok(Verdict::Differs(_)) => finding.case.level != Level::Info,
            _ => true,
        })
        .map(|finding| format!("{}: {:?}", finding.case.id, finding.verdict))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_case_has_a_fault() {
    let without: Vec<&str> = cases::all()
        .filter(|case| is_testable(case))
        .map(|case| case.id)
        .filter(|id| faults().all(|fault| fault.breaks != *id))
        .collect();
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn every_fault_is_found() {
    let mut missed = Vec::new();
    for fault in faults() {
        let Some(case) = cases::all().find(|case| case.id == fault.breaks) else {
            missed.push(format!("{}: there is no such case", fault.breaks));
            continue;
        };
        if !is_testable(case) {
            continue;
        }
        let verdict = |fault| run(&[case], fault).remove(0).verdict;
        let found = match verdict(Some(fault)) {
            Ok(Verdict::Deviates(_)) => true,
            // Nothing is required: the case has to tell the two apart.
            other if case.level == Level::Info => other != verdict(None),
            _ => false,
        };
        if !found {
            missed.push(format!("{}: {}", fault.breaks, fault.what));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut ids: Vec<&str> = cases::all().map(|case| case.id).collect();
    for id in &ids {
        let (area, slug) = id.split_once('/').unwrap();
        let is_word = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        assert!(is_word(area) && is_word(slug), "{id}");
    }
    ids.sort_unstable();
    assert!(ids.is_sorted_by(|a, b| a < b), "an id is used twice");
}
