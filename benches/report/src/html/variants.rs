//! Variants against their bases.

use super::block::{Block, Item, Section};
use super::material::Material;
use crate::variants::sentences;

/// None where the run has no variant, or the tables of features have them.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let analysis = material.analysis;
    let said = sentences(material.record, analysis);
    let blocks = analysis
        .variants
        .iter()
        .zip(said)
        .flat_map(|(variant, sentences)| {
            let (name, base) = (material.name(variant.arm), material.name(variant.base));
            let items = sentences
                .into_iter()
                .map(|sentence| Item::from(sentence + "."));
            [
                Block::Lead(format!("{name} against {base}")),
                Block::List(items.collect()),
            ]
        });
    let mut blocks: Vec<Block> = blocks.collect();
    if blocks.is_empty() || !analysis.features.is_empty() {
        return None;
    }
    blocks.push(Block::Paragraph(
        "A variant is a server in which something differs. It is compared with that server, and with \
         others only where servers.toml names them. It has no rank. Brackets give 95 % confidence intervals that hold for all variants and lanes at once."
            .to_owned(),
    ));
    Some(Section {
        id: "variants",
        heading: "Variants",
        blocks,
    })
}
