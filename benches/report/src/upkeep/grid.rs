//! The table: a row a question, a column a crate.

use super::{Advisory, Published, Upkeep};
use crate::grid::{Column, Grid, GridCell, GridRow, Link};

/// How many years back releases are counted.
const YEARS: u32 = 2;

/// A question, and a crate's answer.
struct Row {
    name: &'static str,
    more: &'static str,
    cell: fn(&Upkeep, &Published) -> GridCell,
}

/// What the table to choose by has.
const CHOOSE: [Row; 4] = [
    Row {
        name: "Breaking releases",
        more: "in two years",
        cell: breaking,
    },
    Row {
        name: "Newest release",
        more: "and how many there were in a year",
        cell: newest,
    },
    Row {
        name: "Minimum Rust version",
        more: "of the newest release",
        cell: rust,
    },
    Row {
        name: "Security advisories",
        more: "about its own crates, ever",
        cell: advisories,
    },
];

/// What a page of its own has besides.
const MORE: [Row; 3] = [
    Row {
        name: "First release",
        more: "of the crate by this name",
        cell: first,
    },
    Row {
        name: "Yanked releases",
        more: "in two years",
        cell: yanked,
    },
    Row {
        name: "Advisories about the finished server",
        more: "at the locked versions of all its crates",
        cell: open,
    },
];

/// The rows of the table to choose by, for these crates.
pub(crate) fn rows_to_choose_by(upkeep: &Upkeep, crates: &[Option<&Published>]) -> Vec<GridRow> {
    CHOOSE.iter().map(|row| row.of(upkeep, crates)).collect()
}

/// The table of these crates. `page` is the page of a framework, by its name.
pub(crate) fn grid(
    upkeep: &Upkeep,
    crates: &[&Published],
    page: &dyn Fn(&str) -> Option<String>,
) -> Grid {
    let columns = crates.iter().map(|one| Column {
        name: one.name.clone(),
        target: one.framework.as_deref().and_then(page),
        more: String::new(),
    });
    let crates: Vec<_> = crates.iter().copied().map(Some).collect();
    let rows = CHOOSE.iter().chain(&MORE);
    Grid {
        caption: "How each framework is kept up, and what they stand on".to_owned(),
        corner: "question",
        columns: columns.collect(),
        rows: rows.map(|row| row.of(upkeep, &crates)).collect(),
    }
}

impl Row {
    fn of(&self, upkeep: &Upkeep, crates: &[Option<&Published>]) -> GridRow {
        let cells = crates.iter().map(|one| match one {
            Some(one) => (self.cell)(upkeep, one),
            None => GridCell::nothing(),
        });
        GridRow {
            name: self.name.to_owned(),
            target: None,
            more: self.more.to_owned(),
            cells: cells.collect(),
        }
    }
}

fn said(text: String, more: String) -> GridCell {
    GridCell {
        text,
        more,
        ..GridCell::default()
    }
}

fn breaking(upkeep: &Upkeep, one: &Published) -> GridCell {
    let lately = upkeep.lately(one, YEARS);
    let count = lately.iter().filter(|it| it.breaking).count();
    let last = one.last_breaking();
    let last = last.map(|it| format!("last: {}, {}", it.version, it.day()));
    said(count.to_string(), last.unwrap_or_default())
}

fn newest(upkeep: &Upkeep, one: &Published) -> GridCell {
    let Some(newest) = one.newest() else {
        return GridCell::nothing();
    };
    let count = upkeep.lately(one, 1).len();
    said(
        format!("{}, {}", newest.version, newest.day()),
        format!("{count} in a year"),
    )
}

fn rust(upkeep: &Upkeep, one: &Published) -> GridCell {
    let stated = one.newest().and_then(|it| it.rust_version.clone());
    match stated {
        Some(version) => said(
            version,
            match upkeep.raises(one, YEARS) {
                1 => "raised once in two years".to_owned(),
                raises => format!("raised {raises} times in two years"),
            },
        ),
        None => said("not stated".to_owned(), String::new()),
    }
}

fn advisories(upkeep: &Upkeep, one: &Published) -> GridCell {
    let about = upkeep.about(one);
    let newest = about.first().map(|it| format!("newest: {}", it.date));
    counted(&about, newest.unwrap_or_default())
}

fn open(upkeep: &Upkeep, one: &Published) -> GridCell {
    let framework = one.framework.as_deref();
    match framework.and_then(|name| upkeep.framework(name)) {
        Some(framework) => counted(
            &upkeep.open(&framework.framework),
            format!("{} crates", framework.crates),
        ),
        None => GridCell::nothing(),
    }
}

fn counted(advisories: &[&Advisory], more: String) -> GridCell {
    let links = advisories.iter().map(|it| Link {
        label: it.id.clone(),
        target: it.address(),
    });
    GridCell {
        links: links.collect(),
        ..said(advisories.len().to_string(), more)
    }
}

fn first(_: &Upkeep, one: &Published) -> GridCell {
    match one.first() {
        Some(first) => said(first.day().to_owned(), first.version.clone()),
        None => GridCell::nothing(),
    }
}

fn yanked(upkeep: &Upkeep, one: &Published) -> GridCell {
    let lately = upkeep.lately(one, YEARS);
    let yanked = lately.iter().filter(|it| it.yanked);
    let names: Vec<&str> = yanked.map(|it| it.version.as_str()).collect();
    said(
        format!("{} of {}", names.len(), lately.len()),
        names.join(", "),
    )
}
