//! A horizontal axis, with its numbers.

use super::mark::{Anchor, Mark, level, text, upright};
use super::scale::Scale;

/// A horizontal axis: an upright line and a number at every tick, and below them what they are of.
pub(super) fn axis(
    scale: &Scale,
    ticks: &[(f64, String)],
    (top, bottom): (f64, f64),
    caption: &str,
) -> Vec<Mark> {
    let mut marks = vec![level("axis", bottom, 0.0, 100.0)];
    for (value, shown) in ticks {
        let x = scale.at(*value);
        marks.push(upright("grid", x, top, bottom));
        marks.push(text("tick", x, bottom + 15.0, Anchor::within(x), shown));
    }
    marks.push(text("caption", 0.0, bottom + 33.0, Anchor::Start, caption));
    marks
}

/// What [`axis`] takes below its line.
pub(super) const AXIS: f64 = 40.0;
