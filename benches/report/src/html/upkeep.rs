//! How each framework is kept up.

use super::block::{Block, Item, Link, Section};
use super::material::Material;
use crate::upkeep::grid::grid;
use crate::upkeep::{Published, Upkeep};

/// Where the section is on the page.
pub(crate) const ID: &str = "upkeep";

/// None where nothing is known of any server of the run.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let upkeep = material.background.upkeep.as_ref()?;
    let servers = material.record.servers.iter();
    let known: Vec<&str> = servers.filter_map(|it| it.framework.as_deref()).collect();
    let crates: Vec<&Published> = known.iter().filter_map(|name| upkeep.of(name)).collect();
    let mut crates = crates;
    crates.dedup_by(|a, b| a.name == b.name);
    if crates.is_empty() {
        return None;
    }
    let beneath = upkeep.registry.crates.iter();
    crates.extend(beneath.filter(|one| one.framework.is_none()));
    Some(Section {
        id: ID,
        heading: "How each framework is kept up",
        blocks: blocks(upkeep, &crates, &|_| None),
    })
}

/// What is known of these crates. `page` is the page of a framework, by its name.
pub(crate) fn blocks(
    upkeep: &Upkeep,
    crates: &[&Published],
    page: &dyn Fn(&str) -> Option<String>,
) -> Vec<Block> {
    let sentences = upkeep.sentences(crates).into_iter();
    let sentences = sentences.map(|(sentence, address)| Item {
        text: sentence,
        link: Link::web(&address),
    });
    let mut blocks: Vec<Block> = upkeep.explanation().map(Block::Paragraph).into();
    blocks.push(Block::Grid(grid(upkeep, crates, page)));
    blocks.push(Block::List(sentences.collect()));
    blocks
}
