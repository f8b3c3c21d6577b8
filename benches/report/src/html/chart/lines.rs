//! Curves, each told from the others by colour, dash and symbol.

use super::axis::{AXIS, axis};
use super::mark::{Anchor, Chart, Mark, X, level, text};
use super::scale::{Scale, Spread};

/// How many ways of drawing a line there are; the style sheet has a class for each.
const STYLES: usize = 8;

/// The symbols on the lines, one a way.
const SYMBOLS: [&str; STYLES] = ["●", "▲", "■", "◆", "○", "△", "□", "◇"];

/// Where the lines begin and end: between the numbers of the vertical axis and the right edge.
const ACROSS: (f64, f64) = (12.0, 93.0);

/// How tall the plot is.
const PLOT: f64 = 230.0;

/// How tall a line of the legend is.
const LEGEND: f64 = 19.0;

/// Symbols on a line.
const SYMBOLS_A_LINE: usize = 5;

/// A curve.
pub(crate) struct Series {
    pub(crate) name: String,
    /// Which way it is drawn: the same for one server in every chart.
    pub(crate) style: usize,
    /// From left to right.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Series {
    /// Its name and each of its points, as `point` says them.
    pub(crate) fn in_words(&self, point: impl Fn(f64, f64) -> String) -> String {
        let points = self.points.iter().map(|&(across, up)| point(across, up));
        format!("{} {}", self.name, points.collect::<Vec<_>>().join(", "))
    }
}

/// The whole numbers of the horizontal axis at which series have points, each with its text, ascending.
pub(crate) fn counts(series: &[Series]) -> Vec<(f64, String)> {
    let points = series.iter().flat_map(|series| &series.points);
    let mut counts: Vec<f64> = points.map(|(across, _)| *across).collect();
    counts.sort_unstable_by(f64::total_cmp);
    counts.dedup();
    let with_text = |count: f64| (count, count.to_string());
    counts.into_iter().map(with_text).collect()
}

/// A line chart.
pub(crate) struct Lines<'a> {
    pub(crate) series: &'a [Series],
    /// The horizontal axis runs over these values, with these numbers.
    pub(crate) across: (Spread, Vec<(f64, String)>),
    /// What the horizontal axis counts.
    pub(crate) across_caption: &'a str,
    /// How the vertical axis runs, and how its numbers are written.
    pub(crate) up: (Spread, fn(f64) -> String),
    /// What the vertical axis counts.
    pub(crate) up_caption: &'a str,
}

impl Lines<'_> {
    pub(crate) fn draw(&self, id: String, title: String, description: String) -> Chart {
        let legend = LEGEND * self.series.len().div_ceil(2) as f64;
        let top = legend + 34.0;
        let bottom = top + PLOT;
        let x = self.horizontal();
        let y = self.vertical((bottom, top));

        let (_, ticks) = &self.across;
        let mut marks = axis(&x, ticks, (top, bottom), self.across_caption);
        marks.push(text(
            "caption",
            0.0,
            legend + 16.0,
            Anchor::Start,
            self.up_caption,
        ));
        let write = self.up.1;
        for tick in y.ticks(6) {
            let place = y.at(tick);
            marks.push(level("grid", place, 0.0, 100.0));
            if bottom - place > 4.0 {
                marks.push(text("tick", 0.0, place - 3.0, Anchor::Start, write(tick)));
            }
        }
        for (index, series) in self.series.iter().enumerate() {
            marks.extend(key(index, series));
            marks.extend(curve(series, &x, &y));
        }
        Chart {
            id,
            title,
            description,
            height: bottom + AXIS,
            marks,
        }
    }

    fn horizontal(&self) -> Scale {
        let (spread, ticks) = &self.across;
        let values = self.series.iter().flat_map(|series| &series.points);
        let values = values
            .map(|point| point.0)
            .chain(ticks.iter().map(|tick| tick.0));
        Scale::new(*spread, range(values), ACROSS)
    }

    fn vertical(&self, places: (f64, f64)) -> Scale {
        let values = self.series.iter().flat_map(|series| &series.points);
        let (low, high) = range(values.map(|point| point.1));
        match self.up.0 {
            Spread::Linear => Scale::new(Spread::Linear, (0.0, 1.05 * high), places),
            Spread::Logarithmic => Scale::new(Spread::Logarithmic, (low / 1.1, high * 1.1), places),
        }
    }
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let found = values.fold(None, |found, value: f64| match found {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    });
    found.unwrap_or((1.0, 10.0))
}

/// A line of the legend: two columns, row by row.
fn key(index: usize, series: &Series) -> Vec<Mark> {
    let style = series.style % STYLES;
    let y = 9.0 + LEGEND * (index / 2) as f64;
    let left = if index.is_multiple_of(2) { 0.0 } else { 50.0 };
    vec![
        level(&format!("curve s{style}"), y, left, left + 9.0),
        text(
            &format!("symbol s{style}"),
            left + 4.5,
            y,
            Anchor::Middle,
            SYMBOLS[style],
        ),
        text("legend", left + 11.0, y + 4.0, Anchor::Start, &series.name),
    ]
}

/// A line and its symbols, which begin at another point for each, lest they cover each other.
fn curve(series: &Series, x: &Scale, y: &Scale) -> Vec<Mark> {
    let style = series.style % STYLES;
    let points: Vec<(f64, f64)> = series
        .points
        .iter()
        .map(|&(across, up)| (x.at(across), y.at(up)))
        .collect();
    let step = points.len().div_ceil(SYMBOLS_A_LINE).max(1);
    let symbols = points.iter().skip(series.style % step).step_by(step);
    let mut marks: Vec<Mark> = symbols
        .map(|&(across, up)| Mark::Text {
            class: format!("symbol s{style}"),
            at: (X(across), up),
            anchor: Anchor::Middle,
            text: SYMBOLS[style].to_owned(),
        })
        .collect();
    marks.insert(
        0,
        Mark::Curve {
            class: format!("curve s{style}"),
            points,
        },
    );
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(series: &[Series]) -> Chart {
        Lines {
            series,
            across: (Spread::Linear, vec![(0.0, "0".to_owned())]),
            across_caption: "",
            up: (Spread::Linear, |value| format!("{value}")),
            up_caption: "",
        }
        .draw("x".to_owned(), String::new(), String::new())
    }

    #[test]
    fn higher_values_are_further_up() {
        let chart = chart(&[Series {
            name: "a".to_owned(),
            style: 9,
            points: vec![(0.0, 1.0), (10.0, 2.0)],
        }]);
        let points = chart.marks.iter().find_map(|mark| match mark {
            Mark::Curve { points, .. } => Some(points.clone()),
            _ => None,
        });
        let points = points.unwrap();
        assert_eq!((points[0].0, points[1].0), ACROSS);
        assert!(points[1].1 < points[0].1);
    }

    #[test]
    fn nothing_to_draw_is_no_fault() {
        assert!(chart(&[]).height > PLOT);
        let empty = Series {
            name: "a".to_owned(),
            style: 9,
            points: Vec::new(),
        };
        chart(&[empty]);
    }
}
