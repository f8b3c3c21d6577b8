//! The report as one page that needs no other file.
//!
//! The template escapes everything that is put into it. Of long exchanges the page has the
//! beginning; the JSON report has all that was kept.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use askama::Template;

use super::{Exception, Report, TargetReport, heading, source};
use crate::deviations::Known;
use crate::differential::Between;
use crate::evidence::{Exchange, Octets};
use crate::judgement::{Judged, Standing};
use crate::{Case, Group, Verdict, cases};

/// The most connections shown of a finding: the last ones, which show what decided it.
const CONNECTIONS: usize = 3;

/// The most octets shown of one direction of a connection.
const SHOWN: usize = 1024;

/// The same of a finding that is not as it should be.
const SHOWN_OF_EXCEPTION: usize = 4096;

/// What this page and others of the project have in common: colours in light and dark, text, tables.
pub const BASE_STYLE: &str = include_str!("../../templates/base.css");

/// Writes the page.
///
/// # Errors
/// What `out` returns.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let rows: Vec<Row<'_>> = cases::all()
        .filter(|case| report.targets.iter().any(|t| t.find(case.id).is_some()))
        .map(|case| Row::of(case, report))
        .collect();
    let areas: BTreeSet<&str> = rows.iter().map(|row| row.case.area()).collect();
    let page = Page {
        seed: report.seed,
        as_expected: report.is_as_expected(),
        exceptions: exceptions(report),
        targets: report.targets.iter().map(Summary::of).collect(),
        areas,
        rows,
        absent: &report.absent,
        between: report.between.as_ref(),
    };
    page.write_into(out).map_err(io::Error::other)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    seed: u64,
    as_expected: bool,
    exceptions: Vec<ExceptionsOfGroup<'a>>,
    targets: Vec<Summary<'a>>,
    areas: BTreeSet<&'a str>,
    rows: Vec<Row<'a>>,
    absent: &'a [String],
    between: Option<&'a Between>,
}

/// What is not as it should be and belongs to one group.
struct ExceptionsOfGroup<'a> {
    group: &'static str,
    exceptions: Vec<Told<'a>>,
}

/// What is not as it should be, as the page's beginning has it.
struct Told<'a> {
    heading: String,
    class: &'static str,
    target: &'a str,
    cause: Option<&'a str>,
    expected: &'static str,
    found: String,
    source: String,
    known: Option<String>,
    replay: Option<String>,
    /// The cases, and the place that tells of each in full.
    cases: Vec<(&'static str, String)>,
}

impl<'a> Told<'a> {
    fn of(index: usize, target: &'a TargetReport, exception: &Exception<'a>) -> Option<Self> {
        let first = exception.judged.first()?;
        let (label, found) = label(first);
        let case = first.finding.case;
        let last = first.finding.evidence.exchanges.last();
        let place = |judged: &&Judged| {
            let id = judged.finding.case.id;
            (id, format!("{}-{index}", id.replace('/', "-")))
        };
        Some(Self {
            heading: heading(first),
            class: class(label),
            target: &target.name,
            cause: exception.cause,
            expected: case.requirement,
            found,
            source: source(first),
            known: first.known.as_ref().map(Known::describe),
            replay: last.and_then(Exchange::replay),
            cases: exception.judged.iter().map(place).collect(),
        })
    }
}

fn exceptions(report: &Report) -> Vec<ExceptionsOfGroup<'_>> {
    let of_group = |group: Group| {
        let targets = report.targets.iter().enumerate();
        let told = targets.flat_map(|(index, target)| {
            let exceptions = target.exceptions();
            let of_it = exceptions.into_iter().filter(|e| e.group == group);
            let told: Vec<_> = of_it.filter_map(|e| Told::of(index, target, &e)).collect();
            told
        });
        ExceptionsOfGroup {
            group: group.as_str(),
            exceptions: told.collect(),
        }
    };
    let groups = Group::ALL.into_iter().map(of_group);
    groups
        .filter(|group| !group.exceptions.is_empty())
        .collect()
}

/// A target, and how many cases came out how.
struct Summary<'a> {
    name: &'a str,
    version: &'a str,
    tally: String,
    skipped: Vec<(&'a str, usize)>,
}

impl<'a> Summary<'a> {
    fn of(target: &'a TargetReport) -> Self {
        Self {
            name: &target.name,
            version: target.version.as_deref().unwrap_or_default(),
            tally: target.tally(),
            skipped: target.skipped(),
        }
    }
}

/// A case, and what was found of each target.
struct Row<'a> {
    case: &'static Case,
    cells: Vec<Cell<'a>>,
    /// What the filter looks for: the labels of its cells.
    labels: String,
}

impl<'a> Row<'a> {
    fn of(case: &'static Case, report: &'a Report) -> Self {
        let targets = report.targets.iter().enumerate();
        let cells: Vec<Cell<'_>> = targets
            .map(|(index, target)| Cell::of(case, index, target))
            .collect();
        let labels: BTreeSet<&str> = cells.iter().map(|cell| cell.label).collect();
        Self {
            case,
            cells,
            labels: labels.into_iter().collect::<Vec<_>>().join(" "),
        }
    }

    /// The name of the place on the page that tells of the case.
    fn anchor(&self) -> String {
        self.case.id.replace('/', "-")
    }
}

/// What was found of a target in a case.
struct Cell<'a> {
    target: &'a str,
    /// The name of the place on the page that tells of it; empty if the target is not held to it.
    anchor: String,
    label: &'static str,
    class: &'static str,
    note: String,
    known: Option<String>,
    milliseconds: String,
    exchanges: Vec<Shown>,
    left_out: usize,
}

impl<'a> Cell<'a> {
    fn of(case: &Case, index: usize, target: &'a TargetReport) -> Self {
        let Some(judged) = target.find(case.id) else {
            return Self {
                target: &target.name,
                anchor: String::new(),
                label: "",
                class: "",
                note: String::new(),
                known: None,
                milliseconds: String::new(),
                exchanges: Vec::new(),
                left_out: 0,
            };
        };
        let (label, note) = label(judged);
        let is_exception = !matches!(judged.standing, Standing::Good | Standing::NotApplicable);
        let most = if is_exception {
            SHOWN_OF_EXCEPTION
        } else {
            SHOWN
        };
        let evidence = &judged.finding.evidence;
        let skipped = evidence.exchanges.len().saturating_sub(CONNECTIONS);
        let exchanges = evidence.exchanges.iter().skip(skipped);
        Self {
            target: &target.name,
            anchor: format!("{}-{index}", case.id.replace('/', "-")),
            label,
            class: class(label),
            note,
            known: judged.known.as_ref().map(Known::describe),
            milliseconds: format!("{:.1}", judged.finding.took.as_secs_f64() * 1e3),
            exchanges: exchanges
                .map(|exchange| Shown::of(exchange, most))
                .collect(),
            left_out: evidence.left_out + skipped,
        }
    }
}

/// The label of a finding, and its note.
fn label(judged: &Judged) -> (&'static str, String) {
    let (differs, note) = match &judged.finding.verdict {
        Ok(verdict) => (
            matches!(verdict, Verdict::Differs(_)),
            verdict.note().unwrap_or_default().to_owned(),
        ),
        Err(error) => (false, error.to_string()),
    };
    let label = match judged.standing {
        Standing::Good if differs => "differs",
        Standing::Good => "ok",
        Standing::NotApplicable => "n/a",
        Standing::Known => "known",
        Standing::Otherwise => "contract",
        Standing::Violation => "RFC",
        Standing::Warning => "warning",
        Standing::Failure => "fails",
        Standing::Stale => "stale",
        Standing::Error => "error",
    };
    (label, note)
}

/// The colour that goes with a label.
fn class(label: &str) -> &'static str {
    match label {
        "ok" => "good",
        "differs" => "other",
        "n/a" => "none",
        "known" | "warning" | "contract" | "RFC" => "warn",
        _ => "bad",
    }
}

/// What passed over a connection, as the page has it.
struct Shown {
    address: String,
    directions: [(&'static str, Direction); 2],
    replay: Option<String>,
}

impl Shown {
    fn of(exchange: &Exchange, most: usize) -> Self {
        Self {
            address: format!("{}:{}", exchange.host, exchange.port),
            directions: [
                ("sent", Direction::of(&exchange.sent, most)),
                ("received", Direction::of(&exchange.received, most)),
            ],
            replay: exchange.replay(),
        }
    }
}

/// The octets that went one way.
struct Direction {
    text: String,
    /// Two digits an octet, where the text does not say what the octets are; a script sets them out
    /// when they are asked for.
    hex: Option<String>,
    shown: usize,
    total: usize,
}

impl Direction {
    fn of(octets: &Octets, most: usize) -> Self {
        let shown = octets.kept.get(..most).unwrap_or(&octets.kept);
        let hex = || {
            let mut hex = String::with_capacity(2 * shown.len());
            for octet in shown {
                // Writing to a String cannot fail.
                let _ = write!(hex, "{octet:02x}");
            }
            hex
        };
        Self {
            text: readable(shown),
            hex: (!is_plain(shown)).then(hex),
            shown: shown.len(),
            total: octets.total,
        }
    }
}

/// Whether the readable text tells the octets: it is text in lines that end as HTTP's do, nothing in
/// it looks escaped, and HTML drops no line end at its start.
fn is_plain(octets: &[u8]) -> bool {
    std::str::from_utf8(octets).is_ok_and(|text| {
        let lines = text.split("\r\n");
        let is_plain = |c: char| c == '\n' || (c != '\\' && !c.is_control());
        !text.starts_with('\n') && lines.flat_map(str::chars).all(is_plain)
    })
}

/// Text as it is; what is neither printable nor a line end is escaped.
fn readable(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => text.push('\n'),
                // Half of the line end that HTTP has.
                '\r' => text.push_str("\\r"),
                _ if character.is_control() => text.extend(character.escape_default()),
                _ => text.push(character),
            }
        }
        for octet in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{octet:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_made_readable() {
        let octets = b"GET / HTTP/1.1\r\nX: \xff\0\xc3\xa9<b>";
        assert_eq!(readable(octets), "GET / HTTP/1.1\\r\nX: \\xff\\u{0}é<b>");
    }

    #[test]
    fn hexadecimal_is_given_where_the_text_leaves_a_doubt() {
        for plain in ["GET / HTTP/1.1\r\nX: é\r\n\r\n", "", "a\nb"] {
            assert!(is_plain(plain.as_bytes()), "{plain:?}");
        }
        for doubtful in ["a\rb", "\n", "a\tb", "a\\r\nb", "a\0", "\u{9c}"] {
            assert!(!is_plain(doubtful.as_bytes()), "{doubtful:?}");
        }
        assert!(!is_plain(b"\xff"));
    }
}
