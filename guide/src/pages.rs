//! Makes the pages of their templates, the applications' code and the tables.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::{
    COLUMNS, Column,
    answers::{self, Case},
    cut,
    document::{Document, STATEMENTS},
    folder,
};

/// The most lines of a page.
const MOST_LINES: usize = 290;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topics {
    topic: Vec<Topic>,
}

/// What a page is about.
#[derive(Debug, Deserialize)]
struct Topic {
    id: String,
    title: String,
    /// How each does it, by its name. Of FastAPI there need be no code.
    #[serde(flatten)]
    how: BTreeMap<String, String>,
}

/// All that pages are made of.
struct Material {
    topics: Vec<Topic>,
    cases: Vec<Case>,
    sources: BTreeMap<String, String>,
    versions: BTreeMap<String, String>,
    documents: Vec<(Column, Document)>,
}

/// The pages as they should be, by their files.
///
/// # Errors
///
/// If a template or a table is not as it should be.
pub fn make() -> Result<Vec<(PathBuf, String)>> {
    let material = Material::read()?;
    let mut pages = vec![(folder().join("README.md"), material.overview_page()?)];
    for topic in &material.topics {
        let page = material.page(topic).with_context(|| topic.id.clone())?;
        ensure!(
            page.lines().count() <= MOST_LINES,
            "{}: longer than {MOST_LINES} lines",
            topic.id
        );
        pages.push((folder().join(format!("pages/{}.md", topic.id)), page));
    }
    Ok(pages)
}

/// Writes the pages, or says which are not as they should be.
///
/// # Errors
///
/// If one cannot be made or written, or is not as it should be.
pub fn bring(write: bool) -> Result<()> {
    let pages = make()?;
    let files = fs::read_dir(folder().join("pages"))?;
    for file in files {
        let path = file?.path();
        ensure!(
            pages.iter().any(|(page, _)| *page == path),
            "{}: no topic has this page",
            path.display()
        );
    }
    for (path, page) in pages {
        if write {
            fs::write(&path, page).with_context(|| path.display().to_string())?;
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&page) {
            bail!(
                "{} is not as the code is: `cargo run -p quartet-guide -- write`",
                path.display()
            );
        }
    }
    Ok(())
}

impl Material {
    fn read() -> Result<Self> {
        let read = |path: &Path| {
            fs::read_to_string(folder().join(path)).with_context(|| path.display().to_string())
        };
        let topics: Topics = toml::from_str(&read(Path::new("topics.toml"))?)?;
        let mut sources = BTreeMap::new();
        for column in COLUMNS {
            let parts: Result<String> = column.sources().iter().map(|path| read(path)).collect();
            sources.insert(column.id().to_owned(), parts?);
        }
        for (name, path) in [
            ("shared", "shared/src/lib.rs"),
            ("store", "../common/src/database/mod.rs"),
            ("pool", "../common/src/database/pool.rs"),
        ] {
            sources.insert(name.to_owned(), read(Path::new(path))?);
        }
        let mut versions = versions(&read(Path::new("../Cargo.lock"))?)?;
        for requirements in [
            "../baselines/fastapi/database/requirements.txt",
            "python/requirements.txt",
        ] {
            let requirements = read(Path::new(requirements))?;
            let pins = requirements
                .lines()
                .filter_map(|line| line.split_once("=="));
            versions.extend(pins.map(|(name, version)| (name.to_owned(), version.to_owned())));
        }
        Ok(Self {
            topics: topics.topic,
            cases: answers::table()?,
            sources,
            versions,
            documents: Document::all()?,
        })
    }

    fn page(&self, topic: &Topic) -> Result<String> {
        let mut page = format!("{}# {}\n\n", heading(&topic.id), topic.title);
        page += &self.verdicts(topic)?;
        page.push('\n');
        page += &self.fill(&template(&topic.id)?)?;
        page += &self.answers(topic);
        let at = self.topics.iter().position(|other| other.id == topic.id);
        let next = at.and_then(|at| self.topics.get(at + 1));
        page += "\n[All topics](../README.md)";
        if let Some(next) = next {
            write!(page, " · next: [{}]({}.md)", next.title, next.id)?;
        }
        page.push('\n');
        Ok(page)
    }

    fn overview_page(&self) -> Result<String> {
        let page = heading("README") + &self.fill(&template("README")?)?;
        Ok(page)
    }

    /// Puts code and tables in the place of their marks.
    fn fill(&self, template: &str) -> Result<String> {
        let mut page = String::new();
        for line in template.lines() {
            let mark = line
                .strip_prefix("<!-- ")
                .and_then(|rest| rest.strip_suffix(" -->"));
            match mark.map(|mark| mark.split_once(": ").unwrap_or((mark, ""))) {
                Some(("code", name)) => page += &self.code(name)?,
                Some(("overview", _)) => page += &self.overview()?,
                Some(("statements", _)) => page += &self.statements(),
                Some(("documents", _)) => page += &self.documents(),
                Some((other, _)) => bail!("`{other}` is no mark"),
                None => page += &self.with_versions(line)?,
            }
            page.push('\n');
        }
        Ok(page)
    }

    fn code(&self, name: &str) -> Result<String> {
        let (column, _) = name.split_once('/').context("no column")?;
        let (language, comment) = match column {
            "fastapi" => ("python", "#"),
            _ => ("rust", "//"),
        };
        let code = self.parts(name)?.join(&format!("\n{comment} …\n"));
        Ok(format!("```{language}\n{code}\n```"))
    }

    fn parts(&self, name: &str) -> Result<Vec<String>> {
        let (column, part) = name.split_once('/').context("no column")?;
        let source = self
            .sources
            .get(column)
            .with_context(|| format!("no source {column}"))?;
        cut::cut(source, part).with_context(|| column.to_owned())
    }

    /// How each does it, and in how many lines.
    fn verdicts(&self, topic: &Topic) -> Result<String> {
        let mut table = header("");
        let mut how = String::from("| how |");
        let mut lines = String::from("| lines of code |");
        for column in COLUMNS {
            write!(how, " {} |", self.how(topic, column)?)?;
            write!(lines, " {} |", self.lines(topic, column)?)?;
        }
        writeln!(table, "{how}\n{lines}")?;
        Ok(table)
    }

    fn how(&self, topic: &Topic, column: Column) -> Result<String> {
        let how = topic.how.get(column.id());
        self.with_versions(how.with_context(|| format!("{}: no {column}", topic.id))?)
    }

    fn lines(&self, topic: &Topic, column: Column) -> Result<usize> {
        // uvicorn is started by a command.
        if column == Column::FastApi && topic.id == "deployment" {
            return Ok(0);
        }
        let parts = self.parts(&format!("{}/{}", column.id(), topic.id))?;
        Ok(cut::lines_of_code(&parts))
    }

    /// Every topic, with a link.
    fn overview(&self) -> Result<String> {
        let mut table = header("topic");
        let mut sums = [0; COLUMNS.len()];
        for topic in &self.topics {
            write!(table, "| [{}](pages/{}.md) |", topic.title, topic.id)?;
            for (column, sum) in COLUMNS.into_iter().zip(&mut sums) {
                let lines = self.lines(topic, column)?;
                *sum += lines;
                write!(table, " {lines}: {} |", self.how(topic, column)?)?;
            }
            table.push('\n');
        }
        table += "| lines in all |";
        for sum in sums {
            write!(table, " {sum} |")?;
        }
        Ok(table)
    }

    /// What each document states of what FastAPI's does.
    fn statements(&self) -> String {
        let mut table = header("statement");
        for (statement, is_made) in STATEMENTS {
            table += &format!("| {statement} |");
            for (_, document) in &self.documents {
                table += if is_made(document) {
                    " yes |"
                } else {
                    " – |"
                };
            }
            table.push('\n');
        }
        table.trim_end().to_owned()
    }

    /// The parameters of the search in the original's document and in the nearest two.
    fn documents(&self) -> String {
        let shown = [Column::FastApi, Column::Axum, Column::Salvo];
        let documents = self
            .documents
            .iter()
            .filter(|(column, _)| shown.contains(column));
        let blocks = documents.map(|(column, document)| {
            format!(
                "{column}:\n\n```json\n{}\n```",
                document.parameters_of_search()
            )
        });
        blocks.collect::<Vec<_>>().join("\n\n")
    }

    /// `{{crate}}` becomes the crate and its version, `{{lines: name}}` the lines of a part.
    fn with_versions(&self, text: &str) -> Result<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").context("{{ without }}")?;
            filled += before;
            if let Some(part) = name.strip_prefix("lines: ") {
                write!(filled, "{}", cut::lines_of_code(&self.parts(part)?))?;
            } else {
                let version = self.versions.get(name);
                let version = version.with_context(|| format!("{name} is no dependency"))?;
                write!(filled, "{name} {version}")?;
            }
            rest = after;
        }
        Ok(filled + rest)
    }

    /// The requests that the topic is tested with.
    fn answers(&self, topic: &Topic) -> String {
        let mut cases = self
            .cases
            .iter()
            .filter(|case| case.topic == topic.id)
            .peekable();
        if cases.peek().is_none() {
            return String::new();
        }
        let mut table =
            "\n## Tested answers\n\n| request | status | where the four differ from FastAPI |\n\
                         |---|---|---|\n"
                .to_owned();
        for case in cases {
            let fields = case
                .headers
                .iter()
                .map(|(name, value)| format!("`{name}: {value}`"));
            let body = case.body.iter().map(|body| format!("`{body}`"));
            let request: Vec<_> = [format!("`{}`", case.request)]
                .into_iter()
                .chain(fields)
                .chain(body)
                .collect();
            let all = case
                .four
                .iter()
                .map(|answer| ("all four".to_owned(), answer));
            let some = case
                .differs
                .iter()
                .map(|(name, answer)| (name.clone(), answer));
            let why = |(who, answer): (String, &answers::Answer)| {
                format!("{who}: {}", answer.why.as_deref().unwrap_or_default())
            };
            let differences: Vec<_> = all.chain(some).map(why).collect();
            let status = case.answer.status.map(|status| status.to_string());
            table += &format!(
                "| {} | {} | {} |\n",
                request.join(" "),
                status.unwrap_or_default(),
                differences.join("; ")
            );
        }
        table
    }
}

fn template(name: &str) -> Result<String> {
    let path = format!("templates/{name}.md");
    fs::read_to_string(folder().join(&path)).context(path)
}

fn heading(name: &str) -> String {
    format!(
        "<!-- Made by `cargo run -p quartet-guide -- write` of templates/{name}.md and the code. -->\n\n"
    )
}

fn header(first: &str) -> String {
    let mut table = format!("| {first} |");
    for column in COLUMNS {
        table += &format!(" {column} |");
    }
    table + "\n|---|---|---|---|---|---|\n"
}

/// The versions in a lock file. Of crates that it has twice, the newest.
fn versions(lock: &str) -> Result<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let lock: Lock = toml::from_str(lock).context("Cargo.lock")?;
    let packages = lock.package.into_iter();
    Ok(packages
        .map(|package| (package.name, package.version))
        .collect())
}
