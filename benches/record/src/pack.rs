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
//! - `histograms` has the counts of all histograms, and their totals, so that who asks for no more need
//!   not decode the counts. See [`histograms`].
//!
//! Packing knows no type of the record, so that fields may be added, and records of every version be packed.

mod buckets;
mod column;
mod histograms;
mod tables;

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::histogram::decode;
pub(super) use histograms::Detail;
use histograms::{Histograms, PackedHistograms};
use tables::{PackedTables, Tables, take_counts, typed_rows};

/// The version of this form, apart from that of the record in it.
const PACKED_VERSION: u32 = 1;

/// A packed document. Its columns stay where they were read, for they are most of it.
#[derive(Serialize, Deserialize)]
pub(super) struct Packed<'a> {
    packed: u32,
    record: Value,
    #[serde(borrow)]
    tables: PackedTables<'a>,
    #[serde(borrow)]
    histograms: PackedHistograms<'a>,
}

/// A document, and the rows of arrays that were left empty in it.
pub(super) struct Unpacked<T> {
    /// The document.
    pub(super) document: Value,
    /// The rows of each array, in the order of the document. Empty where an array was not packed, and is in the document.
    pub(super) rows: Vec<Vec<T>>,
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
    ensure!(version == Some(PACKED_VERSION.into()), "{UNKNOWN}");
    let packed = Packed::deserialize(&packed)?.without(without)?;
    let mut document = packed.record;
    Tables::unpack(packed.tables)?.restore(&mut document)?;
    packed.histograms.put_back(&mut document, detail)?;
    Ok(document)
}

/// What a document says whose packing is not known.
const UNKNOWN: &str = "its packing is unknown to this program";

impl Packed<'_> {
    /// The same without fields of the record, and without their columns: what is not put back is not decoded either.
    fn without(mut self, without: &[&str]) -> Result<Self> {
        ensure!(self.packed == PACKED_VERSION, "{UNKNOWN}");
        if let Value::Object(fields) = &mut self.record {
            fields.retain(|field, _| !without.contains(&field.as_str()));
        }
        let left_out = |path: &str| {
            without
                .iter()
                .any(|field| path.split('.').next() == Some(field))
        };
        self.tables.retain(|path, _| !left_out(path));
        Ok(self)
    }

    /// As [`unpack`], but the rows of the arrays `array` in the elements of the list `list` are given apart, as what they are. As
    /// values they would take most of the time.
    ///
    /// # Errors
    /// As [`unpack`].
    pub(super) fn unpack_rows<T: DeserializeOwned>(
        self,
        (list, array): (&str, &str),
        without: &[&str],
        detail: Detail,
    ) -> Result<Unpacked<T>> {
        let mut packed = self.without(without)?;
        let mut document = packed.record;
        let path = format!("{list}.{array}");
        let counts = take_counts(&mut document, list, array);
        let mut rows = Vec::new();
        if counts.iter().any(|count| *count > 0) {
            let table = packed.tables.remove(&path);
            let table = table.with_context(|| format!("{path} is no table"))?;
            rows = typed_rows(table, &counts).context(path)?;
        }
        Tables::unpack(packed.tables)?.restore(&mut document)?;
        packed.histograms.put_back(&mut document, detail)?;
        Ok(Unpacked { document, rows })
    }
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
