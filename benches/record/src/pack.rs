//! The packed form of a record: the same document with its numbers in columns. It knows no type of the record.
//!
//! Nearly all of a record are slices and histograms. Their digits are mostly noise, which a general
//! compressor does not shorten: gzip leaves 42 % of a record, xz 36 %. So they are taken out of the
//! document and coded as what they are, by [pco](https://docs.rs/pco), which leaves 23 %:
//!
//! ```json
//! {"packed": 1, "record": {…}, "tables": {…}, "histograms": {…}}
//! ```
//!
//! - `record` is the document. In place of an array of slices it has `{"$rows": n}`, in place of a
//!   histogram `{"$histogram": i}`.
//! - `tables` has the columns of all slices, by the path of their arrays (`restarts.slices`) and by
//!   field. See [`tables`].
//! - `histograms` has the counts of all histograms. See [`histograms`].
//!
//! Packing knows no type of the record, so that fields may be added, and records of every version be packed.

mod column;
mod histograms;
mod tables;

use anyhow::{Result, ensure};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::histogram::decode;
pub(super) use histograms::Detail;
use histograms::{Histograms, PackedHistograms};
use tables::{PackedTables, Tables};

/// The version of this form, apart from that of the record in it.
const PACKED_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Packed {
    packed: u32,
    record: Value,
    tables: PackedTables,
    histograms: PackedHistograms,
}

/// Whether a document is packed.
pub(super) fn is_packed(document: &Value) -> bool {
    document.get("packed").is_some()
}

/// The packed form of a record's document. Histograms come back as HdrHistogram V2 without compression.
///
/// # Errors
/// Where numbers cannot be coded.
pub(super) fn pack(mut record: Value) -> Result<Value> {
    let mut histograms = Histograms::default();
    histograms.take(&mut record);
    let mut tables = Tables::default();
    tables.take(&mut record);
    Ok(serde_json::to_value(Packed {
        packed: PACKED_VERSION,
        record,
        tables: tables.pack()?,
        histograms: histograms.pack()?,
    })?)
}

/// The record's document, without these fields of the record, and with its histograms or summaries of them.
///
/// # Errors
/// Where the packed form is damaged, or of a version this program does not know.
pub(super) fn unpack(packed: Value, without: &[&str], detail: Detail) -> Result<Value> {
    let version = packed.get("packed").and_then(Value::as_u64);
    ensure!(
        version == Some(PACKED_VERSION.into()),
        "its packing is unknown to this program"
    );
    let mut packed: Packed = serde_json::from_value(packed)?;
    if let Value::Object(fields) = &mut packed.record {
        fields.retain(|field, _| !without.contains(&field.as_str()));
    }
    // What is not restored is not decoded either.
    let left_out = |path: &str| {
        without
            .iter()
            .any(|field| path.split('.').next() == Some(field))
    };
    packed.tables.retain(|path, _| !left_out(path));
    Tables::unpack(packed.tables)?.restore(&mut packed.record)?;
    let histograms = Histograms::unpack(&packed.histograms, &packed.record, detail)?;
    histograms.restore(&mut packed.record)?;
    Ok(packed.record)
}

/// Whether two documents say the same, however their histograms are written.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let alike = |(name, value)| other.get(name).is_some_and(|other| same(value, other));
            one.len() == other.len() && one.iter().all(alike)
        }
        (Value::Array(one), Value::Array(other)) => {
            let mut both = one.iter().zip(other);
            one.len() == other.len() && both.all(|(one, other)| same(one, other))
        }
        (Value::String(one), Value::String(other)) if one != other => {
            match (decode(one), decode(other)) {
                (Ok(one), Ok(other)) => {
                    let terms =
                        |found: &Histogram<u64>| (found.low(), found.high(), found.sigfig());
                    one == other && terms(&one) == terms(&other)
                }
                _ => false,
            }
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests;
