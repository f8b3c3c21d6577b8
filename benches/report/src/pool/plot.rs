//! A forest plot in letters: a row a machine, the mean and the prediction.

use std::fmt::Write as _;

use quartet_analysis::pool::{Pool, PooledRatio};
use quartet_analysis::statistics::Ratio;

use super::tables::{limits, listed, numbered};
use crate::numbers::interval;

/// Columns of the plot.
const WIDTH: usize = 45;

/// Columns of a machine's name.
const NAME: usize = 36;

/// From ratios to columns.
struct Columns {
    low: f64,
    high: f64,
}

impl Columns {
    /// Those of a ratio, as far as its machines' estimates go, and a quarter more on either side.
    fn of(ratio: &PooledRatio) -> Self {
        let estimates = || ratio.machines.iter().map(|one| one.ratio.estimate);
        let low = estimates().fold(f64::INFINITY, f64::min);
        let high = estimates().fold(f64::NEG_INFINITY, f64::max);
        let room = ((high - low) / 4.0).max(0.02);
        Self {
            low: low - room,
            high: high + room,
        }
    }

    /// The column of a value. None where it is beside the plot.
    fn at(&self, value: f64) -> Option<usize> {
        let share = (value - self.low) / (self.high - self.low);
        (0.0..=1.0)
            .contains(&share)
            .then(|| (share * (WIDTH - 1) as f64).round() as usize)
    }

    fn row(&self, ratio: Ratio, line: char, mark: char) -> String {
        let mut row = vec![' '; WIDTH];
        if let Some(one) = self.at(1.0) {
            row[one] = '│';
        }
        let from = self.at(ratio.low.max(self.low)).unwrap_or(0);
        let to = self.at(ratio.high.min(self.high)).unwrap_or(WIDTH - 1);
        row[from..=to.max(from)].fill(line);
        if ratio.low < self.low {
            row[0] = '◂';
        }
        if ratio.high > self.high {
            row[WIDTH - 1] = '▸';
        }
        if let Some(column) = self.at(ratio.estimate) {
            row[column] = mark;
        }
        row.into_iter().collect()
    }
}

/// A ratio over machines. Empty of fewer than two machines.
pub(super) fn plot(pool: &Pool, ratio: &PooledRatio) -> String {
    let count = ratio.machines.len();
    if count < 2 {
        return String::new();
    }
    let columns = Columns::of(ratio);
    let mut text = format!("{} ÷ {}\n", ratio.of, ratio.to);
    let mut line = |name: &str, row: &str, shown: &str| {
        let name: String = name.chars().take(NAME).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:NAME$}  {row}  {shown}");
    };
    let (order, passed) = listed(count, |index| ratio.machines[index].ratio.estimate);
    for (place, &index) in order.iter().enumerate() {
        if passed > 0 && place == order.len() / 2 {
            line(
                &format!("({passed} machines between)"),
                &" ".repeat(WIDTH),
                "",
            );
        }
        let one = &ratio.machines[index];
        let row = columns.row(one.ratio, '─', '■');
        line(&numbered(pool, one.machine), &row, &interval(one.ratio));
    }
    if let Some(mean) = ratio.mean {
        line("mean", &columns.row(mean, '═', '◆'), &interval(mean));
    }
    if let Some(prediction) = ratio.prediction {
        let row = columns.row(prediction, '╌', '◇');
        line("a run on another machine", &row, &limits(prediction));
    }
    text
}
