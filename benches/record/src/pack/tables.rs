//! Arrays of slices, as columns.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context as _, Result, ensure};
use pco::ChunkConfig;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::column::{coded, decoded};

/// What arrays that become columns are called, wherever they are.
const ARRAY: &str = "slices";

/// What stands in an array's place: how many rows it had.
const MARK: &str = "$rows";

/// Tables by the path of their arrays.
pub(super) type PackedTables<'a> = BTreeMap<String, PackedTable<'a>>;

/// The columns of a table by field.
pub(super) type PackedTable<'a> = BTreeMap<String, Column<'a>>;

/// One field of all rows.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Column<'a> {
    /// Unsigned integers, as a standalone pco file in base64.
    U64(#[serde(borrow)] Cow<'a, str>),
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
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.values.len() + self.same.as_ref().map_or(0, |(_, left)| *left)
    }

    /// The value of a row.
    fn at(&self, row: usize) -> Option<&Value> {
        match &self.same {
            Some((value, left)) if row < *left => Some(value),
            Some((_, left)) => self.values.get(row - left),
            None => self.values.get(row),
        }
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

    pub(super) fn pack(self) -> Result<PackedTables<'static>> {
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

    pub(super) fn unpack(packed: PackedTables<'_>) -> Result<Self> {
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

/// Takes the marks of arrays out of the elements of a list of a document: how many rows each had, and 0 where there is no mark.
pub(super) fn take_counts(document: &mut Value, list: &str, array: &str) -> Vec<usize> {
    let elements = document.get_mut(list).and_then(Value::as_array_mut);
    let take = |element: &mut Value| {
        let rows = element.get_mut(array)?;
        let count = rows.get(MARK).and_then(Value::as_u64)?;
        *rows = Value::Array(Vec::new());
        usize::try_from(count).ok()
    };
    elements
        .into_iter()
        .flatten()
        .map(|element| take(element).unwrap_or(0))
        .collect()
}

/// The rows of a table, as many together as the counts say.
///
/// # Errors
/// Where there are fewer rows, or more, or one is no `T`.
pub(super) fn typed_rows<T: DeserializeOwned>(
    table: PackedTable<'_>,
    counts: &[usize],
) -> Result<Vec<Vec<T>>> {
    let mut columns = Vec::with_capacity(table.len());
    for (field, column) in table {
        let rest = column.rest().with_context(|| field.clone())?;
        columns.push((field, rest));
    }
    let all = counts
        .iter()
        .try_fold(0_usize, |all, count| all.checked_add(*count));
    let fits = |rest: &Rest| Some(rest.len()) == all;
    ensure!(!columns.is_empty(), "there are no columns");
    ensure!(
        columns.iter().all(|(_, rest)| fits(rest)),
        "its columns are not as long as its arrays"
    );
    let row = |row: usize| {
        let fields = columns
            .iter()
            .filter_map(|(field, rest)| Some((field.as_str(), rest.at(row)?)));
        T::deserialize(MapDeserializer::<_, serde_json::Error>::new(fields))
    };
    let mut next = 0..;
    counts
        .iter()
        .map(|&count| {
            let rows = next.by_ref().take(count);
            Ok(rows.map(row).collect::<Result<_, _>>()?)
        })
        .collect()
}

/// The path of a field, whose arrays count for nothing.
fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

impl Column<'_> {
    fn of(values: Vec<Value>) -> Result<Self> {
        let numbers: Option<Vec<u64>> = values.iter().map(Value::as_u64).collect();
        if let Some(numbers) = numbers {
            return Ok(Self::U64(coded(&numbers, &ChunkConfig::default())?.into()));
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
