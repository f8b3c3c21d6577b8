//! What charts are made of. It knows nothing of what they show.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

/// How tall a row of a chart is that has one row a server: its name, and its bar or interval.
pub(super) const ROW: f64 = 44.0;

/// A chart: its place on the page, what it shows in words, and its marks.
#[derive(Template)]
#[template(path = "chart.html")]
pub(crate) struct Chart {
    /// Unique on the page.
    pub(crate) id: String,
    /// What it shows, in a line.
    pub(crate) title: String,
    /// What there is to see, for who cannot see it.
    pub(crate) description: String,
    /// Pixels.
    pub(crate) height: f64,
    /// In the order they are drawn.
    pub(crate) marks: Vec<Mark>,
}

impl HtmlSafe for Chart {}

/// What a chart is made of. A class says how it looks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mark {
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
pub(crate) struct X(pub(super) f64);

impl fmt::Display for X {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2}%", self.0)
    }
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }

    /// Keeps what stands near an edge of the chart inside it.
    pub(super) fn within(percent: f64) -> Self {
        match percent {
            left if left < 6.0 => Self::Start,
            right if right > 94.0 => Self::End,
            _ => Self::Middle,
        }
    }
}

/// A text at a share of the width.
pub(super) fn text(class: &str, x: f64, y: f64, anchor: Anchor, text: impl Into<String>) -> Mark {
    Mark::Text {
        class: class.to_owned(),
        at: (X(x), y),
        anchor,
        text: text.into(),
    }
}

/// A line from top to bottom.
pub(super) fn upright(class: &str, x: f64, top: f64, bottom: f64) -> Mark {
    Mark::Line {
        class: class.to_owned(),
        from: (X(x), top),
        to: (X(x), bottom),
    }
}

/// A line from side to side.
pub(super) fn level(class: &str, y: f64, from: f64, to: f64) -> Mark {
    Mark::Line {
        class: class.to_owned(),
        from: (X(from), y),
        to: (X(to), y),
    }
}

impl Mark {
    /// The points of a curve as SVG writes them.
    pub(crate) fn points(points: &[(f64, f64)]) -> String {
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
