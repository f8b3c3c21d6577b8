//! Two records side by side: do they say the same?

mod circumstances;
mod comparable;
mod contradictions;
mod counts;
mod figures;
mod latency;
mod limit;
mod memory;
mod sample;
mod view;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, bail};
use quartet_analysis::Analysis;
use quartet_analysis::statistics::{Ratio, Verdict, mean, ratio_between, simultaneous_confidence};
use quartet_record::Record;

use crate::table::{Align, Table};
use comparable::Incomparable;
use counts::CountRow;
use limit::Wanted;
use sample::{Kind, Sample};
use view::View;

/// What two records say of the same things.
#[derive(Debug)]
pub struct Difference {
    /// What each was: when it was begun, and by which command.
    runs: [String; 2],
    /// How machine, build, servers and plan are not the same.
    circumstances: Vec<String>,
    figures: Vec<Figure>,
    /// Instructions and allocations.
    counts: Vec<CountRow>,
    /// What a limit on slowdowns is about.
    wanted: Vec<Wanted>,
    /// The rows that were excluded in either, so that they are not compared.
    excluded: Vec<String>,
    /// Verdicts that cannot both be true.
    contradictions: Vec<String>,
    /// What is not compared, and why; such as what counts in one record alone.
    alone: Vec<String>,
}

/// One figure of two records.
#[derive(Debug)]
struct Figure {
    of: String,
    kind: Kind,
    first: f64,
    second: f64,
    /// The second over the first, with an interval that is corrected for the number of figures.
    change: Ratio,
    margin: f64,
    verdict: Verdict,
    /// Whether the server's and the reference's programs are the same files in both.
    same_programs: bool,
}

impl Difference {
    /// Compares what relates to the reference of each run, since machine speed is no server's, and memory, which is
    /// the same on any day. The floor is left out: at it the generator is measured.
    ///
    /// # Errors
    /// Where a record is damaged, or they share no figure that counts.
    pub fn between(first: &Record, second: &Record) -> Result<Self> {
        let analyses = [Analysis::of(first)?, Analysis::of(second)?];
        let views = [
            View::of(first, &analyses[0])?,
            View::of(second, &analyses[1])?,
        ];
        let samples = figures::samples(&views);
        let confidence = simultaneous_confidence(samples.len());
        let figures: Vec<Figure> = samples
            .into_iter()
            .filter_map(|sample| Figure::of(sample, confidence))
            .collect();
        let incomparable = comparable::incomparable(&views);
        if figures.is_empty() {
            let why = incomparable.first();
            let why = why.map(|row| format!(": {}, {}", row.of, row.why));
            bail!(
                "the records share no valid figure{}",
                why.unwrap_or_default()
            );
        }
        let mut alone: Vec<String> = memory::note(&views).into_iter().collect();
        alone.extend(latency::notes(&views));
        alone.extend(counts::notes(first, second));
        if [first, second]
            .iter()
            .any(|record| record.plan.scaling.is_some())
        {
            alone.push(
                "requests per second by number of workers (--scaling): diff does not compare them"
                    .to_owned(),
            );
        }
        alone.extend(
            incomparable
                .iter()
                .map(|row| format!("{}: {}", row.of, row.why)),
        );
        let excluded = incomparable.into_iter().filter(|row| row.excluded);
        Ok(Self {
            runs: [first, second].map(|record| format!("{}, {}", record.started, record.command)),
            circumstances: [
                circumstances::differences(first, second),
                circumstances::speeds(&views),
            ]
            .concat(),
            figures,
            counts: counts::rows(first, second),
            wanted: limit::wanted(&views),
            excluded: excluded
                .map(|Incomparable { of, .. }| of)
                .chain(latency::excluded(&views))
                .collect(),
            contradictions: [contradictions::all(&views), latency::contradictions(&views)].concat(),
            alone,
        })
    }

    /// Whether nothing differs.
    pub fn consistent(&self) -> bool {
        self.contradictions.is_empty()
            && !self.figures.iter().any(Figure::differs)
            && !self.counts.iter().any(CountRow::differs)
    }

    /// One sentence: what to make of all of it.
    fn conclusion(&self) -> String {
        let count = self.figures.len() + self.counts.len();
        let excluded = match self.excluded.len() {
            0 => String::new(),
            1 => " 1 row is not comparable.".to_owned(),
            several => format!(" {several} rows are not comparable."),
        };
        if self.consistent() {
            let scope = match self.excluded.is_empty() {
                true => "",
                false => " in what can be compared",
            };
            return format!(
                "Conclusion: consistent{scope}. None of {count} figures differs.{excluded}"
            );
        }
        let mut words: BTreeMap<&str, usize> = BTreeMap::new();
        for figure in self.figures.iter().filter(|figure| figure.differs()) {
            *words.entry(figure.word()).or_default() += 1;
        }
        for row in self.counts.iter().filter(|row| row.differs()) {
            *words.entry(row.word()).or_default() += 1;
        }
        let apart: usize = words.values().sum();
        let words: Vec<String> = words
            .into_iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let figures = match words.as_slice() {
            [] => format!("None of {count} figures differs"),
            words => format!(
                "{apart} of {count} figures differ: {} in B",
                words.join(", ")
            ),
        };
        let contradictions = match self.contradictions.len() {
            0 => "no verdicts contradict each other".to_owned(),
            1 => "1 pair of verdicts contradicts each other".to_owned(),
            several => format!("{several} pairs of verdicts contradict each other"),
        };
        let same = self.figures.iter().filter(|figure| figure.differs());
        let same = same.filter(|figure| figure.same_programs).count();
        let machine = match same {
            0 => String::new(),
            _ if same == apart && apart == 1 => {
                " It is of programs that are the same in both: the machine differed, not the \
                 server."
                    .to_owned()
            }
            _ if same == apart => {
                " All are of programs that are the same in both: the machine differed, not the \
                 servers."
                    .to_owned()
            }
            1 => {
                " 1 is of programs that are the same in both, so the machine may have changed the \
                  others by as much."
                    .to_owned()
            }
            same => format!(
                " {same} are of programs that are the same in both, so the machine may have changed the \
                 others by as much."
            ),
        };
        format!("Conclusion: not consistent. {figures}; {contradictions}.{machine}{excluded}")
    }

    /// All of it, for people, who know the records by these names.
    pub fn text(&self, names: [&str; 2]) -> String {
        let mut text = String::new();
        for (letter, (name, run)) in ["A", "B"].iter().zip(names.iter().zip(&self.runs)) {
            // Writing to a string does not fail, here and below.
            let _ = writeln!(text, "{letter}: {name} ({run})");
        }
        list(
            &mut text,
            "Differences of machine, build and plan",
            &self.circumstances,
        );
        let _ = write!(text, "\n{}\n{}", self.table().text(), WORDS);
        list(&mut text, "Not compared", &self.alone);
        list(
            &mut text,
            "Verdicts that cannot both be true",
            &self.contradictions,
        );
        let _ = writeln!(text, "\n{}", self.conclusion());
        text
    }

    fn table(&self) -> Table {
        let mut table = Table::new([
            ("server and lane", Align::Left),
            ("figure, relative to the reference", Align::Left),
            ("A", Align::Right),
            ("B", Align::Right),
            ("B ÷ A (95 %, all at once)", Align::Left),
            ("margin", Align::Right),
            ("B is", Align::Left),
        ]);
        for figure in &self.figures {
            let change = figure.change;
            table.push(vec![
                figure.of.clone(),
                figure.kind.name(),
                format!("{:.3}", figure.first),
                format!("{:.3}", figure.second),
                format!(
                    "{:.3} ({:.3} to {:.3})",
                    change.estimate, change.low, change.high
                ),
                format!("{:.1} %", 100.0 * figure.margin),
                figure.word().to_owned(),
            ]);
        }
        for row in &self.counts {
            table.push(vec![
                format!("{}, {}", row.server, row.lane.name()),
                row.counted.name().to_owned(),
                row.shown(row.first),
                row.shown(row.second),
                format!("{:.3}, counted", row.ratio()),
                CountRow::margin(),
                row.word().to_owned(),
            ]);
        }
        for of in &self.excluded {
            let nothing = String::new;
            table.push(vec![
                of.clone(),
                "all figures".to_owned(),
                nothing(),
                nothing(),
                nothing(),
                nothing(),
                "not comparable".to_owned(),
            ]);
        }
        table
    }
}

/// What the table's last column says.
const WORDS: &str = "\
FASTER, SLOWER, LARGER, SMALLER: the whole interval lies beyond the margin; the figures differ.
MORE, FEWER: the counts differ by more than the margin. They repeat nearly exactly, and have no interval.
the same: the whole interval lies within the margin.
consistent: the interval crosses the margin; no difference was found, and none is ruled out.
not comparable: the row is excluded in a record; the reason is below.
";

fn list(text: &mut String, heading: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{heading}:");
    for item in items {
        let _ = writeln!(text, "· {item}");
    }
}

impl Figure {
    fn of(sample: Sample, confidence: f64) -> Option<Self> {
        let change = ratio_between(&sample.first, &sample.second, confidence)?;
        let geometric = |logarithms: &[f64]| mean(logarithms).map(f64::exp);
        Some(Self {
            of: sample.of,
            kind: sample.kind,
            first: geometric(&sample.first)?,
            second: geometric(&sample.second)?,
            change,
            margin: sample.margin,
            verdict: Verdict::within(change, sample.margin),
            same_programs: sample.same_programs,
        })
    }

    fn differs(&self) -> bool {
        matches!(self.verdict, Verdict::Ahead | Verdict::Behind)
    }

    /// What B is, beside A.
    fn word(&self) -> &'static str {
        let [greater, less] = self.kind.words();
        match self.verdict {
            Verdict::Ahead => greater,
            Verdict::Behind => less,
            Verdict::Tie => "the same",
            Verdict::Undecided => "consistent",
        }
    }
}

#[cfg(test)]
mod tests;
