//! Requests per second relative to the reference as a picture of its own, for a page that shows files only.

use anyhow::{Context as _, Result, ensure};
use askama::Template;
use quartet_analysis::Analysis;
use quartet_record::Record;

use super::Background;
use super::chart::{Chart, Mark};
use super::material::Material;
use super::rates::plot;

/// Pixels: as wide as the text of a page on a code host.
const WIDTH: f64 = 760.0;

/// Pixels around what is drawn, and between two panels.
const MARGIN: f64 = 16.0;

/// Pixels for a panel's heading.
const HEADING: f64 = 36.0;

/// What a picture is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// A light page.
    Light,
    /// A dark page.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// The name of the picture's file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Light => "rates-light.svg",
            Self::Dark => "rates-dark.svg",
        }
    }

    /// The values of the variables that `chart.css` uses.
    fn colours(self) -> &'static str {
        match self {
            Self::Light => {
                "--text: #1c2128; --faint: #59636e; --back: #ffffff; --line: #d1d9e0; --panel: #f6f8fa; \
                 --band: #e7ebf0; --s0: #0b5cad; --s4: #5c6675; --user: #0b5cad; --system: #86b5e4;"
            }
            Self::Dark => {
                "--text: #e6edf3; --faint: #9aa5b3; --back: #0d1117; --line: #3d444d; --panel: #151b23; \
                 --band: #2a323c; --s0: #6fb1f5; --s4: #9aa5b3; --user: #6fb1f5; --system: #2f5f92;"
            }
        }
    }
}

/// The first two lanes of a record, each a forest plot, as an SVG file.
///
/// # Errors
/// Where the record is damaged, or has no interval to draw.
pub fn picture(
    record: &Record,
    analysis: &Analysis,
    background: &Background<'_>,
    theme: Theme,
) -> Result<String> {
    let material = Material::new(record, analysis, background)?;
    let reference = material.reference().unwrap_or("the reference");
    let mut panels = Vec::new();
    let mut top = 0.0;
    for (lane, _) in material.lanes().take(2) {
        if lane.rows.iter().all(|row| row.relative.is_none()) {
            continue;
        }
        top += HEADING;
        let chart = plot(&material, lane, reference);
        let height = chart.height;
        panels.push(Panel {
            heading: format!(
                "{}: requests per second, {reference} = 1",
                material.heading(lane.lane)
            ),
            top,
            chart,
        });
        top += height + MARGIN;
    }
    ensure!(!panels.is_empty(), "no lane has an interval to draw");
    let described: Vec<&str> = panels
        .iter()
        .map(|it| it.chart.description.as_str())
        .collect();
    let picture = Picture {
        description: described.join(" "),
        width: WIDTH,
        height: top,
        margin: MARGIN,
        theme,
        panels,
    };
    picture.render().context("the picture cannot be created")
}

struct Panel {
    heading: String,
    top: f64,
    chart: Chart,
}

#[derive(Template)]
#[template(path = "picture.svg", escape = "html")]
struct Picture {
    description: String,
    width: f64,
    height: f64,
    margin: f64,
    theme: Theme,
    panels: Vec<Panel>,
}

#[cfg(test)]
mod tests {
    use quartet_record::testing::Simulation;
    use quick_xml::events::Event;
    use quick_xml::reader::Reader;

    use super::*;

    fn drawn(record: &Record, theme: Theme) -> Result<String> {
        picture(
            record,
            &Analysis::of(record)?,
            &Background::nothing(),
            theme,
        )
    }

    #[test]
    fn a_picture_is_well_formed_and_names_every_server_and_lane() {
        let record = Simulation::new(14).run();
        for theme in Theme::ALL {
            let picture = drawn(&record, theme).unwrap();
            let mut reader = Reader::from_str(&picture);
            while reader.read_event().unwrap() != Event::Eof {}
            let analysis = Analysis::of(&record).unwrap();
            for lane in analysis.lanes.iter().take(2) {
                assert!(picture.contains(lane.lane.request()), "{picture}");
                for row in &lane.rows {
                    let arm = &record.plan.arms[row.arm];
                    let is_row = !matches!(
                        arm.role,
                        quartet_record::plan::ArmRole::Reference
                            | quartet_record::plan::ArmRole::Floor
                    );
                    let named = picture.contains(&format!(">{}</text>", arm.name));
                    assert_eq!(named, is_row, "{}", arm.name);
                }
            }
        }
    }

    #[test]
    fn a_record_without_intervals_is_refused() {
        let record = Simulation::new(1).run();
        let error = drawn(&record, Theme::Light).unwrap_err();
        assert!(error.to_string().contains("interval to draw"), "{error:#}");
    }
}
