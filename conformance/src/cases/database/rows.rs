//! Rows that change while they are served.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::case;
use super::stage::{Stage, is_served};
use crate::http::{Request, Response};
use crate::postgres::{Locale, Options, PostgresError};
use crate::{Case, Context, Deviation, Model, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "database/row-changed",
        "A row whose text changes is served so at the next request, with another entity tag; so is \
         the list, and other greetings keep theirs.",
        |context| {
            follows(
                context,
                "UPDATE greetings SET text = 'Good day' WHERE lang = 'en'",
                |greetings| {
                    greetings.insert("en".to_owned(), "Good day".to_owned());
                },
            )
        },
    ),
    case(
        "database/row-added",
        "A row that is added is served at the next request, and in its place in the list, which gets \
         another entity tag; other greetings keep theirs.",
        |context| {
            follows(
                context,
                "INSERT INTO greetings VALUES ('de', 'Hallo'), ('zz', 'Zz')",
                |greetings| {
                    greetings.insert("de".to_owned(), "Hallo".to_owned());
                    greetings.insert("zz".to_owned(), "Zz".to_owned());
                },
            )
        },
    ),
    case(
        "database/row-removed",
        "A row that is removed is 404 at the next request, and not in the list, which gets another \
         entity tag; other greetings keep theirs. With no rows the list is empty.",
        |context| {
            follows(
                context,
                "DELETE FROM greetings WHERE lang = 'es'",
                |greetings| {
                    greetings.remove("es");
                },
            )?;
            follows(context, "DELETE FROM greetings", BTreeMap::clear)
        },
    ),
    case(
        "database/row-renamed",
        "A row whose lang changes is served under the new one at the next request, and is 404 under \
         the old; the list gets another entity tag, and other greetings keep theirs.",
        |context| {
            follows(
                context,
                "UPDATE greetings SET lang = 'ay' WHERE lang = 'ar'",
                |greetings| {
                    if let Some(text) = greetings.remove("ar") {
                        greetings.insert("ay".to_owned(), text);
                    }
                },
            )
        },
    ),
    case(
        "database/not-torn",
        "While transactions change all rows together, each list is of before or after one, and each \
         entity tag belongs to one content.",
        not_torn,
    ),
    case(
        "database/order",
        "The list is in code point order, also in a database whose collation is another language's \
         (ICU).",
        order,
    ),
];

/// What an answer says, with its entity tag.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    tag: String,
}

fn see(view: &Context, path: &str, model: &Model) -> Result<Seen, Deviation> {
    let response = view.get(path)?;
    let named = |why: Deviation| Deviation(format!("GET {path}: {why}"));
    model.answer("GET", path).check(&response).map_err(named)?;
    let tag = match response.status {
        200 => tag(&response, path)?,
        _ => String::new(),
    };
    Ok(Seen {
        status: response.status,
        tag,
    })
}

fn tag(response: &Response, path: &str) -> Result<String, Deviation> {
    let tag = response.header("etag");
    let tag = tag.ok_or_else(|| Deviation(format!("GET {path} has no entity tag")))?;
    Ok(tag.to_owned())
}

/// Whether a server follows a change of its rows.
fn follows(
    context: &Context,
    statement: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let before = view.model().clone();
    let mut greetings = before.greetings().clone();
    change(&mut greetings);
    let after = Model::new(greetings);
    let langs: BTreeSet<&String> = [&before, &after]
        .into_iter()
        .flat_map(|model| model.greetings().keys())
        .collect();
    let paths: Vec<(String, bool)> = langs
        .into_iter()
        .map(|lang| {
            let is_other = before.greetings().get(lang) != after.greetings().get(lang);
            (format!("/greetings/{lang}"), is_other)
        })
        .chain([("/greetings".to_owned(), true)])
        .collect();
    let see_all = |model: &Model| {
        let seen = paths.iter().map(|(path, _)| see(&view, path, model));
        seen.collect::<Result<Vec<Seen>, Deviation>>()
    };
    let first = see_all(&before)?;
    stage.run(statement)?;
    let second = see_all(&after)?;
    for (((path, is_other), old), new) in paths.iter().zip(&first).zip(&second) {
        if !is_other {
            ensure!(
                old == new,
                "the entity tag of {path} changes though its row does not"
            );
            continue;
        }
        if old.status != 200 || new.status != 200 {
            continue;
        }
        ensure!(
            old.tag != new.tag,
            "the entity tag of {path} stays the same though what it says changes"
        );
        for (tag, status) in [(&old.tag, 200), (&new.tag, 304)] {
            let request = Request::get(path.as_str()).header("If-None-Match", tag.as_str());
            let given = view.send(request)?.status;
            ensure!(
                given == status,
                "after the change GET {path} with the entity tag of {} is {given}, not {status}",
                if status == 304 { "now" } else { "before" }
            );
        }
    }
    Ok(Verdict::Conforms)
}

/// How long rows change.
const CHANGING: Duration = Duration::from_millis(1500);

/// How many clients read meanwhile.
const READERS: usize = 3;

fn not_torn(context: &Context) -> Outcome {
    let stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let end = Instant::now() + CHANGING;
    let mut session = stage.session()?;
    let (changed, read) = std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let mut number = 0;
            while Instant::now() < end {
                number += 1;
                let pair = match number % 2 {
                    0 => "DELETE FROM greetings WHERE lang LIKE 'x-%'",
                    _ => "INSERT INTO greetings VALUES ('x-1', ''), ('x-2', '')",
                };
                session.run(&format!(
                    "BEGIN; {pair}; UPDATE greetings SET text = '{number}'; COMMIT"
                ))?;
            }
            Ok::<_, crate::postgres::SessionError>(number)
        });
        let readers: Vec<_> = (0..READERS)
            .map(|_| scope.spawn(|| read_until(&view, end)))
            .collect();
        let read: Vec<_> = readers.into_iter().map(join).collect();
        (join(writer), read)
    });
    changed.map_err(|error| context.obstructed(error))?;
    let mut contents: BTreeMap<String, String> = BTreeMap::new();
    for seen in read {
        for (tag, content) in seen? {
            let known = contents.entry(tag).or_insert_with(|| content.clone());
            ensure!(*known == content, "two contents have one entity tag");
        }
    }
    Ok(Verdict::Conforms)
}

fn join<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Reads the list and one greeting again and again, and returns each entity tag with its content.
fn read_until(view: &Context, end: Instant) -> Result<Vec<(String, String)>, Deviation> {
    let mut seen = Vec::new();
    let path = format!("/greetings/{}", view.model().present());
    while Instant::now() < end {
        let aside = view.aside();
        let mut read = || {
            for path in ["/greetings", path.as_str()] {
                let response = aside.get(path)?;
                ensure!(
                    response.status == 200,
                    "GET {path} is {} while rows change",
                    response.status
                );
                let value = response.json()?;
                if path == "/greetings" {
                    is_of_one_moment(&value)?;
                }
                seen.push((tag(&response, path)?, value.to_string()));
            }
            Ok(())
        };
        let result: Result<(), Deviation> = read();
        if result.is_err() {
            view.adopt(&aside);
        }
        result?;
    }
    Ok(seen)
}

/// Whether all texts of a list are one transaction's, and both rows are there that come and go
/// together, or neither.
fn is_of_one_moment(list: &Value) -> Result<(), Deviation> {
    let items: Vec<&Value> = list.as_array().into_iter().flatten().collect();
    let texts: BTreeSet<&str> = items
        .iter()
        .filter_map(|item| item["text"].as_str())
        .collect();
    // Before the first change each has a text of its own.
    let is_first = items.len() > 1 && texts.iter().any(|text| text.parse::<u32>().is_err());
    ensure!(
        is_first || texts.len() <= 1,
        "one list has rows of several transactions: {texts:?}"
    );
    let pair = items
        .iter()
        .filter_map(|item| item["lang"].as_str())
        .filter(|lang| lang.starts_with("x-"));
    ensure!(
        pair.count() != 1,
        "of two rows that come and go together a list has one"
    );
    Ok(())
}

/// Langs that languages sort otherwise than their code points: by case last, and `ch` after `h`.
const LANGS: [&str; 12] = [
    "B", "EN", "Z", "a", "a-1", "a1", "b", "ch", "cz", "en", "en-GB", "h",
];

fn order(context: &Context) -> Outcome {
    let options = Options {
        locale: Locale::Icu("cs"),
        ..Options::default()
    };
    let stage = match Stage::empty(context, &options) {
        Ok(stage) => stage?,
        // A PostgreSQL that was built without it, or is too old.
        Err(PostgresError::Failed {
            program: "initdb", ..
        }) => {
            let why = "needs PostgreSQL 15 or later that was built with ICU".to_owned();
            return Ok(Verdict::NotApplicable(why));
        }
        Err(error) => return Err(context.obstructed(error)),
    };
    let named = |lang: &&str| ((*lang).to_owned(), format!("text of {lang}"));
    let model = Model::new(LANGS.iter().map(named).collect());
    stage.seed(&model)?;
    let (_process, view) = stage.start(&[])?;
    is_served(&view, "/greetings", &model)?;
    for lang in LANGS {
        is_served(&view, &format!("/greetings/{lang}"), &model)?;
    }
    Ok(Verdict::Conforms)
}
