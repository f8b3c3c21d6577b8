//! The site that is made of this repository: every link, what programs that read aloud need, and how it looks in a
//! browser.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use quartet_conformance::view::{View, ViewError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// The newest record that compares the four, as its folder.
fn newest() -> PathBuf {
    let entries = fs::read_dir(root().join("records")).unwrap();
    let places = entries.map(|entry| entry.unwrap().path());
    let mut places: Vec<PathBuf> = places
        .filter(|place| {
            let name = place.to_string_lossy();
            let is_of_others = name.ends_with("-originals") || name.ends_with("-features");
            place.is_dir() && !is_of_others
        })
        .collect();
    places.sort();
    places.pop().unwrap()
}

/// The site, of one record and all documents. The other records' reports are those in the repository.
struct Site {
    directory: PathBuf,
    _place: tempfile::TempDir,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("site");
    let output = compare()
        .arg("site")
        .arg(&directory)
        .arg("--records")
        .arg(newest())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Site {
        directory,
        _place: place,
    }
});

fn compare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Every page, by its path from the first.
fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![SITE.directory.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "html")
            {
                let name = path.strip_prefix(&SITE.directory).unwrap();
                let text = fs::read_to_string(&path).unwrap();
                pages.insert(name.to_string_lossy().into_owned(), text);
            }
        }
    }
    pages
}

/// What is checked of a page.
#[derive(Default)]
struct Read {
    ids: BTreeSet<String>,
    twice: Vec<String>,
    links: Vec<String>,
    headings: Vec<u8>,
    names: Vec<String>,
}

fn read(html: &str) -> Read {
    let mut reader = Reader::from_str(html);
    let mut read = Read::default();
    let mut see = |start: &BytesStart<'_>| {
        let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
        for attribute in start.attributes() {
            let attribute = attribute.unwrap();
            let value = String::from_utf8(attribute.value.to_vec()).unwrap();
            match attribute.key.as_ref() {
                b"id" if !read.ids.insert(value.clone()) => read.twice.push(value),
                b"href" | b"src" | b"srcset" => read.links.push(value),
                _ => {}
            }
        }
        if let [b'h', level @ b'1'..=b'6'] = name.as_bytes() {
            read.headings.push(level - b'0');
        }
        read.names.push(name);
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return read,
            Event::Start(start) | Event::Empty(start) => see(&start),
            _ => {}
        }
    }
}

/// Where a relative link leads: a file of the site, and a place on it.
fn target(from: &str, link: &str) -> (String, Option<String>) {
    let (path, fragment) = match link.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment.to_owned())),
        None => (link, None),
    };
    let mut segments: Vec<String> = from.split('/').map(str::to_owned).collect();
    if !path.is_empty() {
        segments.pop();
    }
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if segment == ".." {
            assert!(segments.pop().is_some(), "{from}: {link} leaves the site");
        } else {
            segments.push(segment.replace("%20", " "));
        }
    }
    (segments.join("/"), fragment)
}

#[test]
fn every_link_leads_to_a_file_and_every_name_is_there_once() {
    let pages = pages();
    let read: BTreeMap<&String, Read> = pages
        .iter()
        .map(|(path, html)| (path, read(html)))
        .collect();
    let mut followed = 0;
    let mut lost = Vec::new();
    for (path, page) in &read {
        if !page.twice.is_empty() {
            lost.push(format!("{path}: {:?} twice", page.twice));
        }
        for link in &page.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            followed += 1;
            let (file, fragment) = target(path, link);
            if !SITE.directory.join(&file).is_file() {
                lost.push(format!("{path}: {link}"));
            } else if let Some(fragment) = fragment {
                let found = read
                    .get(&file)
                    .is_some_and(|page| page.ids.contains(&fragment));
                if !found {
                    lost.push(format!("{path}: {link}"));
                }
            }
        }
    }
    assert_eq!(lost, Vec::<String>::new());
    assert!(followed > 1000, "{followed}");
}

#[test]
fn every_page_has_a_language_a_title_and_headings_in_order() {
    for (path, html) in pages() {
        let page = read(&html);
        assert!(
            html.contains("<html lang=\"en\">") && !html.contains("<title></title>"),
            "{path}"
        );
        for name in ["title", "main", "header", "h1"] {
            let count = page.names.iter().filter(|found| *found == name).count();
            // A chart has a title of its own.
            assert!(
                count == 1 || name == "title" && count > 1,
                "{path}: {count} {name}"
            );
        }
        let steps = page.headings.windows(2);
        assert!(
            page.headings[0] == 1 && steps.into_iter().all(|pair| pair[1] <= pair[0] + 1),
            "{path}: {:?}",
            page.headings
        );
        for forbidden in ["script", "link", "iframe", "object"] {
            assert!(
                !page.names.iter().any(|name| name == forbidden),
                "{path}: {forbidden}"
            );
        }
    }
}

/// The value of each variable of the first rule for `:root` in some CSS, and of the later ones that replace it.
fn colours(css: &str) -> BTreeMap<String, [f64; 3]> {
    let mut found = BTreeMap::new();
    for declaration in css.split([';', '{', '}']) {
        let Some((name, value)) = declaration.trim().split_once(':') else {
            continue;
        };
        let (Some(name), Some(value)) = (name.strip_prefix("--"), value.trim().strip_prefix('#'))
        else {
            continue;
        };
        let wide = match value.len() {
            3 => value.chars().flat_map(|digit| [digit, digit]).collect(),
            _ => value.to_owned(),
        };
        let channel =
            |at: usize| f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
        found.insert(name.to_owned(), [channel(0), channel(2), channel(4)]);
    }
    found
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = colour.map(|channel| match channel <= 0.04045 {
        true => channel / 12.92,
        false => ((channel + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

#[test]
fn text_has_the_contrast_that_wcag_asks_for() {
    let index = &pages()["index.html"];
    let style = &index[index.find("<style>").unwrap()..index.find("</style>").unwrap()];
    // Dark values stand in rules of their own, which all begin alike.
    let mut parts = style.split("@media (prefers-color-scheme: dark) {");
    let mut light = parts.next().unwrap().to_owned();
    let mut dark = String::new();
    for part in parts {
        let (inner, after) = part.split_once("}\n}").unwrap();
        dark += inner;
        light += after;
    }
    let light = colours(&light);
    let mut both = light.clone();
    both.extend(colours(&dark));
    assert_ne!(light["back"], both["back"]);
    for (theme, colours) in [("light", light), ("dark", both)] {
        let texts = ["text", "faint", "good", "other", "none", "warn", "bad"];
        let series = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"];
        for back in ["back", "panel"] {
            for text in texts.iter().chain(&series) {
                let pair = [colours[*text], colours[back]].map(|colour| luminance(colour) + 0.05);
                let ratio = pair[0].max(pair[1]) / pair[0].min(pair[1]);
                assert!(ratio >= 4.5, "{theme}: {text} on {back} has {ratio:.2}");
            }
        }
    }
}

/// A browser, where this machine has one.
fn browser() -> Option<View> {
    match View::start() {
        Ok(view) => Some(view),
        Err(ViewError::Missing(why)) => {
            eprintln!("NOT CHECKED: {why}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn address(path: &str) -> String {
    format!("file://{}", SITE.directory.join(path).display())
}

#[test]
fn axe_finds_no_violation() {
    // `npm pack axe-core` and `tar` put it there: see CONTRIBUTING.md.
    let Ok(axe) = fs::read_to_string(root().join("target/axe/package/axe.min.js")) else {
        eprintln!("NOT CHECKED: there is no axe-core in target/axe");
        return;
    };
    let Some(view) = browser() else { return };
    let script = format!(
        "{axe}; return axe.run(document, {{resultTypes: ['violations']}}).then(results => \
         results.violations.map(found => found.id + ': ' + found.nodes[0].html.slice(0, 200)))"
    );
    // Reports of records keep the style of their time, and listings of code are all alike. Neighbours are of one kind: each
    // kind is seen on a phone and on a desk.
    let kinds = [(390, true), (1280, false)];
    let mut seen = 0;
    for (path, (width, is_dark)) in pages()
        .into_keys()
        .filter(|path| !path.starts_with("records/") && !path.ends_with(".rs.html"))
        .zip(kinds.into_iter().cycle())
    {
        view.resize(width, is_dark).unwrap();
        view.open(&address(&path)).unwrap();
        let violations = view.run(&script).unwrap();
        assert_eq!(violations, serde_json::json!([]), "{path} at {width}");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn nothing_is_cut_on_a_phone_or_a_desk() {
    let Some(view) = browser() else { return };
    // What is wider than the screen, and not within something that a reader can scroll.
    let script = "const scrolls = element => { for (; element; element = element.parentElement) { const overflow = \
                  getComputedStyle(element).overflowX; if (overflow === 'auto' || overflow === 'scroll') return true; } \
                  return false; }; return [...document.body.querySelectorAll('*')].filter(element => \
                  element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('svg') && \
                  !scrolls(element)).slice(0, 3).map(element => element.outerHTML.slice(0, 200))";
    let grid = "return [...document.querySelectorAll('table.grid')].filter(table => table.rows[0].cells.length <= 5 && \
                table.scrollWidth > table.parentElement.clientWidth + 1).map(table => table.caption.textContent)";
    // Words of a table to choose by that are broken in two, links aside.
    let words = "const broken = []; for (const cell of document.querySelectorAll('.grid th, .grid td')) { const texts = \
                 document.createTreeWalker(cell, NodeFilter.SHOW_TEXT); while (texts.nextNode()) { const text = \
                 texts.currentNode; if (text.parentElement.closest('a.source')) continue; for (const word of \
                 text.data.matchAll(/[\\p{L}\\p{N}.,]+/gu)) { const range = document.createRange(); range.setStart(text, \
                 word.index); range.setEnd(text, word.index + word[0].length); const lines = new Set([...range\
                 .getClientRects()].map(line => line.top)); if (lines.size > 1) broken.push(word[0]); } } } return broken";
    let mut seen = 0;
    for path in pages()
        .into_keys()
        .filter(|path| !path.ends_with(".rs.html"))
    {
        for (width, is_dark) in [(390, false), (1280, true)] {
            view.resize(width, is_dark).unwrap();
            view.open(&address(&path)).unwrap();
            seen += 1;
            // Reports of records keep the style of their time.
            let words = (!path.starts_with("records/")).then_some(words);
            for script in [script, grid].into_iter().chain(words) {
                let cut = view.run(script).unwrap();
                assert_eq!(
                    cut.as_array().map(Vec::len),
                    Some(0),
                    "{path} at {width}: {cut:#}"
                );
            }
            let complaints = view.complaints().unwrap();
            assert_eq!(complaints, Vec::<String>::new(), "{path}");
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_directory_with_anything_else_is_refused() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("mine.txt"), "x").unwrap();
    let output = compare().arg("site").arg(place.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("has mine.txt, which"), "{said}");
    let none = compare()
        .arg("site")
        .arg(place.path().join("new"))
        .arg("--records")
        .arg(place.path())
        .output()
        .unwrap();
    assert_eq!(none.status.code(), Some(2));
    assert!(
        String::from_utf8(none.stderr)
            .unwrap()
            .contains("has no record")
    );
    assert!(!place.path().join("new").exists());
}
