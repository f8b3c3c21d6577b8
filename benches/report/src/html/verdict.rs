//! The verdict on each pair, in sentences.

use quartet_analysis::statistics::Verdict;
use quartet_analysis::{LaneAnalysis, Pair};
use quartet_record::plan::ArmRole;

use super::block::{Block, Item, Panel, Section};
use super::material::Material;
use crate::numbers::interval;
use crate::verdict::{First, Standing, by, list};

pub(super) fn section(material: &Material<'_>) -> Section {
    let panels = material.lanes().map(|(lane, _)| Panel {
        heading: material.heading(lane.lane),
        blocks: vec![
            Block::Lead(first(material, lane)),
            Block::List(sentences(material, lane)),
        ],
    });
    let cores = match material.record.plan.busy_cores() {
        1 => "one busy core".to_owned(),
        cores => format!("{cores} busy cores"),
    };
    Section {
        id: "verdict",
        heading: "Verdicts",
        blocks: vec![
            Block::Panels(panels.collect()),
            Block::Paragraph(format!(
                "Speed is requests per second on {cores}. Brackets give simultaneous 95 % \
                 confidence intervals: in 95 of 100 such runs all of them contain the true value. \
                 'Ahead' means that the whole interval lies beyond this run's margin; 'ties', \
                 that it lies within ±1 %."
            )),
        ],
    }
}

/// Who is first.
fn first(material: &Material<'_>, lane: &LaneAnalysis) -> String {
    let standing = Standing::of_lane(material.record, lane);
    let leaders = standing.leaders.iter();
    let names: Vec<&str> = leaders.map(|&arm| material.name(arm)).collect();
    match standing.first {
        First::NothingCompared => "No server has a rank in this run.".to_owned(),
        First::TooFew => "No verdict: fewer than two servers are valid.".to_owned(),
        First::One => format!("{} is first.", names[0]),
        First::Shared => format!("{} share rank 1.", list(&names, "and")),
        First::Undecided => format!("Undecided who is first: {}.", list(&names, "or")),
    }
}

/// What is to be said of every pair, and of each server against the reference.
fn sentences(material: &Material<'_>, lane: &LaneAnalysis) -> Vec<Item> {
    let mut sentences: Vec<Item> = Vec::new();
    let order = lane.rows.iter().map(|row| row.arm);
    for arm in order {
        let pairs = lane.pairs.iter().filter(|pair| pair.arm == arm);
        let (mut ahead, mut ties) = (Vec::new(), Vec::new());
        let mut open = Vec::new();
        for pair in pairs {
            let other = material.name(pair.against);
            match pair.verdict {
                Verdict::Ahead => ahead.push(format!("of {other} {}", by(pair.ratio))),
                Verdict::Tie => ties.push(format!("{other}: {}", interval(pair.ratio))),
                Verdict::Behind => sentences.push(behind(material, pair).into()),
                Verdict::Undecided => open.push(undecided(material, pair)),
            }
        }
        let name = material.name(arm);
        if !ahead.is_empty() {
            sentences.push(format!("{name} is ahead {}.", list(&ahead, "and")).into());
        }
        sentences.extend(
            ties.iter()
                .map(|tie| format!("{name} ties with {tie}.").into()),
        );
        sentences.extend(open.into_iter().map(Item::from));
    }
    sentences.extend(against_reference(material, lane).map(Item::from));
    sentences.extend(excluded(material, lane).map(Item::from));
    sentences
}

fn behind(material: &Material<'_>, pair: &Pair) -> String {
    format!(
        "{} is ahead of {} {}.",
        material.name(pair.against),
        material.name(pair.arm),
        by(pair.ratio.inverse())
    )
}

fn undecided(material: &Material<'_>, pair: &Pair) -> String {
    let advice = match pair.restarts_needed {
        Some(needed) => format!("about {needed} restarts would be needed to decide"),
        None => "no feasible number of restarts would decide".to_owned(),
    };
    format!(
        "{} and {}: undecided, {}; {advice}.",
        material.name(pair.arm),
        material.name(pair.against),
        interval(pair.ratio)
    )
}

fn against_reference(material: &Material<'_>, lane: &LaneAnalysis) -> Option<String> {
    let reference = material.reference()?;
    let shares: Vec<String> = lane
        .rows
        .iter()
        .filter(|row| material.role(row.arm) == ArmRole::Compared)
        .filter_map(|row| Some((row.arm, row.relative?)))
        .map(|(arm, ratio)| format!("{} {:.0} %", material.name(arm), 100.0 * ratio.estimate))
        .collect();
    (!shares.is_empty()).then(|| {
        format!(
            "Throughput as a share of bare {reference}: {}.",
            list(&shares, "and")
        )
    })
}

fn excluded(material: &Material<'_>, lane: &LaneAnalysis) -> Option<String> {
    let excluded: Vec<&str> = lane
        .rows
        .iter()
        .filter(|row| !row.excluded.is_empty())
        .map(|row| material.name(row.arm))
        .collect();
    let verb = if excluded.len() == 1 { "is" } else { "are" };
    (!excluded.is_empty()).then(|| {
        format!(
            "{} {verb} excluded; the table below gives the reason.",
            list(&excluded, "and")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::Background;
    use quartet_analysis::Analysis;
    use quartet_record::Record;
    use quartet_record::testing::{Simulation, record};

    fn said(record: &Record) -> Vec<String> {
        let analysis = Analysis::of(record).unwrap();
        let background = Background::nothing();
        let material = Material::new(record, &analysis, &background).unwrap();
        let lane = &analysis.lanes[0];
        let mut said = vec![first(&material, lane)];
        said.extend(sentences(&material, lane).into_iter().map(|item| item.text));
        said
    }

    #[test]
    fn who_is_ahead_is_said_with_the_interval() {
        let said = said(&Simulation::new(14).run());
        assert_eq!(said[0], "warp is first.");
        assert!(
            said[1].starts_with("warp is ahead of axum by 13."),
            "{said:?}"
        );
        assert!(said[1].contains(" and of salvo by 41."), "{said:?}");
        assert!(
            said.iter()
                .any(|one| one.contains("bare hyper") && one.contains("warp 94 %"))
        );
    }

    #[test]
    fn ties_share_a_rank() {
        let mut simulation = Simulation::new(14);
        simulation.arms[1].2 = 150_000.0;
        let said = said(&simulation.run());
        assert!(said[0].contains("share rank 1."), "{said:?}");
        assert!(
            said.iter().any(|one| one.contains(" ties with ")),
            "{said:?}"
        );
    }

    #[test]
    fn what_is_open_is_called_so() {
        let mut simulation = Simulation::new(4);
        simulation.arms[1].2 = 153_000.0;
        simulation.bias = 0.02;
        let said = said(&simulation.run());
        assert!(said[0].starts_with("Undecided who is first: "), "{said:?}");
        assert!(
            said.iter()
                .any(|one| one.contains("restarts would be needed to decide")),
            "{said:?}"
        );
    }

    #[test]
    fn nothing_measured_gives_no_verdict() {
        let mut empty = record();
        empty.restarts.clear();
        assert!(said(&empty)[0].starts_with("No verdict"));
    }
}
