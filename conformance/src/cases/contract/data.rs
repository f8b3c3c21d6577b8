//! Data that is not the repository's: told to a process of the case's own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::CONTRACT;
use crate::cases::lifecycle::refusal;
use crate::cases::processes::{scratch_file, start};
use crate::cases::steps::ask;
use crate::http::{Request, Response};
use crate::json::check_unique_names;
use crate::model::check_type;
use crate::servers::{Process, Setting};
use crate::tools::ScratchFile;
use crate::{Case, Context, Deviation, Model, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "contract/data-list",
        "RFC 8259 §7, §8.1; the contract",
        "The list has every lang and text of a data file with varied langs (case, length, order) \
         and texts (quotes, control characters, marks, all planes), in code point order.",
        list,
    ),
    case(
        "contract/data-item",
        "RFC 8259 §7, §8.1; the contract",
        "With such data each greeting is found by its exact lang, and equals its entry in the \
         list.",
        item,
    ),
    case(
        "contract/data-conditions",
        "RFC 9110 §8.8.3, §13.1.2",
        "With such data every greeting has its own entity tag: this tag gives 304, and no other \
         does.",
        conditions,
    ),
    case(
        "contract/data-many",
        CONTRACT,
        "The list has each of two thousand greetings, in order; HEAD has its Content-Length.",
        many,
    ),
    case(
        "contract/data-large",
        CONTRACT,
        "A data file of 12 MiB is accepted and served completely; only one of more than 16 MiB is \
         too large.",
        large,
    ),
    case(
        "contract/data-limit",
        CONTRACT,
        "A data file of 16 MiB is accepted; one that is an octet larger is refused in one line that \
         names it.",
        limit,
    ),
    case(
        "contract/data-few",
        CONTRACT,
        "With one greeting in the data file the list has that one; with none it is empty.",
        few,
    ),
    case(
        "contract/data-form",
        "RFC 8259 §2, §7; the contract",
        "Escapes, white space and order in the data file do not change what is served, including \
         entity tags.",
        form,
    ),
];

const fn case(
    id: &'static str,
    source: &'static str,
    requirement: &'static str,
    run: fn(&Context) -> Outcome,
) -> Case {
    Case::must(id, source, requirement, run)
        .needing(&[Need::Process, Need::DataFile])
        .within(Duration::from_secs(60))
}

/// Langs and texts that no two of which are alike in what could go wrong with them.
fn greetings() -> Vec<(String, String)> {
    let long_lang = format!("x-{}", "longest-there-is-0123456789-abcdefghij".repeat(2));
    let controls: String = (0..0x20_u8).chain([0x7f]).map(char::from).collect();
    let of = |lang: &str, text: &str| (lang.to_owned(), text.to_owned());
    vec![
        of("zh-Hant-TW", "你好"),
        of("b", "\"quoted\" and 'quoted'"),
        of("B", "back\\slash, \\n and \\u0041 as they are, and a / too"),
        of("a", &controls),
        of("A", "line\u{2028}paragraph\u{2029}next\u{85}end"),
        of(
            "a-b",
            "e\u{301} is not \u{e9}, nor is \u{1e69} s\u{323}\u{307} or s\u{307}\u{323}",
        ),
        of(
            "a1",
            "👩\u{200d}👩\u{200d}👧 and 🇪🇺 beyond the first plane \u{10ffff}",
        ),
        of(
            "ab",
            "\u{feff}a mark first, and \u{fffd}\u{ffff}\u{fdd0} within",
        ),
        of("aB", "\u{202e}from right to left\u{202c} هَبَارِ"),
        of("Ab", " a space first and last "),
        of(
            "zh",
            "<script>alert('1')</script> &amp; &#x41; %41 ${x} {{x}}",
        ),
        of("ZH", "</script><!--"),
        of("en", "Hello"),
        of("EN", "HELLO"),
        of("en-GB", "Hello"),
        of("En", "\u{1f600}"),
        of("x", "."),
        of("Z9-9-9", "9"),
        of(&long_lang[..35], &"long ".repeat(20_000)),
    ]
}

/// The same, as far as the server can hold them: PostgreSQL stores no U+0000.
fn greetings_for(context: &Context) -> Vec<(String, String)> {
    let mut greetings = greetings();
    if context.is_over_a_database() {
        for (_, text) in &mut greetings {
            text.retain(|character| character != '\0');
        }
    }
    greetings
}

/// A process that was told data, and what it was told.
#[derive(Debug)]
struct Told {
    view: Context,
    model: Model,
    _process: Process,
    _file: ScratchFile,
}

impl Told {
    /// Starts it with a file of this text.
    fn start(context: &Context, text: &str) -> Result<Self, Deviation> {
        let model = Model::from_json(text).map_err(|error| context.obstructed(error))?;
        let file = scratch_file(context, text.as_bytes())?;
        let (process, view) = start(context, &[Setting::DataFile(file.path())])?;
        Ok(Self {
            view,
            model,
            _process: process,
            _file: file,
        })
    }

    fn list(&self) -> Result<Response, Deviation> {
        let response = ask(&self.view, Request::get("/greetings"))?;
        ensure!(
            response.status == 200,
            "GET /greetings is {}, not 200",
            response.status
        );
        check_type(&response, "application/json")?;
        check_unique_names(&response.body)
            .map_err(|error| Deviation(format!("GET /greetings: {error}")))?;
        Ok(response)
    }

    /// Checks that the list is what was told, in the order of code points.
    fn check_list(&self) -> Result<Response, Deviation> {
        let response = self.list()?;
        let got = response.json()?;
        let expected = self.model.list();
        let langs = |list: &Value| -> Vec<Value> {
            let items = list.as_array().into_iter().flatten();
            items.map(|item| item["lang"].clone()).collect()
        };
        ensure!(
            langs(&got) == langs(&expected),
            "the langs are {}, not {}",
            brief(&Value::from(langs(&got))),
            brief(&Value::from(langs(&expected)))
        );
        let items = |list: Value| match list {
            Value::Array(items) => items,
            other => vec![other],
        };
        for (got, expected) in items(got).into_iter().zip(items(expected)) {
            ensure!(
                got == expected,
                "the list has {}, not {}",
                brief(&got),
                brief(&expected)
            );
        }
        Ok(response)
    }

    /// Checks a greeting.
    fn check_item(&self, lang: &str) -> Result<Response, Deviation> {
        let path = format!("/greetings/{lang}");
        let named = |why: Deviation| Deviation(format!("GET {path}: {}", shortened(&why.0)));
        let response = ask(&self.view, Request::get(path.as_str()))?;
        let expected = self.model.answer("GET", &path);
        expected.check(&response).map_err(named)?;
        Ok(response)
    }

    fn langs(&self) -> impl Iterator<Item = &str> {
        self.model.greetings().keys().map(String::as_str)
    }
}

/// A value as deviations show it: escaped, and not at any length.
fn brief(value: &Value) -> String {
    shortened(&value.to_string().escape_debug().to_string())
}

fn shortened(text: &str) -> String {
    const MOST: usize = 600;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

/// A file of these greetings, in their order.
fn file_of(greetings: &[(String, String)]) -> String {
    let entries: Vec<String> = greetings
        .iter()
        .map(|(lang, text)| format!("{}: {}", json!(lang), json!(text)))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

fn list(context: &Context) -> Outcome {
    Told::start(context, &file_of(&greetings_for(context)))?.check_list()?;
    Ok(Verdict::Conforms)
}

fn item(context: &Context) -> Outcome {
    let told = Told::start(context, &file_of(&greetings_for(context)))?;
    for lang in told.langs() {
        told.check_item(lang)?;
        for other in [
            lang.to_ascii_lowercase(),
            lang.to_ascii_uppercase(),
            format!("{lang}-x"),
            lang[..lang.len() - 1].to_owned(),
        ] {
            if !other.is_empty() && other.len() <= 35 && !other.ends_with('-') {
                told.check_item(&other)?;
            }
        }
    }
    Ok(Verdict::Conforms)
}

fn conditions(context: &Context) -> Outcome {
    let told = Told::start(context, &file_of(&greetings_for(context)))?;
    let mut tags = BTreeMap::new();
    let mut untagged = Vec::new();
    for lang in told.langs() {
        let whole = told.check_item(lang)?;
        let Some(tag) = whole.header("etag") else {
            untagged.push(lang);
            continue;
        };
        let before = tags.insert(tag.to_owned(), lang.to_owned());
        ensure!(
            before.is_none(),
            "the greetings of {lang} and {} have the same entity tag, {tag}",
            before.unwrap_or_default()
        );
    }
    if tags.is_empty() {
        return Ok(Verdict::NotApplicable(
            "nothing has an entity tag".to_owned(),
        ));
    }
    ensure!(
        untagged.is_empty(),
        "the greetings of {untagged:?} have no entity tag, but others have one"
    );
    let others: Vec<&str> = tags.keys().map(String::as_str).collect();
    for (tag, lang) in &tags {
        let path = format!("/greetings/{lang}");
        let but_this = others.iter().filter(|other| *other != tag);
        let but_this: Vec<&str> = but_this.copied().collect();
        for (condition, status) in [(tag.as_str(), 304), (but_this.join(", ").as_str(), 200)] {
            let request = Request::get(path.as_str()).header("If-None-Match", condition);
            let response = ask(&told.view, request)?;
            ensure!(
                response.status == status,
                "GET {path} with If-None-Match of {} is {}, not {status}",
                match status {
                    304 => "its entity tag",
                    _ => "every other greeting's",
                },
                response.status
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn many(context: &Context) -> Outcome {
    let all: Vec<(String, String)> = (0..2000_u32)
        .map(|number| {
            // In no order, and of every length.
            let lang = format!("l{}-{number}", number.wrapping_mul(7919) % 1000);
            (
                lang,
                format!("Greeting {number} {}", "é".repeat(number as usize % 50)),
            )
        })
        .collect();
    let told = Told::start(context, &file_of(&all))?;
    let whole = told.check_list()?;
    let head = ask(&told.view, Request::new("HEAD", "/greetings"))?;
    ensure!(
        head.status == 200,
        "HEAD /greetings is {}, not 200",
        head.status
    );
    let length = whole.body.len().to_string();
    let stated = head.values("content-length");
    ensure!(
        stated.iter().all(|stated| *stated == length),
        "HEAD /greetings has `Content-Length` {stated:?}, but GET's content has {length} octets"
    );
    for (lang, _) in all.iter().step_by(250).chain(all.last()) {
        told.check_item(lang)?;
    }
    Ok(Verdict::Conforms)
}

fn large(context: &Context) -> Outcome {
    const TEXT: usize = 4 * 1024 * 1024;
    // Not one octet repeated, of which a part would look like the whole.
    let text: String = (0..TEXT / 8)
        .map(|number| format!("{number:07} "))
        .collect();
    let all = ["en", "es", "zh"].map(|lang| (lang.to_owned(), format!("{lang}{text}")));
    let told = Told::start(context, &file_of(&all))?;
    let whole = told.check_list()?;
    ensure!(
        whole.values("etag") == ask(&told.view, Request::get("/greetings"))?.values("etag"),
        "the list's entity tag changes with every read"
    );
    told.check_item("zh")?;
    Ok(Verdict::Conforms)
}

fn limit(context: &Context) -> Outcome {
    const MOST: usize = 16 * 1024 * 1024;
    // White space at its end counts, and keeps what is before it whole.
    let data = r#"{"en": "Hello"}"#;
    let file_of = |octets: usize| format!("{data}{}", " ".repeat(octets - data.len()));
    let told = Told::start(context, &file_of(MOST))?;
    told.check_list()?;
    let with = "a data file of 16 MiB and an octet";
    let file = scratch_file(context, file_of(MOST + 1).as_bytes())?;
    let options = context.options(&[Setting::DataFile(file.path())])?;
    let ended = refusal::run(context, options, with)?;
    ended.ensure_orderly(with)?;
    let said = ended.only_line(with)?;
    ensure!(
        said.contains(file.path().to_string_lossy().as_ref()),
        "with {with} standard error does not name the file: {said}"
    );
    Ok(Verdict::Conforms)
}

fn few(context: &Context) -> Outcome {
    for text in ["{}", r#"{"Q": "q"}"#] {
        let told = Told::start(context, text)?;
        told.check_list()?;
        for lang in ["en", "Q", "q"] {
            told.check_item(lang)?;
        }
    }
    Ok(Verdict::Conforms)
}

fn form(context: &Context) -> Outcome {
    // The same greetings: as they are; in another order, on lines of their own; escaped.
    let texts = [
        r#"{"es":"¡Hola, 👋!","en":"Hello/\"x\"","B":"é"}"#,
        "\n{\t\"B\" :\r\n\"é\" ,\n \"en\": \"Hello/\\\"x\\\"\"\n, \"es\" : \"¡Hola, 👋!\" }\n",
        r#"{"\u0065s":"\u00a1Hola, \ud83d\udc4b!","en":"Hello\/\u0022x\u0022","B":"\u00E9"}"#,
    ];
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for text in texts {
        let told = Told::start(context, text)?;
        let list = told.check_list()?;
        let answers = [
            ("/greetings", list),
            ("/greetings/es", told.check_item("es")?),
        ];
        for (path, response) in answers {
            let tag = response.header("etag").unwrap_or_default().to_owned();
            let tags = seen.entry(path).or_default();
            tags.insert(tag);
            ensure!(
                tags.len() == 1,
                "GET {path} has the entity tags {tags:?} for the same content in differently \
                 written files"
            );
        }
        for lang in told.langs() {
            told.check_item(lang)?;
        }
    }
    Ok(Verdict::Conforms)
}
