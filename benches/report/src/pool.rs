//! What the records of several machines say together, for people: on a terminal, or as Markdown.

mod plot;
mod tables;
mod words;

use quartet_analysis::pool::{Contribution, Pool, PooledLane};

use crate::text::Form;

pub(crate) use tables::{
    groups, lane_name, limits, listed, machines_of, moderators, numbered, ratios, records, without,
};
pub use words::refusal;
pub(crate) use words::{
    circumstances, described, expectations, left_out, method, notes, reversals,
};

/// Everything that records of several machines say together: the records, for each lane each server relative to the
/// reference and each pair, what goes with it, and how it was pooled.
pub fn text(pool: &Pool, contributions: &[Contribution], form: Form) -> String {
    let mut blocks = vec![
        form.title("Records"),
        form.table(&records(pool, contributions)),
        form.list(&notes(pool, contributions)),
    ];
    for lane in &pool.lanes {
        blocks.extend(lane_blocks(pool, contributions, lane, form));
    }
    blocks.push(form.title("How it was pooled"));
    blocks.push(form.list(&method(pool)));
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n")
}

fn lane_blocks(
    pool: &Pool,
    contributions: &[Contribution],
    lane: &PooledLane,
    form: Form,
) -> Vec<String> {
    let mut blocks = vec![form.title(&lane_name(lane))];
    if lane.to_reference.is_empty() && lane.pairs.is_empty() {
        blocks.push(form.list(&["no record has a valid ratio".to_owned()]));
    }
    for (all, of_pairs) in [(&lane.to_reference, false), (&lane.pairs, true)] {
        if !all.is_empty() {
            blocks.push(form.table(&ratios(pool, all, of_pairs)));
        }
    }
    blocks.push(form.list(&expectations(pool, lane)));
    blocks.push(form.list(&reversals(pool, lane)));
    if form == Form::Text {
        blocks.extend(
            lane.to_reference
                .iter()
                .map(|ratio| plot::plot(pool, ratio)),
        );
    }
    if pool.machines.len() > 1 && !lane.to_reference.is_empty() {
        blocks.push(form.table(&moderators(pool, lane)));
        blocks.push(form.table(&groups(lane)));
        blocks.push(form.list(&circumstances(lane)));
    }
    blocks.push(form.list(&left_out(contributions, lane)));
    blocks
}

#[cfg(test)]
mod tests;
