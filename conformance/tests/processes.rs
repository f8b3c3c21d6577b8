//! Cases that start processes must find their faults too, and nothing in a server that has none.

use std::path::PathBuf;
use std::sync::Mutex;

use quartet_conformance::reference::{Fault, Reference, faults};
use quartet_conformance::{Case, Finding, Level, Model, Need, Suite, Verdict, cases};

const SEED: u64 = 1;

/// How many faults are looked for at once: most of the time is spent waiting.
const THREADS: usize = 6;

fn is_tested_here(case: &Case) -> bool {
    let elsewhere = [Need::Browser, Need::Proxy];
    case.needs.contains(&Need::Process) && !case.needs.iter().any(|need| elsewhere.contains(need))
}

fn run(cases: &[&'static Case], fault: Option<&'static Fault>) -> Vec<Finding> {
    let command = PathBuf::from(env!("CARGO_BIN_EXE_conformance"));
    let (target, _running) =
        Reference::target(&Model::embedded(), None).expect("127.0.0.1 has free ports");
    let target = target.launched_by(Reference::launch(command, fault));
    Suite::new(target, SEED).run_all(cases, |_| {})
}

#[test]
fn the_reference_has_no_fault() {
    let cases: Vec<_> = cases::all().filter(|case| is_tested_here(case)).collect();
    let findings = run(&cases, None);
    let wrong: Vec<String> = findings
        .iter()
        .filter(|finding| match &finding.verdict {
            Ok(Verdict::Conforms) => false,
            Ok(Verdict::NotApplicable(_)) => cfg!(target_os = "linux"),
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
        .filter(|case| is_tested_here(case))
        .map(|case| case.id)
        .filter(|id| faults().all(|fault| fault.breaks != *id))
        .collect();
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn every_fault_is_found() {
    let looked_for = Mutex::new(faults().filter_map(|fault| {
        let case = cases::all().find(|case| case.id == fault.breaks)?;
        is_tested_here(case).then_some((case, fault))
    }));
    let missed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let next = looked_for.lock().unwrap().next();
                    let Some((case, fault)) = next else { break };
                    let finding = run(&[case], Some(fault)).remove(0);
                    match finding.verdict {
                        Ok(Verdict::Deviates(_)) => {}
                        // There is nothing to find a fault by.
                        Ok(Verdict::NotApplicable(_)) if cfg!(not(target_os = "linux")) => {}
                        other => {
                            let what = format!("{}, {}: {other:?}", fault.name(), fault.what);
                            missed.lock().unwrap().push(what);
                        }
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn faults_have_names() {
    for fault in faults() {
        let name = fault.name();
        let named = Fault::named(&name).unwrap();
        assert_eq!(
            (named.breaks, named.what),
            (fault.breaks, fault.what),
            "{name}"
        );
    }
    for name in [
        "contract/list-sorted:0",
        "contract/list-sorted:99",
        "contract",
    ] {
        assert!(Fault::named(name).is_none(), "{name}");
    }
}
