//! The first page, and the pages of what each framework does by default and how it is kept up.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{
    DEFAULTS, INDEX, Page, RECORDS, Site, UPKEEP, framework_page, markdown, relative, report_of,
};
use crate::choose::{Choice, LEGEND, Places};
use crate::defaults::Framework;
use crate::grid::Grid;
use crate::html::block::{Block, Item, Link, Panel, Section};
use crate::html::material::Material;
use crate::html::{defaults, rates, upkeep};
use crate::upkeep::Published;
use crate::verdict::Conclusion;

pub(super) fn add(site: &mut Site<'_>) -> Result<()> {
    let (name, record, analysis) = site.input.main;
    let conclusion = Conclusion::of(record, analysis, None);
    let mut sections = Vec::new();
    sections.extend(picture(site)?);
    if let Some(grid) = choice(site, INDEX) {
        sections.push(Section {
            id: "choose",
            heading: "To choose by",
            blocks: vec![Block::Paragraph(LEGEND.to_owned()), Block::Grid(grid)],
        });
    }
    sections.extend(sentences(site)?);
    sections.push(commands(site));
    sections.push(Section {
        id: "more",
        heading: "Where this comes from",
        blocks: vec![Block::List(vec![
            item(
                "Charts, verdicts on each pair, and how it was measured:",
                "the report of this run",
                report_of(name),
            ),
            item("What other runs found:", "all records", RECORDS.to_owned()),
        ])],
    });
    site.put_page(Page {
        path: INDEX.to_owned(),
        title: "Quartet: which async Rust web framework?".to_owned(),
        lead: conclusion.verdict,
        notices: conclusion.missing,
        sections,
    })?;
    by_default(site)?;
    kept_up(site)
}

fn item(text: &str, label: &str, target: String) -> Item {
    Item {
        text: text.to_owned(),
        link: Some(Link {
            label: label.to_owned(),
            target,
        }),
    }
}

/// The table to choose by, as a page has it.
pub(super) fn choice(site: &Site<'_>, page: &str) -> Option<Grid> {
    let (name, record, analysis) = site.input.main;
    let report = relative(page, &report_of(name));
    let (defaults, upkeep) = (relative(page, DEFAULTS), relative(page, UPKEEP));
    let known = site.frameworks();
    let framework = |name: &str| {
        let is_known = known.iter().any(|one| one == name);
        is_known.then(|| relative(page, &framework_page(name)))
    };
    let choice = Choice {
        record,
        analysis,
        defaults: site.input.background.defaults.as_ref(),
        upkeep: site.input.background.upkeep.as_ref(),
        features: site.features().map(|entry| {
            let report = relative(page, &report_of(&entry.name));
            (entry.features.as_slice(), report)
        }),
        places: Places {
            report: &report,
            defaults: &defaults,
            upkeep: &upkeep,
            framework: &framework,
        },
    };
    choice.grid()
}

/// The charts of the first two lanes that have one.
fn picture(site: &Site<'_>) -> Result<Option<Section>> {
    let (_, record, analysis) = site.input.main;
    let material = Material::new(record, analysis, site.input.background)?;
    let reference = material.reference().unwrap_or("the reference");
    let lanes = material.lanes().map(|(lane, _)| lane);
    let lanes = lanes.filter(|lane| lane.rows.iter().any(|row| row.relative.is_some()));
    let panels: Vec<Panel> = lanes
        .take(2)
        .map(|lane| Panel {
            heading: material.heading(lane.lane),
            blocks: vec![Block::Chart(rates::plot(&material, lane, reference))],
        })
        .collect();
    Ok((!panels.is_empty()).then(|| Section {
        id: "rates",
        heading: "Requests per second",
        blocks: vec![Block::Panels(panels)],
    }))
}

/// README's sentence about each framework.
fn sentences(site: &mut Site<'_>) -> Result<Option<Section>> {
    let mut html = String::new();
    for name in site.frameworks() {
        if let Some(sentence) = sentence(site, INDEX, name)? {
            html += &sentence;
        }
    }
    Ok((!html.is_empty()).then(|| Section {
        id: "take",
        heading: "In one sentence each",
        blocks: vec![Block::Html(html)],
    }))
}

/// README's sentence about a framework, which begins with `Take **NAME**` in a list.
pub(super) fn sentence(site: &mut Site<'_>, page: &str, name: &str) -> Result<Option<String>> {
    let super::Kind::Text(readme) = site.input.files.at("README.md")? else {
        return Ok(None);
    };
    let start = format!("- Take **{name}** ");
    let mut lines = readme.lines().skip_while(|line| !line.starts_with(&start));
    let Some(first) = lines.next() else {
        return Ok(None);
    };
    let rest = lines.take_while(|line| line.starts_with("  "));
    let text: Vec<&str> = [first.trim_start_matches("- ")]
        .into_iter()
        .chain(rest)
        .collect();
    let rendered = markdown::render(&text.join("\n"), &mut |link| {
        site.link("README.md", page, link)
    })?;
    Ok(Some(rendered.html))
}

fn commands(site: &Site<'_>) -> Section {
    let readme = site.has("README.md");
    let more = readme.then(|| {
        item(
            "How long they take, and all options:",
            "README",
            "README.html#the-two-commands".to_owned(),
        )
    });
    Section {
        id: "commands",
        heading: "The two commands",
        blocks: vec![
            Block::Paragraph(
                "In a clone of the repository, with a Rust toolchain:".to_owned(),
            ),
            Block::Code(
                "cargo compare           # builds the servers, checks them, measures them, prints the comparison\n\
                 cargo test --workspace  # runs every conformance case on the four and on bare hyper, each as a test"
                    .to_owned(),
            ),
            Block::List(more.into_iter().collect()),
        ],
    }
}

fn by_default(site: &mut Site<'_>) -> Result<()> {
    let Some(defaults) = &site.input.background.defaults else {
        return Ok(());
    };
    let mut sources = BTreeMap::new();
    for one in &defaults.frameworks {
        for added in one.seen.iter().flat_map(|seen| &seen.added) {
            sources.insert(added.clone(), site.item(DEFAULTS, added)?);
        }
    }
    let known = site.frameworks();
    let page = |name: &str| {
        let is_known = known.iter().any(|one| one == name);
        is_known.then(|| relative(DEFAULTS, &framework_page(name)))
    };
    let frameworks: Vec<&Framework> = defaults.frameworks.iter().collect();
    let grid = defaults::grid(defaults, &frameworks, &page, &|added| {
        sources.get(added).cloned()
    });
    let of = defaults.capabilities.len();
    let tally = frameworks.iter();
    let tally = tally.map(|one| format!("{} {} of {of}", one.framework, one.built_in()));
    let mut blocks = vec![
        Block::Paragraph(defaults::explanation().to_owned()),
        Block::Grid(grid),
    ];
    blocks.extend(defaults::failed(defaults, &frameworks));
    site.put_page(Page {
        path: DEFAULTS.to_owned(),
        title: "What each framework does by default".to_owned(),
        lead: vec![format!(
            "Built in: {}.",
            tally.collect::<Vec<_>>().join(", ")
        )],
        notices: Vec::new(),
        sections: vec![Section {
            id: defaults::ID,
            heading: "Seen by asking each framework's own server",
            blocks,
        }],
    })
}

fn kept_up(site: &mut Site<'_>) -> Result<()> {
    let Some(upkeep) = &site.input.background.upkeep else {
        return Ok(());
    };
    let known = site.frameworks();
    let page = |name: &str| {
        let is_known = known.iter().any(|one| one == name);
        is_known.then(|| relative(UPKEEP, &framework_page(name)))
    };
    let crates: Vec<&Published> = upkeep.registry.crates.iter().collect();
    site.put_page(Page {
        path: UPKEEP.to_owned(),
        title: "How each framework is kept up".to_owned(),
        lead: Vec::new(),
        notices: Vec::new(),
        sections: vec![Section {
            id: upkeep::ID,
            heading: "Releases and advisories",
            blocks: upkeep::blocks(upkeep, &crates, &page),
        }],
    })
}
