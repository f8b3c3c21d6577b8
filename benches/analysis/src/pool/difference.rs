//! Where the terms of pooled records differ.

use std::collections::BTreeMap;

use serde::Serialize;

use super::contribution::Contribution;

/// A term that is not the same in all records that know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is.
    pub field: String,
    /// Whether it is of the load. Records of different loads are never pooled.
    pub load: bool,
    /// Each value, with the names of its records.
    pub values: Vec<(String, Vec<String>)>,
}

/// Every term that is not the same in all records, those of the load first.
pub(super) fn differences(contributions: &[Contribution]) -> Vec<Difference> {
    /// Values by identity, each with the names of its records.
    type Values<'a> = BTreeMap<u64, (&'a str, Vec<String>)>;
    let mut fields: BTreeMap<(bool, &str), Values<'_>> = BTreeMap::new();
    for contribution in contributions {
        for term in &contribution.terms {
            let values = fields.entry((!term.load, &term.field)).or_default();
            let (_, names) = values
                .entry(term.identity)
                .or_insert_with(|| (&term.value, Vec::new()));
            names.push(contribution.name.clone());
        }
    }
    fields
        .into_iter()
        .filter(|(_, values)| values.len() > 1)
        .map(|((program, field), values)| {
            let values = values.into_values();
            let mut values: Vec<(String, Vec<String>)> = values
                .map(|(value, names)| (value.to_owned(), names))
                .collect();
            values.sort();
            Difference {
                field: field.to_owned(),
                load: !program,
                values,
            }
        })
        .collect()
}
