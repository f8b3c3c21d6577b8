//! Ratios with their intervals, run after run, in groups that are not compared with each other.

use quartet_analysis::statistics::Ratio;

use super::axis::{AXIS, axis};
use super::mark::{Anchor, Chart, Mark, X, level, text, upright};
use super::scale::{Scale, Spread};

/// Where the runs begin and end: between the numbers of the vertical axis and the right edge.
const ACROSS: (f64, f64) = (12.0, 99.0);

/// How tall the plot is, and what is above it: a legend, the groups and the versions.
const PLOT: f64 = 200.0;
const LEGEND: f64 = 20.0;
const LABELS: f64 = 40.0;

/// Words closer to each other than this share of the width cover each other on a phone.
const APART: f64 = 15.0;

/// The symbols of the series.
const SYMBOLS: [&str; 2] = ["●", "▲"];

/// What stands for a figure that is excluded.
const EXCLUDED: &str = "×";

/// One run.
pub(crate) struct Step {
    /// What the horizontal axis says.
    pub(crate) label: String,
    /// The group that it belongs to, such as a machine.
    pub(crate) group: String,
    /// What is noted above it, where it is not what the step before in its group has.
    pub(crate) version: String,
    /// A figure of each series.
    pub(crate) figures: [Figure; 2],
}

/// A figure of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Figure {
    Ratio(Ratio),
    Excluded,
    Nothing,
}

/// The chart.
pub(crate) struct Timeline<'a> {
    /// The names of the series.
    pub(crate) series: [&'a str; 2],
    pub(crate) steps: &'a [Step],
    /// What the horizontal axis counts.
    pub(crate) across_caption: &'a str,
    /// What the vertical axis counts.
    pub(crate) up_caption: &'a str,
}

impl Timeline<'_> {
    pub(crate) fn draw(&self, id: String, title: String, description: String) -> Chart {
        let top = LEGEND + LABELS + 18.0;
        let bottom = top + PLOT;
        let ticks = self.ticks();
        let x = |step: f64| {
            let share = (step + 0.5) / self.steps.len().max(1) as f64;
            ACROSS.0 + share * (ACROSS.1 - ACROSS.0)
        };
        let places = Scale::new(Spread::Linear, (0.0, 100.0), (0.0, 100.0));
        let at: Vec<(f64, String)> = ticks
            .into_iter()
            .map(|(index, label)| (x(index as f64), label))
            .collect();
        let mut marks = axis(&places, &apart(at), (top, bottom), self.across_caption);
        let caption = text("caption", 0.0, top - 8.0, Anchor::Start, self.up_caption);
        marks.push(caption);
        let y = self.vertical((bottom - 14.0, top));
        let decimals = y.decimals(5);
        for tick in y.ticks(5) {
            let place = y.at(tick);
            marks.push(level("grid", place, 0.0, 100.0));
            // Not into the words above.
            if place - top > 12.0 {
                let shown = format!("{tick:.decimals$}");
                marks.push(text("tick", 0.0, place - 3.0, Anchor::Start, shown));
            }
        }
        marks.extend(self.legend());
        marks.extend(self.labels(&x, (top, bottom)));
        for series in 0..self.series.len() {
            marks.extend(self.curve(series, &x, &y, bottom));
        }
        Chart {
            id,
            title,
            description,
            height: bottom + AXIS,
            marks,
        }
    }

    /// The steps at which another label begins, or another group.
    fn ticks(&self) -> Vec<(usize, String)> {
        let mut last = None;
        let mut ticks = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let now = Some((&step.group, &step.label));
            if last != now {
                ticks.push((index, step.label.clone()));
            }
            last = now;
        }
        ticks
    }

    fn vertical(&self, places: (f64, f64)) -> Scale {
        let ratios = self.steps.iter().flat_map(|step| &step.figures);
        let ends = ratios.filter_map(|figure| match figure {
            Figure::Ratio(ratio) => Some((ratio.low, ratio.high)),
            Figure::Excluded | Figure::Nothing => None,
        });
        let range = ends.reduce(|(low, high), ratio| (low.min(ratio.0), high.max(ratio.1)));
        let (low, high) = range.unwrap_or((0.0, 1.0));
        let room = 0.08 * (high - low).max(0.01 * high);
        Scale::new(Spread::Linear, (low - room, high + room), places)
    }

    fn legend(&self) -> Vec<Mark> {
        let symbols = SYMBOLS.iter().zip(self.series).enumerate();
        let mut marks: Vec<Mark> = symbols
            .flat_map(|(series, (symbol, name))| {
                let left = 25.0 * series as f64;
                [
                    symbol_of(series, left + 2.0, 9.0, symbol),
                    text("legend", left + 5.0, 13.0, Anchor::Start, name),
                ]
            })
            .collect();
        let excluded = self.steps.iter().flat_map(|step| &step.figures);
        if excluded
            .into_iter()
            .any(|figure| *figure == Figure::Excluded)
        {
            marks.push(text(
                "legend",
                52.0,
                13.0,
                Anchor::Start,
                format!("{EXCLUDED} excluded"),
            ));
        }
        marks
    }

    /// A line where a group begins, with its name, and the versions where they change.
    fn labels(&self, x: &impl Fn(f64) -> f64, (top, bottom): (f64, f64)) -> Vec<Mark> {
        let mut marks = Vec::new();
        let (mut groups, mut versions) = (Vec::new(), Vec::new());
        let mut before: Option<&Step> = None;
        for (index, step) in self.steps.iter().enumerate() {
            let left = x(index as f64 - 0.5);
            let is_new = before.is_none_or(|before| before.group != step.group);
            if is_new {
                groups.push((left + 0.5, step.group.clone()));
                if before.is_some() {
                    marks.push(upright("axis", left, top, bottom));
                }
            }
            let changed = before.is_none_or(|before| before.version != step.version);
            if is_new || changed {
                versions.push((left + 0.5, step.version.clone()));
                if !is_new {
                    marks.push(upright("reference", left, top, bottom));
                }
            }
            before = Some(step);
        }
        for (row, labels) in [groups, versions].into_iter().enumerate() {
            let y = LEGEND + 17.0 + 16.0 * row as f64;
            let labels = apart(labels).into_iter();
            marks.extend(labels.map(|(x, label)| text("note", x, y, Anchor::Start, label)));
        }
        marks
    }

    fn curve(&self, series: usize, x: &impl Fn(f64) -> f64, y: &Scale, bottom: f64) -> Vec<Mark> {
        // Side by side, lest they cover each other.
        let aside = if series == 0 { -0.15 } else { 0.15 };
        let mut marks = Vec::new();
        let mut line: Vec<(f64, f64)> = Vec::new();
        let mut last: Option<&str> = None;
        let close = |line: &mut Vec<(f64, f64)>, marks: &mut Vec<Mark>| {
            let points = std::mem::take(line);
            if points.len() > 1 {
                marks.insert(
                    0,
                    Mark::Curve {
                        class: format!("trace s{series}"),
                        points,
                    },
                );
            }
        };
        for (index, step) in self.steps.iter().enumerate() {
            let place = x(index as f64 + aside);
            if last != Some(step.group.as_str()) {
                close(&mut line, &mut marks);
            }
            last = Some(&step.group);
            match step.figures[series] {
                Figure::Nothing => {}
                Figure::Excluded => {
                    marks.push(symbol_of(series, place, bottom - 7.0, EXCLUDED));
                }
                Figure::Ratio(ratio) => {
                    let middle = y.at(ratio.estimate);
                    let class = format!("range s{series}");
                    marks.push(upright(&class, place, y.at(ratio.high), y.at(ratio.low)));
                    marks.push(symbol_of(series, place, middle, SYMBOLS[series]));
                    line.push((place, middle));
                }
            }
        }
        close(&mut line, &mut marks);
        marks
    }
}

fn symbol_of(series: usize, x: f64, y: f64, symbol: &str) -> Mark {
    Mark::Text {
        class: format!("symbol s{series}"),
        at: (X(x), y),
        anchor: Anchor::Middle,
        text: symbol.to_owned(),
    }
}

/// Of words from left to right those that do not cover one before.
fn apart(words: Vec<(f64, String)>) -> Vec<(f64, String)> {
    let mut kept: Vec<(f64, String)> = Vec::new();
    for (x, word) in words {
        if kept.last().is_none_or(|(before, _)| x - before >= APART) {
            kept.push((x, word));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(label: &str, group: &str, version: &str, ratio: Option<f64>) -> Step {
        let figure = ratio.map_or(Figure::Excluded, |estimate| {
            Figure::Ratio(Ratio {
                estimate,
                low: estimate - 0.01,
                high: estimate + 0.01,
            })
        });
        Step {
            label: label.to_owned(),
            group: group.to_owned(),
            version: version.to_owned(),
            figures: [figure, Figure::Nothing],
        }
    }

    fn drawn(steps: &[Step]) -> Vec<Mark> {
        let timeline = Timeline {
            series: ["item", "list"],
            steps,
            across_caption: "",
            up_caption: "",
        };
        let chart = timeline.draw("x".to_owned(), String::new(), String::new());
        chart.marks
    }

    fn texts(marks: &[Mark], class: &str) -> Vec<String> {
        let texts = marks.iter().filter_map(|mark| match mark {
            Mark::Text {
                class: found, text, ..
            } if found == class => Some(text.clone()),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn lines_end_where_another_group_begins() {
        let marks = drawn(&[
            step("1", "A", "1.0", Some(0.9)),
            step("2", "A", "1.1", Some(0.8)),
            step("3", "B", "1.1", Some(0.5)),
            step("4", "B", "1.1", None),
            step("5", "B", "1.1", Some(0.6)),
        ]);
        let curves: Vec<usize> = marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Curve { points, .. } => Some(points.len()),
                _ => None,
            })
            .collect();
        assert_eq!(curves, [2, 2]);
        assert_eq!(texts(&marks, "note"), ["A", "B", "1.0", "1.1", "1.1"]);
        let count = |class: &str| {
            let lines = marks
                .iter()
                .filter(|mark| matches!(mark, Mark::Line { class: found, .. } if found == class));
            lines.count()
        };
        // The axis itself, and the second group; the change of version in the first.
        assert_eq!(
            (count("axis"), count("reference"), count("range s0")),
            (2, 1, 4)
        );
        let symbols = texts(&marks, "symbol s0");
        assert_eq!(
            symbols.iter().filter(|symbol| *symbol == EXCLUDED).count(),
            1
        );
    }

    #[test]
    fn higher_ratios_are_further_up_and_inside() {
        let marks = drawn(&[step("1", "A", "", Some(0.9)), step("2", "A", "", Some(1.4))]);
        let ranges: Vec<(f64, f64)> = marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Line { class, from, to } if class == "range s0" => Some((from.1, to.1)),
                _ => None,
            })
            .collect();
        assert!(ranges[1].0 < ranges[0].0, "{ranges:?}");
        let inside = LEGEND + LABELS..=LEGEND + LABELS + 18.0 + PLOT;
        for (high, low) in ranges {
            assert!(high < low && inside.contains(&high) && inside.contains(&low));
        }
    }

    #[test]
    fn words_keep_apart_and_nothing_to_draw_is_no_fault() {
        let word = |x| (x, String::new());
        assert_eq!(apart(vec![word(1.0), word(5.0), word(20.0)]).len(), 2);
        assert!(!drawn(&[]).is_empty());
        let marks = drawn(&[step("1", "A", "1", None)]);
        assert_eq!(texts(&marks, "note"), ["A", "1"]);
    }
}
