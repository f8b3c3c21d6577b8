//! A forest plot: an estimate and its interval a row, against a line of no difference.

use quartet_analysis::statistics::Ratio;

use super::axis::{AXIS, axis};
use super::mark::{Anchor, Chart, Mark, ROW, X, level, text, upright};
use super::scale::{Scale, Spread};

/// What a row shows.
pub(crate) struct IntervalRow {
    pub(crate) name: String,
    /// None where the row is excluded or nothing was measured.
    pub(crate) ratio: Option<Ratio>,
    /// The figures in words, or why there are none.
    pub(crate) shown: String,
    /// Whether it is compared, rather than there to judge by.
    pub(crate) compared: bool,
    /// Whether its interval may reach beyond the chart, which is then not made wider for it.
    pub(crate) cut: bool,
}

/// A forest plot of ratios to a reference.
pub(crate) struct Intervals<'a> {
    pub(crate) rows: &'a [IntervalRow],
    /// What the ratios are to.
    pub(crate) reference: &'a str,
    /// The difference that counts as none, as a ratio less one.
    pub(crate) margin: f64,
}

impl Intervals<'_> {
    pub(crate) fn draw(&self, id: String, title: String, description: String) -> Chart {
        let equal = (1.0 / (1.0 + self.margin), 1.0 + self.margin);
        let extent = |row: &IntervalRow| {
            let ratio = row.ratio?;
            let whole = (ratio.low, ratio.high);
            Some(if row.cut {
                (ratio.estimate, ratio.estimate)
            } else {
                whole
            })
        };
        let extents = self.rows.iter().filter_map(extent);
        let (low, high) = extents.fold(equal, |(low, high), extent| {
            (low.min(extent.0), high.max(extent.1))
        });
        let room = 0.04 * (high - low);
        let scale = Scale::new(Spread::Linear, (low - room, high + room), (1.0, 99.0));
        let top = 22.0;
        let bottom = top + ROW * self.rows.len() as f64 + 4.0;

        let (left, right) = (scale.at(equal.0), scale.at(equal.1));
        let mut marks = vec![Mark::Rectangle {
            class: "margin".to_owned(),
            x: X(left),
            y: top,
            width: X(right - left),
            height: bottom - top,
        }];
        let decimals = scale.decimals(5);
        let ticks: Vec<(f64, String)> = scale
            .ticks(5)
            .into_iter()
            .map(|tick| (tick, format!("{tick:.decimals$}")))
            .collect();
        let caption = "requests per second, as a multiple; right is faster";
        marks.extend(axis(&scale, &ticks, (top, bottom), caption));
        let one = scale.at(1.0);
        marks.push(upright("reference", one, top - 4.0, top + 4.0));
        let anchor = if one > 60.0 {
            Anchor::End
        } else {
            Anchor::Start
        };
        marks.push(text(
            "note",
            one,
            14.0,
            anchor,
            format!("{} = 1", self.reference),
        ));
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

    fn row(&self, row: &IntervalRow, top: f64, scale: &Scale) -> Vec<Mark> {
        let mut marks = vec![
            text("name", 0.0, top + 16.0, Anchor::Start, &row.name),
            text("figure", 100.0, top + 16.0, Anchor::End, &row.shown),
        ];
        // Not through the words.
        let one = scale.at(1.0);
        marks.push(upright("reference", one, top + 21.0, top + ROW));
        let Some(ratio) = row.ratio else { return marks };
        let class = if row.compared {
            "interval"
        } else {
            "interval aside"
        };
        let middle = top + 30.0;
        let (low, high) = (scale.at(ratio.low), scale.at(ratio.high));
        marks.push(level(class, middle, low, high));
        for (end, value) in [(low, ratio.low), (high, ratio.high)] {
            // What is cut goes on beyond the edge.
            if scale.holds(value) {
                marks.push(upright(class, end, middle - 5.0, middle + 5.0));
            }
        }
        marks.push(Mark::Text {
            class: "estimate".to_owned(),
            at: (X(scale.at(ratio.estimate)), middle),
            anchor: Anchor::Middle,
            text: if row.compared { "◆" } else { "◇" }.to_owned(),
        });
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_lie_between_their_ends_and_excluded_rows_have_none() {
        let row = |name: &str, ratio| IntervalRow {
            name: name.to_owned(),
            ratio,
            shown: "excluded".to_owned(),
            compared: true,
            cut: false,
        };
        let ratio = Ratio {
            estimate: 0.5,
            low: 0.4,
            high: 0.6,
        };
        let rows = [row("a", Some(ratio)), row("b", None)];
        let plot = Intervals {
            rows: &rows,
            reference: "hyper",
            margin: 0.01,
        };
        let chart = plot.draw("x".to_owned(), String::new(), String::new());
        let lines: Vec<(X, X)> = chart
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Line { class, from, to } if class == "interval" => Some((from.0, to.0)),
                _ => None,
            })
            .collect();
        assert_eq!(lines.len(), 3, "one interval and its two ends");
        let (X(low), X(high)) = lines[0];
        assert!(0.0 < low && low < high && high < 50.0);
    }

    #[test]
    fn an_interval_that_is_cut_ends_at_the_edge_without_an_end() {
        let row = |low, high, cut| IntervalRow {
            name: "a".to_owned(),
            ratio: Some(Ratio {
                estimate: 0.85,
                low,
                high,
            }),
            shown: String::new(),
            compared: true,
            cut,
        };
        let lines = |rows: &[IntervalRow]| -> Vec<(f64, f64)> {
            let plot = Intervals {
                rows,
                reference: "hyper",
                margin: 0.01,
            };
            let chart = plot.draw("x".to_owned(), String::new(), String::new());
            let marks = chart.marks.into_iter();
            marks
                .filter_map(|mark| match mark {
                    Mark::Line { class, from, to } if class == "interval" => {
                        Some((from.0.0, to.0.0))
                    }
                    _ => None,
                })
                .collect()
        };
        let narrow = || row(0.8, 0.9, false);
        let alone = lines(&[narrow()]);
        let beside = lines(&[narrow(), row(0.1, 9.0, true)]);
        assert_eq!(beside[..3], alone[..3], "the scale is the same");
        assert_eq!(beside.len(), 4, "an interval without ends");
        assert_eq!(beside[3], (1.0, 99.0));
    }
}
