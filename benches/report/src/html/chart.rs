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

pub(crate) use bars::{BarRow, Bars};
pub(crate) use intervals::{IntervalRow, Intervals};
pub(crate) use lines::{Lines, Series, counts};
pub(crate) use mark::{Chart, Mark};
pub(crate) use scale::Spread;
pub(crate) use timeline::{Figure, Step, Timeline};
