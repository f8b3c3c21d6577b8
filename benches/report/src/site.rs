//! A site of static pages: what to choose by, a page for each framework, what each does by default, the records with
//! their reports, and the project's documents. It needs no server and no script, and works from any folder.
//!
//! Pages are where the files of the repository are that they show, so that relative links stay as they are. Whatever a
//! document links to becomes a page as well.

mod entry;
mod framework;
mod index;
mod markdown;
mod place;
mod records;
mod workaround;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use askama::Template;
use quartet_analysis::Analysis;
use quartet_record::Record;

use crate::defaults::Added;
use crate::html::block::Section;
use crate::html::{Background, FILE_NAME};
use markdown::escaped;
use place::{join, place, relative, target};

pub use entry::Entry;
pub use place::{Files, Kind};
pub use workaround::Workaround;

/// The first page.
pub const INDEX: &str = "index.html";

/// The pages of the project's own that are not documents: their places, and how they are called.
const DEFAULTS: &str = "defaults.html";
const UPKEEP: &str = "upkeep.html";
const RECORDS: &str = "records/index.html";

/// Documents that the site has whether or not anything links to them.
const DOCUMENTS: [&str; 3] = ["README.md", "guide/README.md", "METHODOLOGY.md"];

/// What a site is made of.
pub struct Input<'a> {
    /// The name of the record that stands for all, and what it holds.
    pub main: (&'a str, &'a Record, &'a Analysis),
    /// Every record, the newest first.
    pub entries: &'a [Entry],
    /// What is known of the frameworks.
    pub background: &'a Background<'a>,
    /// What works around each framework, by the server's name.
    pub workarounds: &'a BTreeMap<String, Vec<Workaround>>,
    /// The files of the repository.
    pub files: &'a dyn Files,
}

/// What a file of the site has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(String),
    /// What this file of the repository has.
    Copy(String),
}

/// The files of the site, by their paths, without the records' own reports: for each folder of `records` the site
/// expects a report and the record.
///
/// # Errors
/// Where a document links to what is not there, or a file cannot be read.
pub fn site(input: &Input<'_>) -> Result<BTreeMap<String, Content>> {
    let mut site = Site {
        input,
        files: BTreeMap::new(),
        known: BTreeSet::new(),
        queue: Vec::new(),
    };
    index::add(&mut site)?;
    framework::add(&mut site)?;
    records::add(&mut site)?;
    for document in DOCUMENTS {
        if input.files.at(document)? != Kind::Missing {
            site.follow(document)?;
        }
    }
    while let Some(path) = site.queue.pop() {
        site.page_of(&path).with_context(|| path.clone())?;
    }
    Ok(site.files)
}

/// A site that is being made.
struct Site<'a> {
    input: &'a Input<'a>,
    files: BTreeMap<String, Content>,
    /// Files of the repository that have a page, or will.
    known: BTreeSet<String>,
    /// Those of which it is still to be made.
    queue: Vec<String>,
}

/// A page of this project's own.
struct Page {
    path: String,
    title: String,
    /// What matters most.
    lead: Vec<String>,
    notices: Vec<String>,
    sections: Vec<Section>,
}

impl<'a> Site<'a> {
    /// The servers that have a page: those that the main record compares.
    fn frameworks(&self) -> &'a [String] {
        let mut entries = self.input.entries.iter();
        let main = entries.find(|entry| entry.name == self.input.main.0);
        main.map_or(&[], |entry| &entry.compared)
    }

    /// The newest record that tells what features cost.
    fn features(&self) -> Option<&'a Entry> {
        let mut entries = self.input.entries.iter();
        entries.find(|entry| entry.counts && !entry.features.is_empty())
    }

    /// Sees to it that a file or folder of the repository has a page, and says which.
    fn follow(&mut self, path: &str) -> Result<String> {
        let mut segments = path.split('/');
        if segments.next() == Some("records") {
            // These pages are made from the records.
            let rest: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
            match rest[..] {
                [] => return Ok(RECORDS.to_owned()),
                [name] | [name, FILE_NAME] if self.has_record(name) => {
                    return Ok(report_of(name));
                }
                // A report that is shown as it is leads to the data beside it.
                [name, FILE_NAME] => self.beside(name)?,
                _ => {}
            }
        }
        let kind = self.input.files.at(path)?;
        ensure!(kind != Kind::Missing, "there is no {path}");
        let page = place(path, &kind);
        if self.known.insert(path.to_owned()) {
            self.queue.push(path.to_owned());
        }
        Ok(page)
    }

    fn beside(&mut self, name: &str) -> Result<()> {
        let folder = format!("records/{name}");
        if let Kind::Folder(names) = self.input.files.at(&folder)? {
            for name in names {
                let file = join(&folder, &name);
                if self.known.insert(file.clone()) {
                    self.queue.push(file);
                }
            }
        }
        Ok(())
    }

    fn has_record(&self, name: &str) -> bool {
        self.input.entries.iter().any(|entry| entry.name == name)
    }

    /// Makes the page of a file or folder.
    fn page_of(&mut self, path: &str) -> Result<()> {
        let kind = self.input.files.at(path)?;
        let page = place(path, &kind);
        if self.files.contains_key(&page) {
            return Ok(());
        }
        match kind {
            Kind::Missing => {}
            Kind::Binary => {
                self.files.insert(page, Content::Copy(path.to_owned()));
            }
            Kind::Folder(names) if names.iter().any(|name| name == "README.md") => {
                self.follow(&join(path, "README.md"))?;
            }
            Kind::Folder(names) => self.folder(path, &page, &names)?,
            Kind::Text(text) if path.ends_with(".md") => self.document(path, &page, &text)?,
            Kind::Text(text) => self.source(path, &page, &text)?,
        }
        Ok(())
    }

    fn document(&mut self, path: &str, page: &str, text: &str) -> Result<()> {
        let rendered = markdown::render(text, &mut |link| self.link(path, page, link))?;
        let title = match rendered.title.as_str() {
            "" => path,
            title => title,
        };
        self.put_text(page, title, rendered.html)
    }

    /// Where a link of a document leads, from the document's page.
    fn link(&mut self, document: &str, page: &str, link: &str) -> Result<String> {
        let Some(target) = target(document, link)? else {
            return Ok(link.to_owned());
        };
        let to = self.follow(&target.path)?;
        let to = match to == page && target.fragment.is_some() {
            true => String::new(),
            false => relative(page, &to),
        };
        Ok(match target.fragment {
            // Of several lines, the first.
            Some(fragment) if fragment.starts_with('L') && fragment.contains('-') => {
                let first = fragment.split('-').next().unwrap_or(fragment);
                format!("{to}#{first}")
            }
            Some(fragment) => format!("{to}#{fragment}"),
            None => to,
        })
    }

    fn folder(&mut self, path: &str, page: &str, names: &[String]) -> Result<()> {
        let mut html = format!("<h1>{}</h1>\n<ul>\n", escaped(path));
        for name in names {
            let to = self.follow(&join(path, name))?;
            let to = relative(page, &to);
            html += &format!("<li><a href=\"{to}\">{}</a></li>\n", escaped(name));
        }
        html += "</ul>\n";
        self.put_text(page, path, html)
    }

    fn source(&mut self, path: &str, page: &str, text: &str) -> Result<()> {
        let mut html = format!(
            "<h1>{}</h1>\n<pre tabindex=\"0\"><code class=\"lines\">",
            escaped(path)
        );
        for (line, number) in text.lines().zip(1..) {
            html += &format!("<span id=\"L{number}\">{}</span>\n", escaped(line));
        }
        html += "</code></pre>\n";
        self.put_text(page, path, html)
    }

    /// The place of an item's source, from a page.
    fn item(&mut self, page: &str, item: &Added) -> Result<String> {
        self.line(page, &item.file, item.line)
    }

    /// The place of a line of a file, from a page.
    fn line(&mut self, page: &str, file: &str, line: usize) -> Result<String> {
        let to = self.follow(file)?;
        Ok(format!("{}#L{line}", relative(page, &to)))
    }

    fn put_text(&mut self, page: &str, title: &str, html: String) -> Result<()> {
        self.put(page, title, |shell| shell.text = Some(html))
    }

    fn put_page(&mut self, page: Page) -> Result<()> {
        self.put(&page.path, &page.title, |shell| {
            shell.lead = page.lead;
            shell.notices = page.notices;
            shell.sections = page.sections;
        })
    }

    fn put(&mut self, path: &str, title: &str, fill: impl FnOnce(&mut Shell<'_>)) -> Result<()> {
        let (name, record, _) = self.input.main;
        let mut shell = Shell {
            title,
            base_style: self.input.background.suite.style,
            places: self.places(path),
            lead: Vec::new(),
            notices: Vec::new(),
            sections: Vec::new(),
            text: None,
            provenance: format!(
                "Quartet, made by cargo compare site. The figures are those of {name}: {}.",
                record.machine.sentence()
            ),
        };
        fill(&mut shell);
        let html = shell.render().context("the page cannot be created")?;
        self.files.insert(path.to_owned(), Content::Text(html));
        Ok(())
    }

    /// Where one can go from a page.
    fn places(&self, from: &str) -> Vec<Place> {
        let own = [(INDEX, "Quartet")];
        let frameworks = self.frameworks().iter();
        let frameworks = frameworks.map(|name| (framework_page(name), name.clone()));
        let more = [
            (DEFAULTS, "By default"),
            (UPKEEP, "Upkeep"),
            ("guide/index.html", "Guide"),
            ("METHODOLOGY.html", "Method"),
            (RECORDS, "Records"),
            ("README.html", "README"),
        ];
        let owned = |(path, label): (&str, &str)| (path.to_owned(), label.to_owned());
        let has = |path: &str| match path {
            "guide/index.html" => self.has("guide/README.md"),
            "METHODOLOGY.html" => self.has("METHODOLOGY.md"),
            "README.html" => self.has("README.md"),
            DEFAULTS => self.input.background.defaults.is_some(),
            UPKEEP => self.input.background.upkeep.is_some(),
            _ => true,
        };
        own.into_iter()
            .map(owned)
            .chain(frameworks)
            .chain(more.into_iter().map(owned))
            .filter(|(path, _)| has(path))
            .map(|(path, label)| Place {
                target: relative(from, &path),
                here: path == from,
                label,
            })
            .collect()
    }

    fn has(&self, path: &str) -> bool {
        self.input
            .files
            .at(path)
            .is_ok_and(|kind| kind != Kind::Missing)
    }
}

/// The report of a record.
fn report_of(name: &str) -> String {
    format!("records/{name}/{FILE_NAME}")
}

/// The page of a framework.
fn framework_page(name: &str) -> String {
    format!("frameworks/{name}.html")
}

/// Somewhere to go.
struct Place {
    label: String,
    target: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "site.html")]
struct Shell<'a> {
    title: &'a str,
    base_style: &'a str,
    places: Vec<Place>,
    lead: Vec<String>,
    notices: Vec<String>,
    sections: Vec<Section>,
    /// A document, in place of the rest.
    text: Option<String>,
    provenance: String,
}

#[cfg(test)]
mod tests;
