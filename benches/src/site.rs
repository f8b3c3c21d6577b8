//! `cargo compare site`: the records, the guide and what is known of each framework as static pages.

mod folder;
mod repository;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use quartet_analysis::{Analysis, Division};
use quartet_conformance::servers::{Catalogue, Role, Server};
use quartet_record::Record;
use quartet_report::html::{self, Background};
use quartet_report::site::{Content, Entry, INDEX, Input, Workaround, site};

use crate::cost::{lines, source};
use crate::failure::{Failure, print};
use crate::list::records_in;
use crate::page::background;
use folder::Folder;
use repository::Repository;

/// Where the records are, in the repository.
const RECORDS: &str = "records";

/// Where the site goes.
#[derive(Args, Debug)]
pub struct Options {
    /// The directory to write the site to. It must be new, empty, or a site that this command wrote
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// The directory of records [default: records, beside servers.toml]
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
}

/// Writes the site.
///
/// # Errors
/// [`Failure::Usage`] where there is no servers.toml or no record, or where the directory has what this command did not
/// write; and where a document links to what is not there, or something cannot be read or written.
pub fn run(options: &Options) -> Result<(), Failure> {
    let catalogue = Catalogue::find().map_err(|error| Failure::Usage(error.to_string()))?;
    let root = catalogue.root();
    let records = options
        .records
        .clone()
        .unwrap_or_else(|| root.join(RECORDS));
    // Before minutes of work.
    let folder = Folder::new(&options.directory)?;
    let places = records_in(&records).map_err(|error| Failure::usage(&error))?;
    if places.is_empty() {
        let shown = records.display();
        return Err(Failure::Usage(format!("{shown} has no record")));
    }
    let files = made(&catalogue, &places)?;
    let count = files.len();
    folder.write(root, &files)?;
    let index = options.directory.join(INDEX);
    Ok(print(&format!(
        "{count} files; the first page: {}\n",
        index.display()
    ))?)
}

/// The files of the site.
fn made(catalogue: &Catalogue, places: &[PathBuf]) -> Result<BTreeMap<String, Content>> {
    let root = catalogue.root();
    let background = Background {
        home: Some(format!("../../{INDEX}")),
        ..background(Some(root))
    };
    let mut files = BTreeMap::new();
    let mut entries = Vec::new();
    for place in places {
        let shown = || place.display().to_string();
        let record = Record::read(place)?;
        let (name, entry, page) = reported(&record, place, &background).with_context(shown)?;
        let file = Record::file(place);
        let data = file.file_name().unwrap_or_default().to_string_lossy();
        let folder = format!("{RECORDS}/{name}");
        files.insert(format!("{folder}/{}", html::FILE_NAME), Content::Text(page));
        let copied = std::path::absolute(&file)?.to_string_lossy().into_owned();
        files.insert(format!("{folder}/{data}"), Content::Copy(copied));
        entries.push((entry, place));
    }
    entries.sort_by(|(a, _), (b, _)| b.started.cmp(&a.started));
    let main = main_record(catalogue, &entries).to_owned();
    let record = Record::read(&main)?;
    let analysis = Analysis::of(&record)?;
    let entries: Vec<Entry> = entries.into_iter().map(|(entry, _)| entry).collect();
    let workarounds = workarounds(catalogue)?;
    let input = Input {
        main: (&name_of(&main)?, &record, &analysis),
        entries: &entries,
        background: &background,
        workarounds: &workarounds,
        files: &Repository::new(root),
    };
    files.extend(site(&input)?);
    Ok(files)
}

/// A record's name, what the site says of it, and its page.
fn reported(
    record: &Record,
    place: &Path,
    background: &Background<'_>,
) -> Result<(String, Entry, String)> {
    let name = name_of(place)?;
    let analysis = Analysis::of(record)?;
    let division = Division::of(record)?;
    let entry = Entry::of(&name, record, &analysis, &division, background)?;
    let file = Record::file(place);
    let data = file.file_name().and_then(|name| name.to_str());
    let page = html::page(record, &analysis, &division, background, data)?;
    Ok((name, entry, page))
}

/// The name of a record's folder.
fn name_of(place: &Path) -> Result<String> {
    let place = std::path::absolute(place)?;
    let name = place.file_name().context("it has no name")?;
    Ok(name.to_string_lossy().into_owned())
}

/// The newest record with the ratios of all frameworks of the catalogue, or else the newest in which anything counts, or
/// else the newest. There is one.
fn main_record<'a>(catalogue: &Catalogue, entries: &[(Entry, &'a PathBuf)]) -> &'a Path {
    let frameworks = catalogue.with_role(Role::Framework);
    let frameworks: Vec<String> = frameworks.map(|one| one.name.clone()).collect();
    let of = |servers: &[String]| entries.iter().find(|(entry, _)| entry.compares(servers));
    let found = of(&frameworks).or_else(|| of(&[]));
    let (_, place) = found.unwrap_or(&entries[0]);
    place
}

/// What works around each framework, by the server's name.
fn workarounds(catalogue: &Catalogue) -> Result<BTreeMap<String, Vec<Workaround>>> {
    let mut found = BTreeMap::new();
    for server in catalogue.with_role(Role::Framework) {
        let cited = cited(server, catalogue.root());
        found.insert(
            server.name.clone(),
            cited.with_context(|| server.name.clone())?,
        );
    }
    Ok(found)
}

fn cited(server: &Server, root: &Path) -> Result<Vec<Workaround>> {
    let Some(source) = source::of(server, Path::new(&server.program), root)? else {
        return Ok(Vec::new());
    };
    let root = root.canonicalize()?;
    let own = [(&source.own, false)];
    let helpers = source.helpers.iter().map(|helper| (helper, true));
    let mut found = Vec::new();
    for (folder, is_shared) in own.into_iter().chain(helpers) {
        for file in lines::rust_files(folder)? {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let file = file.canonicalize()?;
            let Ok(path) = file.strip_prefix(&root) else {
                continue;
            };
            let path = path.to_string_lossy().into_owned();
            found.extend(lines::cited(&text).into_iter().map(|cited| Workaround {
                file: path.clone(),
                line: cited.line,
                issues: cited.issues,
                comment: cited.comment,
                code: cited.code,
                lines: cited.lines,
                is_shared,
            }));
        }
    }
    Ok(found)
}
