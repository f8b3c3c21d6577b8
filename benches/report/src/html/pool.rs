//! The page of a pool: what the records of several machines say together.

use anyhow::{Context as _, Result};
use askama::Template as _;
use quartet_analysis::pool::{Contribution, Pool, PooledLane, PooledRatio};
use quartet_analysis::statistics::{LEAST_MARGIN, Ratio};

use super::Document;
use super::block::{Block, Captioned, Item, Panel, Section, behind};
use super::chart::{Chart, IntervalRow, Intervals};
use crate::numbers::interval;
use crate::pool::{
    circumstances, described, expectations, groups, lane_name, left_out, limits, listed,
    machines_of, method, moderators, notes, numbered, ratios, records, reversals, without,
};

/// The most letters of a machine's name in a chart: more would meet the figures on a phone. Its number tells it from
/// others.
const NAME: usize = 23;

/// How many times the extent of the estimates an interval may be before the chart cuts it.
const EXTENT: f64 = 4.0;

/// The least that this extent counts as.
const LEAST_EXTENT: f64 = 0.05;

/// Everything that records of several machines say together, as a page. `style` is the style sheet that the page's
/// builds on.
///
/// # Errors
/// Where the page cannot be created.
pub fn pool_page(pool: &Pool, contributions: &[Contribution], style: &str) -> Result<String> {
    let mut notices: Vec<String> = pool
        .differences
        .iter()
        .map(|difference| format!("Pooled although the records differ: {}.", difference.field))
        .collect();
    if pool.machines.len() < 3 {
        notices.push("Fewer than three machines: nothing is predicted for another.".to_owned());
    }
    let mut sections = vec![summary(pool)];
    sections.extend(
        pool.lanes
            .iter()
            .map(|lane| of_lane(pool, contributions, lane)),
    );
    if pool.machines.len() > 1 {
        sections.push(what_goes_with(pool));
    }
    sections.push(of_records(pool, contributions));
    sections.push(Section {
        id: "method",
        heading: "How it was pooled",
        blocks: vec![sentences(method(pool))],
    });
    let document = Document {
        title: "Quartet: several machines",
        base_style: style,
        home: None,
        provenance: provenance(pool, contributions),
        verdict: Vec::new(),
        notices,
        sections,
    };
    document.render().context("the page cannot be created")
}

fn provenance(pool: &Pool, contributions: &[Contribution]) -> String {
    let date = |text: &str| text.get(..10).unwrap_or(text).to_owned();
    let dates = || contributions.iter().map(|one| date(&one.started));
    let (records, machines) = (contributions.len(), pool.machines.len());
    let between = match (dates().min(), dates().max()) {
        (Some(first), Some(last)) if first == last => format!(", measured {first}"),
        (Some(first), Some(last)) => format!(", measured {first} to {last}"),
        _ => String::new(),
    };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    format!(
        "{records} record{} of {machines} machine{}{between}.",
        plural(records),
        plural(machines)
    )
}

/// Sentences as a list, each with its full stop. Many begin with the name of a server, which stays as it is.
fn sentences(said: Vec<String>) -> Block {
    let items = said.into_iter().map(|text| Item::from(text + "."));
    Block::List(items.collect())
}

fn summary(pool: &Pool) -> Section {
    let panels = pool.lanes.iter().map(|lane| Panel {
        heading: lane_name(lane),
        blocks: vec![
            sentences(expectations(pool, lane)),
            sentences(reversals(pool, lane)),
        ],
    });
    Section {
        id: "summary",
        heading: "What to expect",
        blocks: vec![Block::Panels(panels.collect())],
    }
}

fn of_lane(pool: &Pool, contributions: &[Contribution], lane: &PooledLane) -> Section {
    let mut blocks = Vec::new();
    for (all, of_pairs) in [(&lane.to_reference, false), (&lane.pairs, true)] {
        if all.is_empty() {
            continue;
        }
        let caption = if of_pairs {
            "Pairs: the mean over machines, and what to expect of a run on another machine"
        } else {
            "Servers: the mean over machines, and what to expect of a run on another machine"
        };
        blocks.push(Block::Table(Captioned::new(
            caption,
            ratios(pool, all, of_pairs),
        )));
        let panels = all.iter().map(|ratio| panel(pool, lane, ratio));
        let panels = Block::Panels(panels.collect());
        blocks.push(if of_pairs {
            Block::Folded {
                summary: "Each pair on each machine".to_owned(),
                blocks: vec![panels],
                printed: false,
            }
        } else {
            panels
        });
    }
    if blocks.is_empty() {
        blocks.push(Block::Paragraph("No record has a valid ratio.".to_owned()));
    }
    let out = left_out(contributions, lane);
    if !out.is_empty() {
        blocks.push(Block::Folded {
            summary: "What was left out".to_owned(),
            blocks: vec![sentences(out)],
            printed: true,
        });
    }
    Section {
        id: lane.lane.name(),
        heading: lane.lane.request(),
        blocks,
    }
}

fn panel(pool: &Pool, lane: &PooledLane, ratio: &PooledRatio) -> Panel {
    let name = format!("{} ÷ {}", ratio.of, ratio.to);
    let mut blocks = vec![
        Block::Chart(plot(pool, lane, ratio)),
        behind(format!("{name} on each machine"), machines_of(pool, ratio)),
    ];
    if !ratio.without.is_empty() {
        blocks.push(Block::Folded {
            summary: "Without each machine".to_owned(),
            blocks: vec![Block::Table(Captioned::new(
                format!("{name}: the mean without each machine"),
                without(pool, ratio),
            ))],
            printed: false,
        });
    }
    Panel {
        heading: name,
        blocks,
    }
}

fn plot(pool: &Pool, lane: &PooledLane, ratio: &PooledRatio) -> Chart {
    let machines = &ratio.machines;
    let (order, passed) = listed(machines.len(), |index| machines[index].ratio.estimate);
    let estimates = || machines.iter().map(|one| one.ratio.estimate);
    let extent =
        estimates().fold(f64::NEG_INFINITY, f64::max) - estimates().fold(f64::INFINITY, f64::min);
    let widest = EXTENT * extent.max(LEAST_EXTENT);
    let row = |name: String, ratio: Ratio, shown: String, compared: bool| IntervalRow {
        name,
        ratio: Some(ratio),
        shown,
        compared,
        cut: ratio.high - ratio.low > widest,
    };
    let mut rows: Vec<IntervalRow> = order
        .into_iter()
        .map(|index| {
            let one = &machines[index];
            let name = shortened(&numbered(pool, one.machine));
            row(name, one.ratio, interval(one.ratio), false)
        })
        .collect();
    rows.extend(
        ratio
            .mean
            .map(|mean| row("Mean".to_owned(), mean, interval(mean), true)),
    );
    rows.extend(ratio.prediction.map(|prediction| {
        let shown = limits(prediction);
        row("Another machine".to_owned(), prediction, shown, true)
    }));
    let said: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.name, row.shown))
        .collect();
    let passed = if passed > 0 {
        format!(" {passed} machines between the lowest and the highest are not drawn.")
    } else {
        String::new()
    };
    let plot = Intervals {
        rows: &rows,
        reference: &ratio.to,
        margin: LEAST_MARGIN,
    };
    plot.draw(
        format!("{}-{}-{}", lane.lane.name(), ratio.of, ratio.to).replace([' ', '(', ')'], "-"),
        format!(
            "{} relative to {} on each machine, lane {}.{passed}",
            ratio.of,
            ratio.to,
            lane.lane.name()
        ),
        format!("{}. In all: {}.", said.join("; "), described(ratio)),
    )
}

/// As much of a name as a chart has room for.
fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    let kept: String = name.chars().take(NAME - 1).collect();
    format!("{}…", kept.trim_end())
}

fn what_goes_with(pool: &Pool) -> Section {
    let mut blocks = vec![Block::Paragraph(
        "The kernel's share is that of the reference's CPU time per request. Machines differ in \
         many things at once: what goes with a ratio need not be its reason."
            .to_owned(),
    )];
    for lane in pool
        .lanes
        .iter()
        .filter(|lane| !lane.to_reference.is_empty())
    {
        blocks.push(Block::Table(Captioned::new(
            format!("{}: ratios by the kernel's share", lane_name(lane)),
            moderators(pool, lane),
        )));
        blocks.push(Block::Table(Captioned::new(
            "Geometric means, with the lowest and the highest machine",
            groups(lane),
        )));
        blocks.push(sentences(circumstances(lane)));
    }
    Section {
        id: "circumstances",
        heading: "What goes with it",
        blocks,
    }
}

fn of_records(pool: &Pool, contributions: &[Contribution]) -> Section {
    let table = Block::Table(Captioned {
        header: 1,
        ..Captioned::new("Every record, by machine", records(pool, contributions))
    });
    let mut blocks = vec![sentences(notes(pool, contributions))];
    if contributions.len() > 40 {
        blocks.push(Block::Folded {
            summary: format!("All {} records", contributions.len()),
            blocks: vec![table],
            printed: true,
        });
    } else {
        blocks.push(table);
    }
    Section {
        id: "records",
        heading: "Records",
        blocks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_number() {
        assert_eq!(shortened("1. AMD EPYC, 2 cores"), "1. AMD EPYC, 2 cores");
        let long = shortened("12. Intel Xeon Processor @ 2.50GHz, 2 cores");
        assert_eq!(long, "12. Intel Xeon Process…");
    }
}
