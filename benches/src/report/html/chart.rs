//! Charts as inline SVG that needs no script and keeps its text at one size on any screen.
//!
//! Horizontal places are shares of the width, vertical ones pixels, so that a chart is as wide as
//! its page while letters and lines stay as they are.

mod bars;
mod intervals;
mod lines;
mod scale;

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

pub(super) use bars::{BarRow, Bars};
pub(super) use intervals::{IntervalRow, Intervals};
pub(super) use lines::{Lines, Series};
pub(super) use scale::{Scale, Spread};

/// How tall a row of a chart is that has one row a server: its name, and its bar or interval.
const ROW: f64 = 44.0;

/// A chart: its place on the page, what it shows in words, and its marks.
#[derive(Template)]
#[template(path = "chart.html")]
pub(super) struct Chart {
    /// Unique on the page.
    pub(super) id: String,
    /// What it shows, in a line.
    pub(super) title: String,
    /// What there is to see, for who cannot see it.
    pub(super) description: String,
    /// Pixels.
    pub(super) height: f64,
    /// In the order they are drawn.
    pub(super) marks: Vec<Mark>,
}

impl HtmlSafe for Chart {}

/// What a chart is made of. A class says how it looks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// A straight line.
    Line {
        class: String,
        from: (X, f64),
        to: (X, f64),
    },
    /// A filled area.
    Rectangle {
        class: String,
        x: X,
        y: f64,
        width: X,
        height: f64,
    },
    /// Words or a symbol.
    Text {
        class: String,
        at: (X, f64),
        anchor: Anchor,
        text: String,
    },
    /// A line through points: shares of the width, and pixels.
    Curve {
        class: String,
        points: Vec<(f64, f64)>,
    },
}

/// A horizontal place or length, as a percentage of the chart's width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct X(f64);

impl fmt::Display for X {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2}%", self.0)
    }
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }

    /// Keeps what stands near an edge of the chart inside it.
    fn within(percent: f64) -> Self {
        match percent {
            left if left < 6.0 => Self::Start,
            right if right > 94.0 => Self::End,
            _ => Self::Middle,
        }
    }
}

/// A text at a share of the width.
fn text(class: &str, x: f64, y: f64, anchor: Anchor, text: impl Into<String>) -> Mark {
    Mark::Text {
        class: class.to_owned(),
        at: (X(x), y),
        anchor,
        text: text.into(),
    }
}

/// A line from top to bottom.
fn upright(class: &str, x: f64, top: f64, bottom: f64) -> Mark {
    Mark::Line {
        class: class.to_owned(),
        from: (X(x), top),
        to: (X(x), bottom),
    }
}

/// A line from side to side.
fn level(class: &str, y: f64, from: f64, to: f64) -> Mark {
    Mark::Line {
        class: class.to_owned(),
        from: (X(from), y),
        to: (X(to), y),
    }
}

/// A horizontal axis: an upright line and a number at every tick, and below them what they are of.
fn axis(
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
const AXIS: f64 = 40.0;

impl Mark {
    /// The points of a curve as SVG writes them.
    fn points(points: &[(f64, f64)]) -> String {
        points
            .iter()
            .map(|(x, y)| format!("{x:.2},{y:.1}"))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_escaped_and_named() {
        let chart = Chart {
            id: "a".to_owned(),
            title: "<b> & c".to_owned(),
            description: "\"d\"".to_owned(),
            height: 10.0,
            marks: vec![
                text("tick", 12.5, 3.0, Anchor::Middle, "<x>"),
                Mark::Curve {
                    class: "s0".to_owned(),
                    points: vec![(0.0, 1.0), (100.0, 2.25)],
                },
            ],
        };
        let svg = chart.to_string();
        assert!(!svg.contains("<b>") && !svg.contains("<x>"), "{svg}");
        assert!(svg.contains("aria-labelledby=\"a-title a-desc\""), "{svg}");
        assert!(svg.contains("<title id=\"a-title\">"), "{svg}");
        assert!(svg.contains("points=\"0.00,1.0 100.00,2.2\""), "{svg}");
        assert!(svg.contains("x=\"12.50%\""), "{svg}");
    }

    #[test]
    fn numbers_at_an_edge_stay_inside() {
        assert_eq!(Anchor::within(0.0), Anchor::Start);
        assert_eq!(Anchor::within(50.0), Anchor::Middle);
        assert_eq!(Anchor::within(100.0), Anchor::End);
    }
}
