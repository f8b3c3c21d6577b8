//! What holds of every page, read as a program that helps people read would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use quartet_analysis::{DivisionRow, LaneDivision};
use quartet_record::calibration::Calibration;
use quartet_record::estimates::Estimate;
use quartet_record::plan::Lane;
use quartet_record::testing::{
    Scaled, Simulation, calibration, record, with_latency, with_modes, with_scaling,
};
use quartet_record::{CaseFinding, CaseVerdict, Exclusion, State};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::*;
use crate::defaults::tests::defaults;
use crate::upkeep::tests::upkeep;

/// A suite of two cases, and what is known of the made-up frameworks.
fn background() -> Background<'static> {
    Background {
        suite: suite(),
        defaults: Some(defaults()),
        upkeep: Some(upkeep()),
        home: None,
    }
}

fn suite() -> Suite<'static> {
    Suite {
        cases: vec![("wire/one", "It must."), ("wire/two", "It must too.")],
        style: "body { margin: 0 }",
    }
}

fn shown(record: &Record) -> String {
    let row = |arm| DivisionRow {
        arm,
        total: estimate(13_000.0),
        serialisation: Some(estimate(60.0)),
        framework: None,
        http: estimate(-100.0),
        kernel: estimate(8_000.0),
        dispatch: None,
        in_python: false,
    };
    let division = Division {
        lanes: vec![LaneDivision {
            lane: Lane::Item,
            rows: vec![row(0), row(1)],
        }],
        originals: vec!["fastapi: twenty".to_owned()],
        source: "a <place>".to_owned(),
        remarks: vec!["less than nothing".to_owned()],
    };
    let analysis = Analysis::of(record).unwrap();
    page(
        record,
        &analysis,
        &division,
        &background(),
        Some("run.json"),
    )
    .unwrap()
}

fn estimate(value: f64) -> Estimate {
    Estimate {
        value,
        low: value - 10.0,
        high: value + 10.0,
    }
}

#[test]
fn what_the_machine_can_resolve_is_shown_or_said_to_be_unknown() {
    let mut record = Simulation::new(3).run();
    let unknown = shown(&record);
    assert!(unknown.contains("smallest detectable difference is unknown"));
    record.calibration = Some(calibration());
    let known = shown(&record);
    assert!(!known.contains("smallest detectable difference is unknown"));
    for text in ["3 %", "3.10 (2.00 to 4.00)", "99.7 %", "2.6 %"] {
        assert!(known.contains(text), "{text}");
    }
    assert!(!known.contains("Not calibrated") && !known.contains("longer latency"));
    record.calibration = Some(Calibration {
        lanes: Vec::new(),
        missing: vec!["slowed-3, item: an answer was wrong".to_owned()],
        ..with_latency(calibration())
    });
    let latency_alone = shown(&record);
    for text in [
        "has no valid result for rates.",
        "p99 at 25000 requests/s",
        "1.50 (1.40 to 1.60)",
        "22 %",
        "Not calibrated",
        "slowed-3, item: an answer was wrong.",
    ] {
        assert!(latency_alone.contains(text), "{text}");
    }
    assert!(!latency_alone.contains("Detection of known slowdowns"));
}

/// A record in which everything occurs that a page can show.
fn everything() -> Record {
    let scaled = Scaled {
        workers: &[1, 2, 4],
        cores: 6,
        efficiency: &|_, workers, _| if workers > 2 { 0.8 } else { 1.0 },
        noise: 0.01,
    };
    let mut record = with_scaling(with_modes(Simulation::new(3).run()), &scaled);
    record.state = State::Interrupted;
    record.plan.restarts = 28;
    record.calibration = Some(with_latency(calibration()));
    record.warnings.push("a & b < c".to_owned());
    record.exclusions.push(Exclusion {
        arm: 2,
        restart: Some(1),
        lane: None,
        reason: "it answered wrongly".to_owned(),
    });
    let conformance = record.servers[0].conformance.as_mut().unwrap();
    conformance.cases = [CaseVerdict::Conforms, CaseVerdict::KnownDeviation]
        .into_iter()
        .zip(suite().cases)
        .map(|(verdict, (id, _))| CaseFinding {
            id: id.to_owned(),
            verdict,
            note: None,
            reason: Some("a \"reason\"".to_owned()),
            upstream: Some("https://example.org/issues/1".to_owned()),
        })
        .collect();
    record
}

/// The page of [`everything`].
static PAGE: LazyLock<String> = LazyLock::new(|| shown(&everything()));

/// An element, with those it stands in, outermost first.
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    within: Vec<String>,
    /// What is said directly in it.
    text: String,
    /// The element that comes first in it.
    first: Option<String>,
}

/// Every element of a page, in order.
fn elements(page: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(page);
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(start) => {
                let index = enter(&mut elements, &open, &start);
                open.push(index);
            }
            Event::Empty(start) => {
                enter(&mut elements, &open, &start);
            }
            Event::End(_) => {
                open.pop().unwrap();
            }
            Event::Text(text) => {
                if let Some(&innermost) = open.last() {
                    elements[innermost].text += text.decode().unwrap().trim();
                }
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "something is not closed");
    elements
}

fn enter(elements: &mut Vec<Element>, open: &[usize], start: &BytesStart<'_>) -> usize {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let name = text(start.name().as_ref());
    if let Some(&parent) = open.last() {
        elements[parent].first.get_or_insert_with(|| name.clone());
    }
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        (text(attribute.key.as_ref()), text(&attribute.value))
    });
    let element = Element {
        attributes: attributes.collect(),
        within: open
            .iter()
            .map(|&index| elements[index].name.clone())
            .collect(),
        text: String::new(),
        first: None,
        name,
    };
    elements.push(element);
    elements.len() - 1
}

#[test]
fn a_page_is_well_formed_and_small() {
    for record in [everything(), record()] {
        let page = &shown(&record);
        assert!(page.len() < 1 << 20, "{} octets", page.len());
        assert!(!elements(page).is_empty());
    }
}

#[test]
fn a_page_loads_nothing_and_runs_nothing() {
    let page = &*PAGE;
    for element in elements(page) {
        assert!(
            ![
                "script", "link", "img", "iframe", "object", "embed", "image", "use"
            ]
            .contains(&element.name.as_str()),
            "{}",
            element.name
        );
        for (name, value) in &element.attributes {
            assert!(
                !["src", "srcset", "style"].contains(&name.as_str()),
                "{name}"
            );
            assert!(!name.starts_with("on"), "{name}");
            if name == "href" {
                assert_eq!(element.name, "a");
            } else {
                assert!(!value.contains("://"), "{value}");
            }
        }
    }
    for loading in ["@import", "url("] {
        assert!(!page.contains(loading), "{loading}");
    }
}

#[test]
fn headings_descend_one_level_at_a_time() {
    let headings: Vec<u8> = elements(&PAGE)
        .iter()
        .filter_map(|element| match element.name.as_bytes() {
            [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
            _ => None,
        })
        .collect();
    assert_eq!(headings.iter().filter(|&&level| level == 1).count(), 1);
    assert_eq!(headings[0], 1);
    assert!(
        headings.windows(2).all(|pair| pair[1] <= pair[0] + 1),
        "{headings:?}"
    );
}

#[test]
fn every_chart_says_what_it_shows() {
    let elements = elements(&PAGE);
    let charts = elements
        .iter()
        .filter(|element| element.name == "svg" && !element.within.iter().any(|one| one == "svg"));
    let mut found = 0;
    for chart in charts {
        found += 1;
        assert_eq!(chart.attributes["role"], "img");
        assert_eq!(chart.first.as_deref(), Some("title"));
        for id in chart.attributes["aria-labelledby"].split(' ') {
            let named = elements.iter().find(|element| {
                element
                    .attributes
                    .get("id")
                    .is_some_and(|found| found == id)
            });
            assert!(
                named.is_some_and(|element| !element.text.is_empty()),
                "{id}"
            );
        }
    }
    // Two lanes: ratios, CPU, latency and scaling of each. Two rates; throughput, memory, start-up, division.
    assert_eq!(found, 14);
}

#[test]
fn every_table_has_a_caption_and_scopes() {
    let elements = elements(&PAGE);
    let tables = || elements.iter().filter(|element| element.name == "table");
    assert!(tables().count() > 8);
    assert!(tables().all(|table| table.first.as_deref() == Some("caption")));
    let is_worded = |element: &&Element| {
        element
            .within
            .last()
            .is_some_and(|parent| parent == "caption")
            && !element.text.is_empty()
    };
    assert_eq!(elements.iter().filter(is_worded).count(), tables().count());
    let headers = elements.iter().filter(|element| element.name == "th");
    assert!(
        headers
            .into_iter()
            .all(|header| header.attributes.contains_key("scope"))
    );
    let rows = elements.iter().filter(|element| element.name == "tr");
    assert!(
        rows.into_iter()
            .filter(|row| row.within.iter().any(|one| one == "tbody"))
            .all(|row| row.first.is_some())
    );
}

#[test]
fn links_within_the_page_lead_somewhere_and_names_are_used_once() {
    let elements = elements(&PAGE);
    let mut ids = BTreeSet::new();
    for id in elements
        .iter()
        .filter_map(|element| element.attributes.get("id"))
    {
        assert!(ids.insert(id.as_str()), "{id} twice");
    }
    let inner = elements
        .iter()
        .filter_map(|element| element.attributes.get("href")?.strip_prefix('#'));
    let mut found = 0;
    for target in inner {
        found += 1;
        assert!(ids.contains(target), "{target}");
    }
    assert!(found > 10);
}

#[test]
fn what_rfcs_demand_and_a_plain_program_fails_is_said() {
    let page = &*PAGE;
    assert!(page.contains("1 of 9 failed") && page.contains("<strong>0 of 9 failed</strong>"));
    assert!(page.contains(
        "wire/host-missing: A request without Host is 400. (RFC 9112 §3.2) Failed by warp."
    ));
}

#[test]
fn sections_come_in_the_order_people_read_them() {
    let page = &*PAGE;
    let ids = [
        "choose",
        "verdict",
        "rates",
        "cpu",
        "latency",
        "throughput",
        "memory",
        "footprint",
        "start-up",
        "conformance",
        "defaults",
        "division",
        "resolution",
        "method",
        "gates",
        "raw",
    ];
    let places: Vec<Option<usize>> = ids
        .iter()
        .map(|id| page.find(&format!("<section id=\"{id}\">")))
        .collect();
    assert!(places.iter().all(Option::is_some), "{places:?}");
    assert!(places.is_sorted());
    assert!(page.contains("<a href=\"run.json\">run.json</a>"));
}

#[test]
fn an_interrupted_run_says_so_before_anything_else() {
    assert!(!shown(&record()).contains("was interrupted"));
    let page = &*PAGE;
    let said = page
        .find("This run was interrupted: 3 of 28 restarts are used")
        .unwrap();
    assert!(said < page.find("<main>").unwrap());
}

#[test]
fn an_excluded_row_says_why_in_its_place() {
    let page = &*PAGE;
    assert!(
        page.contains("<td colspan=\"6\">it answered wrongly (restart 2)</td>"),
        "{page}"
    );
    assert!(page.contains("salvo is excluded;"));
}

#[test]
fn an_empty_run_is_still_a_page() {
    let mut empty = record();
    empty.restarts.clear();
    let page = shown(&empty);
    assert!(page.contains("no verdict") && page.ends_with("</html>"));
}

#[test]
fn what_a_record_says_is_never_markup() {
    let mut record = everything();
    record.command = "cargo compare '<script>alert(1)</script>'".to_owned();
    record.machine.processor = Some("<img src=x>".to_owned());
    record.plan.arms[1].name = "</title>\"&".to_owned();
    record.servers[1].name = "</td>".to_owned();
    record.warnings.push("</li><b>".to_owned());
    let cases = &mut record.servers[0].conformance.as_mut().unwrap().cases;
    cases[1].upstream = Some("javascript:alert(1)".to_owned());
    cases[1].reason = Some("\"><b>".to_owned());
    let page = &shown(&record);
    for markup in [
        "<script",
        "<img",
        "</title>\"",
        "<b>",
        "</td></th>",
        "javascript:",
    ] {
        assert!(!page.contains(markup), "{markup}");
    }
    elements(page);
}

#[test]
fn the_table_to_choose_by_has_each_answer_with_its_evidence() {
    let page = &*PAGE;
    let start = page.find("<section id=\"choose\">").unwrap();
    let end = start + page[start..].find("</section>").unwrap();
    let table = &page[start..end];
    for question in [
        "Speed: GET /greetings/en",
        "Speed: GET /greetings ",
        "Latency, µs",
        "Memory, MB",
        "Start-up, ms",
        "Size of the program",
        "Crates",
        "Built in by default",
        "Lines that add the others",
        "Conformance",
    ] {
        assert!(table.contains(question), "{question}: {table}");
    }
    for id in [
        "rates",
        "latency",
        "memory",
        "start-up",
        "footprint",
        "defaults",
        "conformance",
    ] {
        assert!(table.contains(&format!("<a href=\"#{id}\">")), "{id}");
    }
    // The floor, the reference and the copy are no choice.
    for name in ["axum", "warp", "salvo"] {
        let heading = format!("<th scope=\"col\">{name}");
        assert_eq!(table.matches(&heading).count(), 1, "{name}");
    }
    assert!(!table.contains("null") && !table.contains("(again)"));
    assert!(
        table.contains("<strong><a href=\"#defaults\">2 of 2</a></strong>"),
        "{table}"
    );
    assert!(
        table.contains("rank 1, ") && table.contains("excluded"),
        "{table}"
    );
}

#[test]
fn what_is_not_known_has_no_row() {
    let mut empty = record();
    empty.cost = None;
    let analysis = Analysis::of(&empty).unwrap();
    let division = Division::of(&empty).unwrap();
    let page = page(&empty, &analysis, &division, &Background::nothing(), None).unwrap();
    let start = page.find("<section id=\"choose\">").unwrap();
    let table = &page[start..start + page[start..].find("</section>").unwrap()];
    for question in ["Latency, µs", "Built in by default", "Workaround lines"] {
        assert!(!table.contains(question), "{question}");
    }
}
