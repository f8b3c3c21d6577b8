//! The report as JUnit XML, for CI systems.
//!
//! Each target is a test suite, each case a test of the target's name as its class. A deviation that
//! fails the run is a failure, one that is stale too; a fault of the suite is an error. What is
//! known to deviate and what does not apply is skipped, with the reason.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::{Report, describe};
use crate::differential::{Between, Disagreement};
use crate::judgement::{Judged, Standing};

/// Writes the report.
///
/// # Errors
/// What `out` returns.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let mut junit = Junit::new("conformance");
    for target in &report.targets {
        let mut suite = TestSuite::new(target.name.as_str());
        suite.add_test_cases(target.judged.iter().map(|judged| {
            let mut test = test(judged);
            test.set_classname(target.name.as_str());
            test
        }));
        junit.add_test_suite(suite);
    }
    if let Some(between) = &report.between {
        junit.add_test_suite(compared(between));
    }
    junit.serialize(&mut *out).map_err(io::Error::other)?;
    writeln!(out)
}

fn test(judged: &Judged) -> TestCase {
    let finding = &judged.finding;
    let note = match &finding.verdict {
        Ok(verdict) => verdict.note().unwrap_or_default().to_owned(),
        Err(error) => error.to_string(),
    };
    let unsuccessful = |kind, message: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status
            .set_message(message)
            .set_description(describe(judged));
        status
    };
    let skipped = |message: &str| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(message);
        status
    };
    let status = match judged.standing {
        Standing::Good | Standing::Otherwise | Standing::Violation => TestCaseStatus::success(),
        Standing::NotApplicable => skipped(&note),
        Standing::Known => {
            let reason = judged.known.as_ref().map(|known| known.reason.as_str());
            skipped(&format!("known to deviate: {}", reason.unwrap_or(&note)))
        }
        Standing::Warning | Standing::Failure => unsuccessful(NonSuccessKind::Failure, &note),
        Standing::Stale => unsuccessful(
            NonSuccessKind::Failure,
            "deviations.toml lists a deviation that no longer occurs",
        ),
        Standing::Error => unsuccessful(NonSuccessKind::Error, &note),
    };
    let mut test = TestCase::new(finding.case.id, status);
    test.set_time(finding.took);
    if judged.standing == Standing::Good && !note.is_empty() {
        test.set_system_out(describe(judged));
    }
    test
}

fn compared(between: &Between) -> TestSuite {
    let status = match &between.conflict {
        None => TestCaseStatus::success(),
        Some(conflict) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message("servers contradict each other where the contract fixes the response")
                .set_description(tell(conflict));
            status
        }
    };
    let mut test = TestCase::new("the same answers", status);
    test.set_classname("between the servers");
    if !between.open.is_empty() {
        let open: Vec<String> = between.open.iter().map(tell).collect();
        test.set_system_out(open.join("\n"));
    }
    let mut suite = TestSuite::new("between the servers");
    suite.add_test_case(test);
    suite
}

fn tell(disagreement: &Disagreement) -> String {
    let replies = disagreement.answers.iter();
    let replies = replies.map(|reply| format!("  {}: {}", reply.target, reply.answer));
    let lines: Vec<String> = std::iter::once(disagreement.request.clone())
        .chain(replies)
        .collect();
    lines.join("\n")
}
