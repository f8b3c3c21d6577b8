//! What the reference answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quartet_common::docs::{Docs, Document, PAGE_POLICY};
use quartet_common::openapi::Mode;
use quartet_common::{ALLOW, EntityTag, HeadLimits, Lang, Place, RequestHead, not_modified};
use serde_json::{Value, json};

use super::conduct::Delay;
use super::fault::{Fault, Sabotage};
use super::message::{Answer, Request};
use super::rules::Rules;
use super::store::{Store, Unavailable};
use quartet_conformance::Model;
use quartet_conformance::url::percent_decode;

/// The documents of a reference that asks for no key and is told neither place nor database, and of one that asks.
static OPEN: LazyLock<Docs> = LazyLock::new(|| Docs::new(&Mode::default()));
static KEYED: LazyLock<Docs> = LazyLock::new(|| {
    Docs::new(&Mode {
        keyed: true,
        ..Mode::default()
    })
});

/// What the reference knows and how it is broken.
#[derive(Debug)]
pub(super) struct Api {
    model: Model,
    /// The list and its entity tag, made once: it may be large.
    list: (Vec<u8>, EntityTag),
    /// Any of which opens the data; without, it is open.
    keys: Option<Vec<String>>,
    /// Where the greetings are, if they are not here.
    store: Option<Store>,
    fault: Option<&'static Fault>,
    rules: Rules,
    requests: AtomicU64,
    /// The documents, where they are not those of a server that is told neither place nor database.
    docs: Option<Docs>,
}

impl Api {
    pub(super) fn new(
        model: Model,
        keys: Option<Vec<String>>,
        fault: Option<&'static Fault>,
        limits: HeadLimits,
    ) -> Self {
        let list = model.list().to_string().into_bytes();
        let mut rules = Rules {
            limits,
            ..Rules::default()
        };
        if let Some(Sabotage::Rules(alter)) = fault.map(|fault| fault.sabotage) {
            alter(&mut rules);
        }
        Self {
            list: (list.clone(), EntityTag::of(&list)),
            model,
            store: None,
            keys,
            fault,
            rules,
            requests: AtomicU64::new(0),
            docs: None,
        }
    }

    /// The same, told where clients find it, and with the greetings of a database if there is one.
    pub(super) fn placed(mut self, place: Place, store: Option<Store>) -> Self {
        let describes_it = |store: &Store| store.backing().is_described;
        let mode = Mode {
            keyed: self.keys.is_some(),
            over_database: store.as_ref().is_some_and(describes_it),
            place,
        };
        let is_usual = !mode.over_database && mode.place == Place::Anywhere;
        self.docs = (!is_usual).then(|| Docs::new(&mode));
        self.store = store;
        self
    }

    fn docs(&self) -> &Docs {
        match (&self.docs, &self.keys) {
            (Some(docs), _) => docs,
            (None, None) => &OPEN,
            (None, Some(_)) => &KEYED,
        }
    }

    /// What the fault does, if there is one.
    pub(super) fn sabotage(&self) -> Option<Sabotage> {
        self.fault.map(|fault| fault.sabotage)
    }

    /// What messages are read and connections kept by, fault included.
    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Answers a request, fault included.
    pub(super) fn answer(&self, mut request: Request) -> Answer {
        request.number = self.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(Sabotage::Request(alter)) = self.sabotage() {
            alter(&mut request);
        }
        let mut answer = self.check_and_route(&request);
        answer.set("X-Content-Type-Options", "nosniff");
        if let Some(Sabotage::Answer(alter)) = self.sabotage() {
            alter(&request, &mut answer);
        }
        answer
    }

    /// Answers a request of a server that has been told to end: whether it is ready is asked again,
    /// and the rest is answered as before.
    pub(super) fn answer_at_end(&self, request: Request, delay: Delay) -> Answer {
        let answer = self.answer(request.clone());
        let is_asked = request.path() == "/readyz" && matches!(answer.status, 200 | 304 | 412);
        let refuses = delay == Delay::Refuses && request.path().starts_with("/greetings");
        if !(refuses || is_asked && delay != Delay::StaysReady) {
            return answer;
        }
        let refusal = Answer::problem(503, "The server has been told to end");
        match delay {
            Delay::SaysNoWhen => refusal,
            _ => refusal.with("Retry-After", "1"),
        }
    }

    fn check_and_route(&self, request: &Request) -> Answer {
        let head = RequestHead {
            method: &request.method,
            target_len: request.target.len(),
            is_http11: request.minor_version == 1,
        };
        let fields = request.headers.iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_slice()));
        if let Err(problem) = head.check(fields, &self.rules.limits) {
            return Answer::problem(problem.status(), "The request head is not acceptable")
                .closing();
        }
        catch_unwind(AssertUnwindSafe(|| self.route(request)))
            .unwrap_or_else(|_| Answer::problem(500, "The server failed"))
    }

    fn route(&self, request: &Request) -> Answer {
        let path = request.path();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let resource: &dyn Fn() -> Answer = match segments.as_slice() {
            _ if request.method == "OPTIONS" && path == "*" => &|| Answer::empty(204),
            [""] => &|| Answer::empty(307).with("Location", &self.docs().location),
            ["greetings"] => &|| self.guarded(request, || self.list(request)),
            ["greetings", lang] if !lang.is_empty() => {
                &|| self.guarded(request, || self.item(request, lang))
            }
            ["docs"] => {
                &|| send(request, &self.docs().page).with("Content-Security-Policy", PAGE_POLICY)
            }
            ["docs", file] => {
                let Some(asset) = self.docs().asset(file) else {
                    return Answer::problem(404, "No such path");
                };
                &|| send(request, asset)
            }
            ["openapi.json"] => &|| send(request, &self.docs().openapi),
            [about @ ("healthz" | "readyz")] => &|| match self.look(about) {
                Ok(()) => conditional(request, "application/json", r#"{"status":"ok"}"#),
                Err(why) => self.unavailable(&why),
            },
            _ => return Answer::problem(404, "No such path"),
        };
        match request.method.as_str() {
            "GET" | "HEAD" => resource(),
            "OPTIONS" => Answer::empty(204).with("Allow", ALLOW),
            _ => {
                Answer::problem(405, "This path answers GET, HEAD and OPTIONS").with("Allow", ALLOW)
            }
        }
    }

    fn guarded(&self, request: &Request, data: impl FnOnce() -> Answer) -> Answer {
        let asks = self
            .store
            .as_ref()
            .is_none_or(|store| store.backing().asks_key);
        let Some(keys) = self.keys.as_ref().filter(|_| asks) else {
            return data();
        };
        let knows_it = request.values("authorization").any(|credentials| {
            let credentials = String::from_utf8_lossy(credentials);
            let (scheme, given) = credentials.split_once(' ').unwrap_or_default();
            let given = given.trim_start_matches(' ');
            scheme.eq_ignore_ascii_case("Key") && keys.iter().any(|key| key == given)
        });
        if knows_it {
            return data();
        }
        Answer::problem(401, "No valid API key").with("WWW-Authenticate", "Key realm=\"greetings\"")
    }

    fn list(&self, request: &Request) -> Answer {
        match self.store.as_ref().map(Store::list) {
            Some(Ok(list)) => self.read(request, &list),
            Some(Err(why)) => self.unavailable(&why),
            None => tagged(request, "application/json", &self.list.0, &self.list.1),
        }
    }

    /// The answer to what was read.
    fn read(&self, request: &Request, value: &Value) -> Answer {
        let mut answer = conditional(request, "application/json", value.to_string());
        if let Some(store) = &self.store {
            (store.backing().answer)(&mut answer);
        }
        answer
    }

    /// Whether it lives, or is ready.
    fn look(&self, about: &str) -> Result<(), Unavailable> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let asks = match about {
            "healthz" => store.backing().health_asks,
            _ => store.backing().readiness_asks,
        };
        match asks {
            true => store.look(),
            false => Ok(()),
        }
    }

    /// The answer to what could not be read.
    fn unavailable(&self, why: &Unavailable) -> Answer {
        let tells = self
            .store
            .as_ref()
            .is_none_or(|store| store.backing().tells);
        if tells {
            eprintln!("conformance: cannot read the greetings: {}", why.0);
        }
        let mut answer = Answer::problem(503, "The greetings cannot be read now");
        answer.set("Retry-After", "1");
        if let Some(store) = &self.store {
            (store.backing().failure)(&mut answer);
        }
        answer
    }

    fn item(&self, request: &Request, segment: &str) -> Answer {
        let decoded = percent_decode(segment).and_then(|octets| String::from_utf8(octets).ok());
        let Some(lang) = decoded.filter(|text| text.parse::<Lang>().is_ok()) else {
            return malformed_lang();
        };
        match lang.as_str() {
            // As a panic does, but silently: tests ask for it.
            "x-panic" => std::panic::resume_unwind(Box::new("the fault that tests ask for")),
            "x-wait" => std::thread::sleep(Duration::from_secs(3)),
            _ => {}
        }
        let found = match &self.store {
            None => Ok(self.model.item(&lang)),
            Some(store) => store.item(&lang),
        };
        let found = match found {
            Ok(found) => found,
            Err(why) => return self.unavailable(&why),
        };
        match found {
            Some(item) => self.read(request, &item),
            None => Answer::problem(404, &format!("No greeting for the language {lang}")),
        }
    }
}

fn malformed_lang() -> Answer {
    let mut answer = Answer::problem(422, "The language is not shaped like a language tag");
    answer.edit(|problem| {
        problem["errors"] = json!([{
            "loc": ["path", "lang"],
            "msg": format!("String should match pattern '{}'", Lang::PATTERN),
            "type": "string_pattern_mismatch",
        }]);
    });
    answer
}

fn send(request: &Request, document: &Document) -> Answer {
    conditional(request, document.content_type, document.content)
}

fn conditional(request: &Request, content_type: &str, content: impl AsRef<[u8]>) -> Answer {
    let content = content.as_ref();
    tagged(request, content_type, content, &EntityTag::of(content))
}

/// The representation, 304 if the client has it, or 412 if it is not the one that the client expects
/// (RFC 9110 §13.2.2).
fn tagged(request: &Request, content_type: &str, content: &[u8], etag: &EntityTag) -> Answer {
    let if_match = request.values("if-match");
    let answer = match not_modified(if_match, request.values("if-none-match"), etag) {
        Ok(true) => Answer::empty(304),
        Ok(false) => Answer::new(200, content_type, content),
        Err(_) => return Answer::problem(412, "If-Match does not name the present entity tag"),
    };
    answer.with("ETag", etag.as_str())
}
