//! What is told of several servers: where they contradict each other, and what changes from one to another.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use quartet_conformance::differential::compare;
use quartet_conformance::parity::{Answers, page};
use quartet_conformance::{Model, Target};
use quartet_reference::{Fault, Reference};

fn targets(fault: Option<&str>) -> (Vec<Target>, Vec<Reference>) {
    let model = Model::embedded();
    let mut references = Vec::new();
    let mut targets = Vec::new();
    for (name, fault) in [("sound", None), ("other", fault)] {
        let fault = fault.and_then(Fault::named);
        let reference = Reference::start(model.clone(), None, fault).expect("ports are free");
        let mut target = Target::new(name, reference.base());
        target.hold(Some(model.clone()));
        references.push(reference);
        targets.push(target);
    }
    (targets, references)
}

#[test]
fn servers_that_are_alike_are_found_to_be() {
    let (targets, _running) = targets(None);
    let between = compare(&targets, 300, 1);
    assert_eq!((between.conflict, between.open), (None, Vec::new()));
}

#[test]
fn a_conflict_is_told_with_every_answer() {
    let (targets, _running) = targets(Some("contract/item-percent"));
    let between = compare(&targets, 1000, 1);
    let conflict = between.conflict.expect("one of them does not decode");
    assert!(conflict.request.contains('%'), "{conflict:?}");
    assert_eq!(conflict.answers.len(), 2);
    assert_ne!(conflict.answers[0].answer, conflict.answers[1].answer);
}

#[test]
fn what_is_left_open_is_no_conflict() {
    let (targets, _running) = targets(Some("semantics/etag"));
    let between = compare(&targets, 300, 1);
    assert_eq!(between.conflict, None);
    assert!(
        between.open.iter().any(|open| open.about == "ETag"),
        "{between:?}"
    );
}

fn answers(name: &str, fault: Option<&str>) -> Answers {
    let fault = fault.and_then(Fault::named);
    let reference = Reference::start(Model::embedded(), None, fault).expect("ports are free");
    Answers::of(&Target::new(name, reference.base()), None).expect("it answers")
}

#[test]
fn a_difference_is_told_once_with_who_has_it() {
    let (sound, same) = (answers("a", None), answers("b", None));
    let other = answers("c", Some("contract/item-percent"));
    let alike = |page: &str| page.matches("- `").count();
    let told = |page: &str| page.matches("###").count();

    let nothing = page(&sound, std::slice::from_ref(&same));
    assert!(alike(&nothing) > 1, "{nothing}");
    assert_eq!(told(&nothing), 0, "{nothing}");

    let once = page(&sound, &[same, other]);
    assert_eq!(told(&once), 1, "{once}");
    assert_eq!(alike(&once), alike(&nothing) - 1, "{once}");
    assert!(
        once.contains("### a percent-encoded lang: `GET /greetings/%65n`"),
        "{once}"
    );
    assert!(once.contains("b: `200`<br>c: `4"), "{once}");
}
