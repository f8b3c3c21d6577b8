//! What only a browser can tell of the page.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cases::steps::get_whole;
use crate::openapi::Description;
use crate::tools::{Browser, ToolError, Trouble, WebDriverError};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

/// The functions that scripts call.
const SCRIPT: &str = include_str!("browser.js");

/// How long a page may take to draw what is not there at first.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a page is looked at meanwhile.
const POLL: Duration = Duration::from_millis(50);

/// The limit of a case: they share two browsers, which start with the first two.
pub(in crate::cases) const LIMIT: Duration = Duration::from_secs(180);

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "docs/renders",
        "the FastAPI example; the contract",
        "In a browser the page shows every operation of the document; nothing on it fails or \
         violates its policy.",
        renders,
    )
    .needing(&[Need::Browser])
    .within(LIMIT),
    Case::must(
        "docs/try-it-out",
        "the FastAPI example; the contract",
        "In a browser, the button Execute on the page shows the live response.",
        try_it_out,
    )
    .needing(&[Need::Browser])
    .within(LIMIT),
];

fn renders(context: &Context) -> Outcome {
    let description = context.description()?;
    let operations = expected(&description);
    ensure!(
        !operations.is_empty(),
        "the document describes no operation"
    );
    on_the_page(context, |page| {
        page.until(|page| {
            let text = page.ask("visibleText()", &[])?;
            let text = text.as_str().unwrap_or_default();
            let missing = operations.iter().find(|names| !is_drawn(text, names));
            Ok(match missing {
                None => Seen::There(()),
                Some(names) => Seen::NotYet(format!("the page does not show {}", names[0])),
            })
        })?;
        page.check_console()?;
        Ok(Verdict::Conforms)
    })
}

/// What a page may call each operation: its path first, then its summary.
fn expected(description: &Description) -> Vec<Vec<String>> {
    let operations = description.operations();
    let names = operations.iter().map(|operation| {
        let summary = operation.value["summary"].as_str().map(str::to_owned);
        let path = Some(operation.path.to_owned());
        path.into_iter().chain(summary).collect()
    });
    names.collect()
}

fn is_drawn(text: &str, names: &[String]) -> bool {
    // A path is also the start of longer ones.
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || "/{-_".contains(c));
    let stands = |name: &String| {
        let found = text.match_indices(name.as_str());
        found
            .into_iter()
            .any(|(at, _)| ends(&text[at + name.len()..]))
    };
    names.iter().any(stands)
}

/// Presses Swagger UI's buttons as a person would; of another page there is nothing to say.
pub(in crate::cases) fn try_it_out(context: &Context) -> Outcome {
    let present = context.model().present().to_owned();
    on_the_page(context, |page| {
        for path in ["/greetings", "/greetings/{lang}"] {
            let answer = page.until(|page| {
                let now = page.ask("progress(arguments[0])", &[json!(path)])?;
                page.advance(path, &now, &present)
            })?;
            let Some(answer) = answer else {
                let why = "the page is not Swagger UI; the case knows only its buttons";
                return Ok(Verdict::NotApplicable(why.to_owned()));
            };
            check_answer(context, path, &answer)?;
        }
        page.check_console()?;
        Ok(Verdict::Conforms)
    })
}

/// Whether what the page shows is what the API answers.
fn check_answer(context: &Context, path: &str, answer: &Value) -> Result<(), Deviation> {
    let lang = answer["parameters"][0].as_str().unwrap_or_default();
    let path = path.replace("{lang}", lang);
    let status = answer["status"].as_str().unwrap_or_default();
    ensure!(
        status.starts_with("200"),
        "trying out GET {path} on the page shows {status:?}, not 200"
    );
    let shown = answer["content"].as_str().unwrap_or_default();
    let direct = get_whole(context, &path)?.json()?;
    ensure!(
        serde_json::from_str(shown).ok().as_ref() == Some(&direct),
        "trying out GET {path} on the page shows {shown:?}, but the response is {direct}"
    );
    Ok(())
}

/// What a look at the page told.
enum Seen<T> {
    /// What was waited for.
    There(T),
    /// Not yet, and what is missing.
    NotYet(String),
}

struct Page<'a> {
    browser: &'a Browser,
    url: String,
    deadline: Instant,
}

/// Opens the page in the browser and makes an experiment on it. A browser may fail now and then on a
/// machine that is busy, so that what fails by it is tried once more, in a new one.
fn on_the_page(
    context: &Context,
    experiment: impl Fn(&Page<'_>) -> Result<Verdict, Trouble>,
) -> Outcome {
    let url = format!("{}docs", context.base());
    let opened = Cell::new(false);
    let errand = |browser: &Browser| {
        opened.set(false);
        browser.open(&url)?;
        opened.set(true);
        experiment(&Page {
            browser,
            url: url.clone(),
            deadline: context.deadline().min(Instant::now() + PATIENCE),
        })
    };
    let attempt = || context.target().workbench.with_browser(errand);
    let result = match attempt() {
        // One that cannot be used will not be at the second try.
        Err(Trouble::Tool(ToolError::Unusable(need))) => return Ok(Verdict::NotApplicable(need)),
        Err(Trouble::Tool(_)) => attempt(),
        result => result,
    };
    result.map_err(|trouble| match trouble {
        Trouble::Server(deviation) => deviation,
        // That the page cannot be loaded, twice, is the server's doing.
        Trouble::Tool(ToolError::Browser(WebDriverError::Failed(why))) if !opened.get() => {
            Deviation(format!("the browser cannot open {url}: {why}"))
        }
        Trouble::Tool(error) => context.obstructed(error),
    })
}

impl Page<'_> {
    fn ask(&self, question: &str, arguments: &[Value]) -> Result<Value, WebDriverError> {
        let script = format!("{SCRIPT}\nreturn {question};");
        self.browser.run(&script, &json!(arguments))
    }

    /// Looks until what is waited for is there. What the console says meanwhile tells why it will
    /// not come.
    fn until<T>(&self, look: impl Fn(&Self) -> Result<Seen<T>, Trouble>) -> Result<T, Trouble> {
        loop {
            let missing = match look(self)? {
                Seen::There(what) => return Ok(what),
                Seen::NotYet(missing) => missing,
            };
            self.check_console().map_err(|trouble| match trouble {
                Trouble::Server(why) => Deviation(format!("{missing}; {why}")).into(),
                tool => tool,
            })?;
            if Instant::now() > self.deadline {
                return Err(Deviation(format!("{missing} at {}", self.url)).into());
            }
            std::thread::sleep(POLL);
        }
    }

    /// The next thing to press, until there is an answer; nothing if the page is another kind.
    fn advance(&self, path: &str, now: &Value, lang: &str) -> Result<Seen<Option<Value>>, Trouble> {
        let step = now["step"].as_str().unwrap_or_default();
        let done = match step {
            "answered" => return Ok(Seen::There(Some(now.clone()))),
            "another page" => return Ok(Seen::There(None)),
            "no button" => {
                let why = format!("GET {path} on the page has no button to try it out");
                return Err(Deviation(why).into());
            }
            "empty" => self.browser.enter(&now["fill"], lang),
            _ if now["press"].is_object() => self.browser.click(&now["press"]),
            _ => Ok(()),
        };
        match done {
            // What was found may be drawn anew before it is pressed; the next look tells.
            Ok(()) | Err(WebDriverError::Failed(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Seen::NotYet(format!(
            "GET {path} cannot be tried out ({step})"
        )))
    }

    fn check_console(&self) -> Result<(), Trouble> {
        let complaints = self.browser.complaints()?;
        // Browsers ask for it unbidden where a page names no icon.
        let mut serious = complaints
            .iter()
            .filter(|text| !text.contains("/favicon.ico"));
        match serious.next() {
            None => Ok(()),
            Some(first) => Err(Deviation(format!("the browser reports: {first}")).into()),
        }
    }
}
