//! What features cost.

use super::block::{Block, Captioned, Item, Section};
use super::material::Material;
use crate::features::ID;
use crate::text::feature_caption;

/// None where no features were measured.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let costs = &material.analysis.features;
    if costs.is_empty() {
        return None;
    }
    let tables = material.tables.feature_tables(costs).into_iter();
    let mut blocks: Vec<Block> = tables
        .map(|(heading, table)| Block::Table(Captioned::new(heading, table)))
        .collect();
    let remarks = material.tables.feature_remarks(costs).into_iter();
    blocks.push(Block::List(remarks.map(Item::from).collect()));
    blocks.extend(feature_caption().into_iter().map(Block::Paragraph));
    Some(Section {
        id: ID,
        heading: "What features cost",
        blocks,
    })
}
