//! The table to choose by.

use super::block::{Block, Section};
use super::defaults;
use super::material::Material;
use super::upkeep;
use crate::choose::{Choice, LEGEND, Places};

/// None where a run compares nothing.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let defaults = format!("#{}", defaults::ID);
    let upkeep = format!("#{}", upkeep::ID);
    let choice = Choice {
        record: material.record,
        analysis: material.analysis,
        defaults: material.background.defaults.as_ref(),
        upkeep: material.background.upkeep.as_ref(),
        // They are measured in runs of their own.
        features: None,
        places: Places {
            report: "",
            defaults: &defaults,
            upkeep: &upkeep,
            framework: &|_| None,
        },
    };
    Some(Section {
        id: "choose",
        heading: "To choose by",
        blocks: vec![
            Block::Paragraph(LEGEND.to_owned()),
            Block::Grid(choice.grid()?),
        ],
    })
}
