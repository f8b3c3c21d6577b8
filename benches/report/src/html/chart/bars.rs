//! Bars from zero: parts of a whole, one row a server, with lines to judge them by.

use super::axis::{AXIS, axis};
use super::mark::{Anchor, Chart, Mark, ROW, X, text, upright};
use super::scale::{Scale, Spread};

/// One bar: its parts from left to right, each with its class and value.
type Bar = Vec<(&'static str, f64)>;

/// What a row shows.
pub(crate) struct BarRow {
    pub(crate) name: String,
    /// The figures in words, or why there are none.
    pub(crate) shown: String,
    /// Drawn one below the other.
    pub(crate) bars: Vec<Bar>,
}

/// A bar chart.
pub(crate) struct Bars<'a> {
    pub(crate) rows: &'a [BarRow],
    /// What the classes mean, in the order of the parts.
    pub(crate) legend: &'a [(&'static str, &'static str)],
    /// Values that every bar is to be held against, smallest first; two at most.
    pub(crate) references: &'a [(String, f64)],
    /// What the axis counts.
    pub(crate) unit: &'a str,
}

/// How tall a row's bars are together.
const THICKNESS: f64 = 16.0;

/// How much of the width a label of a reference may take on a phone, percent.
const ROOM: f64 = 25.0;

impl Bars<'_> {
    pub(crate) fn draw(&self, id: String, title: String, description: String) -> Chart {
        let bars = self.rows.iter().flat_map(|row| &row.bars);
        let longest = bars
            .map(|bar| bar.iter().map(|(_, value)| value).sum::<f64>())
            .chain(self.references.iter().map(|(_, value)| *value))
            .fold(0.0, f64::max);
        let scale = Scale::new(Spread::Linear, (0.0, 1.03 * longest), (0.0, 100.0));
        let legend = if self.legend.is_empty() { 0.0 } else { 24.0 };
        let top = legend
            + if self.references.is_empty() {
                2.0
            } else {
                22.0
            };
        let bottom = top + ROW * self.rows.len() as f64 + 4.0;

        let decimals = scale.decimals(5);
        let ticks: Vec<(f64, String)> = scale
            .ticks(5)
            .into_iter()
            .map(|tick| (tick, format!("{tick:.decimals$}")))
            .collect();
        let mut marks = axis(&scale, &ticks, (top, bottom), self.unit);
        marks.extend(self.key());
        for (x, anchor, name) in self.labels(&scale) {
            marks.push(text("note", x, legend + 14.0, anchor, name));
        }
        for (row, index) in self.rows.iter().zip(0_u32..) {
            marks.extend(self.row(row, top + ROW * f64::from(index), &scale));
        }
        Chart {
            id,
            title,
            description,
            height: bottom + AXIS,
            marks,
        }
    }

    /// What stands above the lines of reference: a label at each or, where two would meet, one for both.
    fn labels(&self, scale: &Scale) -> Vec<(f64, Anchor, String)> {
        let mut labels: Vec<(f64, Anchor, String)> = Vec::new();
        for (name, value) in self.references {
            let x = scale.at(*value);
            // One on either side, if there is room.
            let enough = if labels.is_empty() {
                ROOM
            } else {
                100.0 - ROOM
            };
            let anchor = if x > enough {
                Anchor::End
            } else {
                Anchor::Start
            };
            match labels.last_mut() {
                Some((first, side, names)) if *side == anchor && x - *first < ROOM => {
                    if anchor == Anchor::End {
                        *first = x;
                    }
                    *names = format!("{names}, {name}");
                }
                _ => labels.push((x, anchor, name.clone())),
            }
        }
        labels
    }

    /// The legend, side by side.
    fn key(&self) -> Vec<Mark> {
        let each = 100.0 / self.legend.len().max(1) as f64;
        let mut marks = Vec::new();
        for ((class, name), index) in self.legend.iter().zip(0_u32..) {
            let x = each * f64::from(index);
            marks.push(Mark::Rectangle {
                class: (*class).to_owned(),
                x: X(x),
                y: 4.0,
                width: X(4.0),
                height: 11.0,
            });
            marks.push(text("legend", x + 6.0, 14.0, Anchor::Start, *name));
        }
        marks
    }

    fn row(&self, row: &BarRow, top: f64, scale: &Scale) -> Vec<Mark> {
        let mut marks = vec![
            text("name", 0.0, top + 16.0, Anchor::Start, &row.name),
            text("figure", 100.0, top + 16.0, Anchor::End, &row.shown),
        ];
        let each = THICKNESS / row.bars.len().max(1) as f64;
        for (bar, index) in row.bars.iter().zip(0_u32..) {
            let mut begin = 0.0;
            for &(class, value) in bar {
                let x = scale.at(begin);
                begin += value;
                marks.push(Mark::Rectangle {
                    class: class.to_owned(),
                    x: X(x),
                    y: top + 22.0 + each * f64::from(index),
                    width: X(scale.at(begin) - x),
                    height: each - 1.0,
                });
            }
        }
        for (_, value) in self.references {
            let x = scale.at(*value);
            marks.push(upright("reference", x, top + 20.0, top + 24.0 + THICKNESS));
        }
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> Vec<(f64, Anchor, String)> {
        let names = ["null", "hyper"];
        let references = names.iter().zip(values);
        let references: Vec<(String, f64)> = references
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect();
        let bars = Bars {
            rows: &[],
            legend: &[],
            references: &references,
            unit: "µs",
        };
        bars.labels(&Scale::new(Spread::Linear, (0.0, 100.0), (0.0, 100.0)))
    }

    #[test]
    fn labels_of_references_do_not_meet() {
        let both = || "null, hyper".to_owned();
        let (null, hyper) = ("null".to_owned(), "hyper".to_owned());
        assert_eq!(labels(&[2.0, 4.0]), [(2.0, Anchor::Start, both())]);
        assert_eq!(labels(&[90.0, 95.0]), [(95.0, Anchor::End, both())]);
        assert_eq!(
            labels(&[40.0, 45.0]),
            [
                (40.0, Anchor::End, null.clone()),
                (45.0, Anchor::Start, hyper.clone())
            ]
        );
        assert_eq!(
            labels(&[10.0, 70.0]),
            [(10.0, Anchor::Start, null), (70.0, Anchor::Start, hyper)]
        );
        assert_eq!(labels(&[]), []);
    }

    #[test]
    fn parts_follow_each_other_and_the_longest_fills_the_width() {
        let rows = [BarRow {
            name: "a".to_owned(),
            shown: "4".to_owned(),
            bars: vec![vec![("user", 1.0), ("system", 3.0)]],
        }];
        let chart = Bars {
            rows: &rows,
            legend: &[],
            references: &[("floor".to_owned(), 2.0)],
            unit: "µs",
        }
        .draw("x".to_owned(), String::new(), String::new());
        let parts: Vec<(f64, f64)> = chart
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rectangle {
                    x: X(x),
                    width: X(width),
                    ..
                } => Some((*x, *width)),
                _ => None,
            })
            .collect();
        let [(first, length), (second, rest)] = parts[..] else {
            panic!("{parts:?}")
        };
        assert_eq!(first, 0.0);
        assert!((second - length).abs() < 1e-9 && (rest - 3.0 * length).abs() < 1e-9);
        assert!((length + rest - 100.0 / 1.03).abs() < 1e-9);
    }
}
