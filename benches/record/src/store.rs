//! Records on disk. It knows nothing of what is in one but its version and its state.
//!
//! A run that goes on is written again after each restart, as plain JSON. When it has ended it is packed
//! ([`crate::pack`]) and compressed by gzip, and the plain file goes. Every command reads both.

use std::fs;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::Value;

use crate::pack::{Detail, Packed, Unpacked, is_packed, pack, same, unpack};
use crate::record::{OLDEST_VERSION, Record, SCHEMA_VERSION, State};
use crate::replace::replace;

/// The name of a plain record in its directory: one of a run that goes on or was killed, or of an older version.
pub const PLAIN_NAME: &str = "run.json";

/// The name of a packed record in its directory.
pub const PACKED_NAME: &str = "run.packed.json.gz";

/// How gzip files begin (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Record {
    /// Writes the record into `directory`, plain while the run goes on and packed when it has ended. It is
    /// written whole or not at all: a reader, or a run that is killed, is left with the last version that was complete.
    ///
    /// # Errors
    /// Where the directory cannot be made or written to.
    pub fn write(&self, directory: &Path) -> Result<PathBuf> {
        let write = || -> Result<PathBuf> {
            fs::create_dir_all(directory)?;
            if self.state == State::Running {
                write_plain(directory, self)
            } else {
                write_packed(directory, serde_json::to_value(self)?)
            }
        };
        write().with_context(|| format!("cannot write a record into {}", directory.display()))
    }

    /// The record's file, given that or its directory.
    pub fn file(path: &Path) -> PathBuf {
        if !path.is_dir() {
            return path.to_owned();
        }
        // Where a process was killed between writing one and removing the other, the packed one is the
        // newer, or the same.
        let packed = path.join(PACKED_NAME);
        if packed.is_file() {
            packed
        } else {
            path.join(PLAIN_NAME)
        }
    }

    /// Reads a record, given its file or its directory. One of an older version that is still read
    /// becomes one of the present version.
    ///
    /// # Errors
    /// Where it cannot be read, is no record, or is of a version this program does not know.
    pub fn read(path: &Path) -> Result<Self> {
        Self::read_without(path, &[], Detail::Whole)
    }

    /// Reads a record as if it had measured the comparison alone: without latency at given rates, requests per second
    /// against connections and against workers, and what servers cost besides. Of a packed record, summaries stand in place of histograms
    /// ([`Summary`](crate::Summary)), of whose counts a record since 2026-11-29 tells the totals beside: they are believed. [`read`](Self::read)
    /// counts again.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_comparison(path: &Path) -> Result<Self> {
        Self::read_without(
            path,
            &["latency", "capacity", "scaling", "cost"],
            Detail::Summary,
        )
    }

    fn read_without(path: &Path, without: &[&str], detail: Detail) -> Result<Self> {
        let file = Self::file(path);
        let shown = file.display();
        let bytes = bytes(&file)?;
        let Unpacked { document, rows } = match serde_json::from_slice::<Packed<'_>>(&bytes) {
            Ok(packed) => packed
                .unpack_rows(("restarts", "slices"), without, detail)
                .with_context(|| format!("{shown} is damaged"))?,
            Err(_) => Unpacked {
                document: document(&file, &bytes, without, detail)?,
                rows: Vec::new(),
            },
        };
        let version = document.get("schema_version").and_then(Value::as_u64);
        let version = version.with_context(|| format!("{shown} is not the record of a run"))?;
        ensure!(
            (u64::from(OLDEST_VERSION)..=u64::from(SCHEMA_VERSION)).contains(&version),
            "{shown} has schema version {version}, this program reads {OLDEST_VERSION} to \
             {SCHEMA_VERSION}",
        );
        let mut record: Self =
            serde_json::from_value(document).with_context(|| format!("{shown} is damaged"))?;
        record.schema_version = SCHEMA_VERSION;
        for (restart, rows) in record.restarts.iter_mut().zip(rows) {
            if !rows.is_empty() {
                restart.slices = rows;
            }
        }
        let arms = record.plan.arms.len();
        let mut slices = record.restarts.iter().flat_map(|restart| &restart.slices);
        ensure!(
            slices.all(|slice| slice.arm < arms && slice.window_ns > 0),
            "{shown} is damaged: it has a slice of no server, or of no length"
        );
        Ok(record)
    }
}

/// Packs the record of a run that has ended, as it is: its version stays. Says how large it was and is, in bytes.
///
/// # Errors
/// Where it cannot be read, is packed already, is of a run that goes on, or did not come back the same.
pub fn repack(path: &Path) -> Result<(u64, u64)> {
    let file = Record::file(path);
    let shown = file.display();
    ensure!(
        file.file_name() == Some(PLAIN_NAME.as_ref()),
        "{shown} is not a plain record, {PLAIN_NAME}"
    );
    let record = Record::read(&file)?;
    ensure!(
        record.state != State::Running,
        "{shown} is of an unfinished run; `cargo compare --resume` continues it"
    );
    let before = fs::metadata(&file)?.len();
    let document = document(&file, &bytes(&file)?, &[], Detail::Whole)?;
    ensure!(
        same(
            &unpack(pack(document.clone())?, &[], Detail::Whole)?,
            &document
        ),
        "{shown} cannot be packed without loss, and is left unchanged"
    );
    let packed = write_packed(file.parent().unwrap_or(Path::new("")), document)?;
    Ok((before, fs::metadata(packed)?.len()))
}

fn write_plain(directory: &Path, record: &Record) -> Result<PathBuf> {
    let file = replace(directory, PLAIN_NAME, |output| to_writer(output, record))?;
    remove(&directory.join(PACKED_NAME))?;
    Ok(file)
}

fn write_packed(directory: &Path, document: Value) -> Result<PathBuf> {
    let packed = pack(document)?;
    let file = replace(directory, PACKED_NAME, |output| {
        let mut output = GzEncoder::new(output, Compression::best());
        to_writer(&mut output, &packed)?;
        output.finish()?;
        Ok(())
    })?;
    remove(&directory.join(PLAIN_NAME))?;
    Ok(file)
}

/// One line.
fn to_writer(mut output: impl Write, document: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut output, document)?;
    output.write_all(b"\n")?;
    Ok(())
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// What is in a record's file, compressed or not.
///
/// # Errors
/// Where it cannot be read, or is damaged.
fn bytes(file: &Path) -> Result<Vec<u8>> {
    let shown = file.display();
    let bytes = fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut text = Vec::with_capacity(2 * bytes.len());
    GzDecoder::new(bytes.as_slice())
        .read_to_end(&mut text)
        .with_context(|| format!("{shown} is damaged"))?;
    Ok(text)
}

/// A record's document without these fields, whatever its version, packed or not.
///
/// # Errors
/// Where what is in the file is not JSON, or is damaged.
fn document(file: &Path, bytes: &[u8], without: &[&str], detail: Detail) -> Result<Value> {
    let shown = file.display();
    let mut document: Value = serde_json::from_slice(bytes)
        .with_context(|| format!("{shown} is not the record of a run"))?;
    if is_packed(&document) {
        return unpack(document, without, detail).with_context(|| format!("{shown} is damaged"));
    }
    if let Value::Object(fields) = &mut document {
        fields.retain(|field, _| !without.contains(&field.as_str()));
    }
    Ok(document)
}

#[cfg(test)]
mod tests;
