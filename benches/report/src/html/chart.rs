//! Charts as inline SVG that needs no script and keeps its text at one size on any screen.
//!
//! Horizontal places are shares of the width, vertical ones pixels, so that a chart is as wide as
//! its page while letters and lines stay as they are.

mod axis;
mod bars;
mod intervals;
mod lines;
mod mark;
mod scale;
mod timeline;

pub(super) use bars::{BarRow, Bars};
pub(super) use intervals::{IntervalRow, Intervals};
pub(super) use lines::{Lines, Series};
pub(super) use mark::{Chart, Mark};
pub(super) use scale::Spread;
pub(super) use timeline::{Figure, Step, Timeline};
