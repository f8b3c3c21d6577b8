//! Whether a record fits together: what its parts say of each other, and what no machine can have measured.
//!
//! It finds records that were damaged or changed, not records that were made up with care: nothing in a record proves
//! that it was measured.

mod cost;
mod orders;
mod scaling;
mod slices;
mod stored;
mod totals;

use std::collections::BTreeMap;

use quartet_record::Record;

/// What does not fit together in a record, as sentences without their full stops. Empty where all does.
pub fn check(record: &Record) -> Vec<String> {
    let mut misfits = Misfits::default();
    orders::check(record, &mut misfits);
    scaling::check(record, &mut misfits);
    slices::check(record, &mut misfits);
    totals::check(record, &mut misfits);
    stored::check(record, &mut misfits);
    cost::check(record, &mut misfits);
    misfits.sentences()
}

/// What was found, each kind with its first place and how often it occurs.
#[derive(Debug, Default)]
struct Misfits {
    kinds: BTreeMap<(u8, String), (String, usize)>,
    order: u8,
}

impl Misfits {
    /// Whatever follows is said after what was found before.
    fn next(&mut self) {
        self.order += 1;
    }

    /// Notes that something does not fit. Of the same kind, such as of one server in one lane, the first sentence is said
    /// and the others are counted.
    fn add(&mut self, kind: impl Into<String>, sentence: impl FnOnce() -> String) {
        let found = self.kinds.entry((self.order, kind.into()));
        found
            .and_modify(|(_, count)| *count += 1)
            .or_insert_with(|| (sentence(), 1));
    }

    fn sentences(self) -> Vec<String> {
        self.kinds
            .into_values()
            .map(|(sentence, count)| match count {
                1 => sentence,
                2 => format!("{sentence}; 1 more like it"),
                _ => format!("{sentence}; {} more like it", count - 1),
            })
            .collect()
    }
}

/// A restart's number as people count.
fn number(restart: u32) -> u64 {
    u64::from(restart) + 1
}

/// A server in a lane of a record, for sentences.
fn row(record: &Record, arm: usize, lane: quartet_record::plan::Lane) -> String {
    let name = record.plan.arms.get(arm).map_or("?", |arm| &arm.name);
    format!("{name}, {}", lane.name())
}

#[cfg(test)]
mod tests;
