//! Arrays of slices, as columns.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context as _, Result, ensure};
use pco::ChunkConfig;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::column::{coded, decoded};

/// What arrays that become columns are called, wherever they are.
const ARRAY: &str = "slices";

/// What stands in an array's place: how many rows it had.
const MARK: &str = "$rows";

/// Tables by the path of their arrays; within, columns by field.
pub(super) type PackedTables = BTreeMap<String, BTreeMap<String, Column>>;

/// One field of all rows.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Column {
    /// Unsigned integers, as a standalone pco file in base64.
    U64(String),
    /// The one value that all of so many rows have.
    Same(Value, usize),
    /// Anything else, as it is.
    Values(Vec<Value>),
}

/// Columns that are filled, or emptied, array by array.
#[derive(Default)]
pub(super) struct Tables(BTreeMap<String, BTreeMap<String, Rest>>);

/// What is left of a column.
#[derive(Default)]
struct Rest {
    values: VecDeque<Value>,
    /// A value that is there so many times before those.
    same: Option<(Value, usize)>,
}

impl Rest {
    fn next(&mut self) -> Option<Value> {
        match &mut self.same {
            Some((value, left @ 1..)) => {
                *left -= 1;
                Some(value.clone())
            }
            _ => self.values.pop_front(),
        }
    }

    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.same.as_ref().is_none_or(|(_, left)| *left == 0)
    }
}

impl Tables {
    /// Takes every array of slices out of a document.
    pub(super) fn take(&mut self, document: &mut Value) {
        self.visit(document, "");
    }

    fn visit(&mut self, value: &mut Value, path: &str) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = below(path, name);
                    match value {
                        Value::Array(rows) if name == ARRAY => {
                            if let Some(count) = self.take_rows(rows, path) {
                                *value = json!({ MARK: count });
                            }
                        }
                        value => self.visit(value, &path),
                    }
                }
            }
            Value::Array(values) => {
                for value in values {
                    self.visit(value, path);
                }
            }
            _ => {}
        }
    }

    /// How many there were; none where they stay, because they are not rows of one table.
    fn take_rows(&mut self, rows: &mut Vec<Value>, path: String) -> Option<usize> {
        let first = rows.first()?.as_object()?;
        let alike = |row: &Value| {
            row.as_object()
                .is_some_and(|row| row.len() == first.len() && row.keys().eq(first.keys()))
        };
        let fits = self.0.get(&path).is_none_or(|table| {
            table.len() == first.len() && first.keys().all(|field| table.contains_key(field))
        });
        if !fits || first.is_empty() || !rows.iter().all(alike) {
            return None;
        }
        let table = self.0.entry(path).or_default();
        let count = rows.len();
        for row in rows.drain(..) {
            let Value::Object(row) = row else { continue };
            for (field, value) in row {
                table.entry(field).or_default().values.push_back(value);
            }
        }
        Some(count)
    }

    pub(super) fn pack(self) -> Result<PackedTables> {
        let columns = |table: BTreeMap<String, Rest>| {
            let columns = table.into_iter();
            columns
                .map(|(field, values)| Ok((field, Column::of(values.values.into())?)))
                .collect::<Result<_>>()
        };
        let tables = self.0.into_iter();
        tables
            .map(|(path, table)| Ok((path, columns(table)?)))
            .collect()
    }

    pub(super) fn unpack(packed: PackedTables) -> Result<Self> {
        let mut tables = BTreeMap::new();
        for (path, packed) in packed {
            let mut table = BTreeMap::new();
            for (field, column) in packed {
                let rest = column.rest().with_context(|| format!("{path}.{field}"))?;
                table.insert(field, rest);
            }
            ensure!(!table.is_empty(), "{path} has no columns");
            tables.insert(path, table);
        }
        Ok(Self(tables))
    }

    /// Puts every array back.
    ///
    /// # Errors
    /// Where there are fewer rows than a document had, or more.
    pub(super) fn restore(mut self, document: &mut Value) -> Result<()> {
        self.put(document, "")?;
        let mut columns = self.0.values().flat_map(BTreeMap::values);
        ensure!(columns.all(Rest::is_empty), "rows are left over");
        Ok(())
    }

    fn put(&mut self, value: &mut Value, path: &str) -> Result<()> {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = below(path, name);
                    match value.get(MARK).and_then(Value::as_u64) {
                        Some(count) => *value = Value::Array(self.rows(count, &path)?),
                        None => self.put(value, &path)?,
                    }
                }
            }
            Value::Array(values) => {
                for value in values {
                    self.put(value, path)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn rows(&mut self, count: u64, path: &str) -> Result<Vec<Value>> {
        let table = self.0.get_mut(path);
        let table = table.with_context(|| format!("{path} is no table"))?;
        let mut row = || {
            let fields = table.iter_mut();
            fields
                .map(|(field, values)| {
                    let value = values.next();
                    let value = value.with_context(|| format!("{path}.{field} is too short"))?;
                    Ok((field.clone(), value))
                })
                .collect::<Result<Map<_, _>>>()
        };
        (0..count).map(|_| Ok(Value::Object(row()?))).collect()
    }
}

/// The path of a field, whose arrays count for nothing.
fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

impl Column {
    fn of(values: Vec<Value>) -> Result<Self> {
        let numbers: Option<Vec<u64>> = values.iter().map(Value::as_u64).collect();
        if let Some(numbers) = numbers {
            return Ok(Self::U64(coded(&numbers, &ChunkConfig::default())?));
        }
        match values.split_first() {
            Some((first, others)) if others.iter().all(|other| other == first) => {
                Ok(Self::Same(first.clone(), values.len()))
            }
            _ => Ok(Self::Values(values)),
        }
    }

    fn rest(self) -> Result<Rest> {
        let (values, same) = match self {
            Self::U64(text) => (decoded(&text)?.into_iter().map(Value::from).collect(), None),
            Self::Same(value, count) => (VecDeque::new(), Some((value, count))),
            Self::Values(values) => (values.into(), None),
        };
        Ok(Rest { values, same })
    }
}
