//! What the conformance gate found: a summary, the deviations with their reasons, every case.

use std::collections::BTreeSet;

use quartet_record::{CaseFinding, CaseVerdict, ServerRecord};

use super::block::{Block, Captioned, Item, Link, Mark, Matrix, MatrixRow, Section};
use super::material::Material;
use crate::table::{Align, Table};

pub(super) fn section(material: &Material<'_>) -> Section {
    let servers = &material.record.servers;
    let mut blocks = vec![
        Block::Paragraph(
            "Before the measurement, the conformance suite tested each binary. A server that \
             fails a must-case is excluded, unless the deviation is known."
                .to_owned(),
        ),
        Block::Table(Captioned::new(
            "Cases of the conformance gate, by verdict",
            summary(servers),
        )),
    ];
    let known = deviations(servers);
    if !known.is_empty() {
        blocks.push(Block::Folded {
            summary: format!("Deviations and legal variants: {}", known.len()),
            blocks: vec![Block::List(known)],
            printed: true,
        });
    }
    let matrix = matrix(servers, &material.background.suite.cases);
    if !matrix.rows.is_empty() {
        blocks.push(Block::Folded {
            summary: format!("Every case: {}", matrix.rows.len()),
            blocks: vec![Block::Matrix(matrix)],
            printed: true,
        });
    }
    Section {
        id: "conformance",
        heading: "Conformance",
        blocks,
    }
}

fn summary(servers: &[ServerRecord]) -> Table {
    let mut table = Table::new([
        ("server", Align::Left),
        ("ok", Align::Right),
        ("differs", Align::Right),
        ("known deviations", Align::Right),
        ("not applicable", Align::Right),
        ("fails", Align::Right),
    ]);
    for server in servers {
        let mut row = vec![server.name.clone()];
        match &server.conformance {
            Some(found) => row.extend(
                [
                    found.conforms,
                    found.differs,
                    found.known_deviations,
                    found.not_applicable,
                    found.failed.len(),
                ]
                .map(|count| count.to_string()),
            ),
            None => row.push("not tested for it".to_owned()),
        }
        table.push(row);
    }
    table
}

fn findings(server: &ServerRecord) -> &[CaseFinding] {
    server
        .conformance
        .as_ref()
        .map_or(&[], |found| found.cases.as_slice())
}

/// What is not simply as it should be, with reasons: the worst first, and servers together of
/// which the same is to be said.
pub(crate) fn deviations(servers: &[ServerRecord]) -> Vec<Item> {
    let mut found: Vec<(&CaseFinding, Vec<&str>)> = Vec::new();
    for server in servers {
        for case in findings(server) {
            if matches!(
                case.verdict,
                CaseVerdict::Conforms | CaseVerdict::NotApplicable
            ) {
                continue;
            }
            match found.iter_mut().find(|(known, _)| *known == case) {
                Some((_, names)) => names.push(&server.name),
                None => found.push((case, vec![&server.name])),
            }
        }
    }
    found.sort_by_key(|(case, _)| std::cmp::Reverse(case.verdict));
    let items = found.into_iter().map(|(case, names)| {
        let why = case.reason.as_ref().or(case.note.as_ref());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        Item {
            text: format!(
                "{}, {}{why} ({})",
                case.id,
                phrase(case.verdict),
                names.join(", ")
            ),
            link: case.upstream.as_deref().and_then(Link::web),
        }
    });
    items.collect()
}

fn phrase(verdict: CaseVerdict) -> &'static str {
    match verdict {
        CaseVerdict::Conforms => "conforms",
        CaseVerdict::Differs => "a legal variant",
        CaseVerdict::NotApplicable => "does not apply",
        CaseVerdict::KnownDeviation => "a known deviation",
        CaseVerdict::Fails => "fails",
        CaseVerdict::Undecided => "error of the suite",
    }
}

fn matrix(servers: &[ServerRecord], cases: &[(&str, &str)]) -> Matrix {
    let asked: BTreeSet<&str> = servers
        .iter()
        .flat_map(findings)
        .map(|case| case.id.as_str())
        .collect();
    // The suite's order first; a record may know of cases that this suite no longer has.
    let mut ids: Vec<(&str, &str)> = cases
        .iter()
        .copied()
        .filter(|(id, _)| asked.contains(id))
        .collect();
    let unknown = asked
        .iter()
        .filter(|id| cases.iter().all(|(known, _)| known != *id));
    ids.extend(unknown.map(|id| (*id, "")));
    let servers: Vec<&ServerRecord> = servers
        .iter()
        .filter(|server| !findings(server).is_empty())
        .collect();
    Matrix {
        caption: "Each case of the gate and each server".to_owned(),
        servers: servers.iter().map(|server| server.name.clone()).collect(),
        rows: ids
            .into_iter()
            .map(|(id, requirement)| MatrixRow {
                id: id.to_owned(),
                requirement: requirement.to_owned(),
                cells: servers.iter().map(|server| mark(server, id)).collect(),
            })
            .collect(),
    }
}

fn mark(server: &ServerRecord, id: &str) -> Option<Mark> {
    let case = findings(server).iter().find(|case| case.id == id)?;
    Some(Mark {
        word: case.verdict.as_str(),
        class: match case.verdict {
            CaseVerdict::Conforms => "good",
            CaseVerdict::Differs => "other",
            CaseVerdict::NotApplicable => "none",
            CaseVerdict::KnownDeviation => "warn",
            CaseVerdict::Fails | CaseVerdict::Undecided => "bad",
        },
        note: case
            .reason
            .clone()
            .or_else(|| case.note.clone())
            .unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::record;

    fn case(id: &str, verdict: CaseVerdict) -> CaseFinding {
        CaseFinding {
            id: id.to_owned(),
            verdict,
            note: Some("a note".to_owned()),
            reason: None,
            upstream: Some("https://example.org/1".to_owned()),
        }
    }

    #[test]
    fn servers_of_which_the_same_is_said_stand_together() {
        let mut record = record();
        for server in &mut record.servers[..2] {
            server.conformance.as_mut().unwrap().cases = vec![
                case("a/differs", CaseVerdict::Differs),
                case("a/known", CaseVerdict::KnownDeviation),
            ];
        }
        let said: Vec<String> = deviations(&record.servers)
            .into_iter()
            .map(|item| item.text)
            .collect();
        assert_eq!(
            said,
            [
                "a/known, a known deviation: a note (axum, warp)",
                "a/differs, a legal variant: a note (axum, warp)"
            ]
        );
    }

    #[test]
    fn cases_are_in_the_suites_order_and_unknown_ones_last() {
        let mut record = record();
        let cases = [("b/first", "it must"), ("a/second", "it must too")];
        let [first, second] = cases.map(|(id, _)| id);
        record.servers.truncate(2);
        let set = |server: &mut ServerRecord, found: Vec<CaseFinding>| {
            server.conformance.as_mut().unwrap().cases = found;
        };
        set(
            &mut record.servers[0],
            vec![
                case("gone/case", CaseVerdict::Fails),
                case(second, CaseVerdict::Conforms),
            ],
        );
        set(
            &mut record.servers[1],
            vec![case(first, CaseVerdict::Differs)],
        );
        let matrix = matrix(&record.servers, &cases);
        let ids: Vec<&str> = matrix.rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, [first, second, "gone/case"]);
        assert!(matrix.rows[0].cells[0].is_none());
        assert_eq!(matrix.rows[0].cells[1].as_ref().unwrap().word, "differs");
        let said = deviations(&record.servers);
        assert_eq!(said.len(), 2);
        assert_eq!(said[0].text, "gone/case, fails: a note (axum)");
        assert!(said[0].link.is_some());
    }
}
