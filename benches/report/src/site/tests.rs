//! What holds of every page of a site.

use std::collections::BTreeSet;

use quartet_analysis::Division;
use quartet_record::testing::{Simulation, with_modes};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::*;
use crate::defaults::tests::defaults;
use crate::html::Suite;
use crate::upkeep::tests::upkeep;

/// A repository in memory.
struct Memory(BTreeMap<&'static str, &'static str>);

impl Files for Memory {
    fn at(&self, path: &str) -> Result<Kind> {
        if let Some(text) = self.0.get(path) {
            return Ok(match path.ends_with(".svg") {
                true => Kind::Binary,
                false => Kind::Text((*text).to_owned()),
            });
        }
        let below = self
            .0
            .keys()
            .filter_map(|known| known.strip_prefix(path)?.strip_prefix('/'));
        let names: BTreeSet<&str> = below.filter_map(|rest| rest.split('/').next()).collect();
        Ok(match names.is_empty() {
            true => Kind::Missing,
            false => Kind::Folder(names.into_iter().map(str::to_owned).collect()),
        })
    }
}

fn repository() -> Memory {
    Memory(BTreeMap::from([
        (
            "README.md",
            "# Quartet\n\n## The two commands\n\n[a](METHODOLOGY.md#how-2) [b](servers/axum) [c](records/2026-01-02/report.html)\n\
             [d](https://example.org/) [e](#quartet)\n\n<picture>\n<img alt=\"x\" src=\"records/x.svg\"/>\n</picture>\n\n\
             - Take **axum** if\n  [nothing](guide/README.md) speaks for another one.\n- Take **warp** if so.\n",
        ),
        (
            "METHODOLOGY.md",
            "# Method\n\n## How (2)\n\n| | a |\n|---|---|\n| `b` | c<d |\n",
        ),
        ("guide/README.md", "# Guide\n\n[path](pages/path.md)\n"),
        (
            "guide/pages/path.md",
            "# Path\n\n[all](../README.md)\n\n```rust\nfn a<T>() {}\n```\n",
        ),
        (
            "servers/axum/src/lib.rs",
            "fn one() {\n    two();\n}\n\n\n\nfn seven() {}\n",
        ),
        ("records/x.svg", "<svg/>"),
    ]))
}

fn made(files: &Memory) -> Result<BTreeMap<String, Content>> {
    let record = with_modes(Simulation::new(3).run());
    let analysis = Analysis::of(&record)?;
    let background = Background {
        suite: Suite {
            cases: Vec::new(),
            style: "",
        },
        defaults: Some(defaults()),
        upkeep: Some(upkeep()),
        home: None,
    };
    let division = Division::of(&record)?;
    let entry = |name| Entry::of(name, &record, &analysis, &division, &background);
    let workaround = Workaround {
        file: "servers/axum/src/lib.rs".to_owned(),
        line: 7,
        issues: vec!["a/b#1".to_owned()],
        comment: "Because <of> it.".to_owned(),
        code: "fn seven() {}".to_owned(),
        lines: 1,
        is_shared: false,
    };
    site(&Input {
        main: ("2026-01-02", &record, &analysis),
        entries: &[entry("2026-01-02")?, entry("2026-01-01")?],
        background: &background,
        workarounds: &BTreeMap::from([("axum".to_owned(), vec![workaround])]),
        files,
    })
}

/// A page, as far as it is checked.
#[derive(Default)]
struct Read {
    ids: Vec<String>,
    /// What `href` and `src` have.
    links: Vec<String>,
    headings: Vec<u8>,
    /// What elements there are.
    names: Vec<String>,
    scopes_missing: usize,
}

fn read(html: &str) -> Read {
    let mut reader = Reader::from_str(html);
    let mut read = Read::default();
    let mut see = |start: &BytesStart<'_>| {
        let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
        let mut scope = false;
        for attribute in start.attributes() {
            let attribute = attribute.unwrap();
            let value = String::from_utf8(attribute.value.to_vec()).unwrap();
            match attribute.key.as_ref() {
                b"id" => read.ids.push(value),
                b"href" | b"src" | b"srcset" => read.links.push(value),
                b"scope" => scope = true,
                _ => {}
            }
        }
        if let [b'h', level @ b'1'..=b'6'] = name.as_bytes() {
            read.headings.push(level - b'0');
        }
        read.scopes_missing +=
            usize::from(name == "th" && !scope && !html.contains("class=\"text\""));
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

#[test]
fn every_link_leads_to_a_page_and_a_place_on_it() {
    let site = made(&repository()).unwrap();
    let text = |path: &str| match &site[path] {
        Content::Text(text) => Some(read(text)),
        Content::Copy(_) => None,
    };
    let mut followed = 0;
    for path in site.keys() {
        let Some(page) = text(path) else { continue };
        let ids: BTreeSet<&String> = page.ids.iter().collect();
        assert_eq!(ids.len(), page.ids.len(), "{path}: a name twice");
        for link in &page.links {
            let Some(found) = target(path, link).unwrap() else {
                continue;
            };
            followed += 1;
            if found.path.starts_with("records/2026") {
                // The reports of records are made elsewhere.
                continue;
            }
            assert!(site.contains_key(&found.path), "{path}: {link}");
            if let Some(fragment) = found.fragment {
                let other = text(&found.path).unwrap();
                assert!(other.ids.iter().any(|id| id == fragment), "{path}: {link}");
            }
        }
    }
    assert!(followed > 100, "{followed}");
}

#[test]
fn every_page_has_what_programs_that_read_aloud_need() {
    for (path, content) in made(&repository()).unwrap() {
        let Content::Text(html) = content else {
            continue;
        };
        let page = read(&html);
        assert!(html.contains("<html lang=\"en\">"), "{path}");
        assert!(
            html.contains("<title>") && !html.contains("<title></title>"),
            "{path}"
        );
        assert_eq!(page.headings.first(), Some(&1), "{path}");
        assert_eq!(
            page.headings.iter().filter(|&&level| level == 1).count(),
            1,
            "{path}"
        );
        assert!(
            page.headings.windows(2).all(|pair| pair[1] <= pair[0] + 1),
            "{path}: {:?}",
            page.headings
        );
        for landmark in ["header", "nav", "main", "footer"] {
            assert_eq!(
                page.names.iter().filter(|name| *name == landmark).count(),
                1,
                "{path}"
            );
        }
        for forbidden in ["script", "link", "iframe", "object", "form"] {
            assert!(
                !page.names.iter().any(|name| name == forbidden),
                "{path}: {forbidden}"
            );
        }
        assert_eq!(page.scopes_missing, 0, "{path}");
    }
}

#[test]
fn a_framework_has_its_sentence_its_workarounds_and_its_history() {
    let site = made(&repository()).unwrap();
    let Content::Text(page) = &site["frameworks/axum.html"] else {
        panic!("it is a copy");
    };
    for part in [
        "Take <strong>axum</strong>",
        "href=\"../guide/index.html\"",
        "href=\"../servers/axum/src/lib.rs.html#L7\"",
        "href=\"https://github.com/a/b/issues/1\"",
        "Because &#60;of&#62; it.",
        "1 of 2 capabilities are built in. 12 lines",
        "href=\"../records/2026-01-01/report.html\"",
        "2026-01-02",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Take <strong>warp"), "{page}");
    let Content::Text(index) = &site[INDEX] else {
        panic!("it is a copy");
    };
    assert!(index.contains("href=\"frameworks/warp.html\"") && index.contains("Take <strong>warp"));
    assert!(index.contains("href=\"records/2026-01-02/report.html#rates\""));
    assert_eq!(
        site["records/x.svg"],
        Content::Copy("records/x.svg".to_owned())
    );
}

#[test]
fn a_document_with_a_broken_link_is_named() {
    let mut files = repository();
    files.0.insert("METHODOLOGY.md", "# M\n\n[x](gone.md)\n");
    let error = made(&files).unwrap_err();
    assert_eq!(format!("{error:#}"), "METHODOLOGY.md: there is no gone.md");
}

#[test]
fn without_documents_there_is_a_site_still() {
    let mut files = repository();
    files.0.retain(|path, _| path.starts_with("servers"));
    let site = made(&files).unwrap();
    let Content::Text(index) = &site[INDEX] else {
        panic!("it is a copy");
    };
    assert!(!index.contains("README.html") && index.contains("<section id=\"choose\">"));
}
