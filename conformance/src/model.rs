//! The answers the contract calls for, worked out from the greetings alone.

mod answer;
mod route;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) use answer::{ALLOWED, check_problem, check_type};
pub use answer::{Answer, Content};
pub use route::{Lang, Route};

/// The greetings a server holds, and the answer each request must get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    greetings: BTreeMap<String, String>,
}

impl Model {
    /// A model of a server that holds these greetings, text by lang.
    pub fn new(greetings: BTreeMap<String, String>) -> Self {
        Self { greetings }
    }

    /// A model of a server that holds the repository's greetings.
    pub fn embedded() -> Self {
        Self::from_json(include_str!("../../greetings.json"))
            .expect("a test reads the embedded greetings")
    }

    /// A model of a server that lists these greetings, as far as they are greetings.
    pub(crate) fn of(list: &Value) -> Self {
        let greetings = list.as_array().into_iter().flatten().filter_map(|item| {
            let text = |member: &str| item[member].as_str().map(str::to_owned);
            Some((text("lang")?, text("text")?))
        });
        Self::new(greetings.collect())
    }

    /// A model of a server that holds the greetings of this file's text, a JSON object.
    ///
    /// # Errors
    /// If the text is not a JSON object of strings.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self::new)
    }

    /// The greetings, by lang in code point order.
    pub fn greetings(&self) -> &BTreeMap<String, String> {
        &self.greetings
    }

    /// What `GET /greetings` must answer.
    pub fn list(&self) -> Value {
        self.greetings
            .iter()
            .map(|(lang, text)| item(lang, text))
            .collect()
    }

    /// What `GET /greetings/{lang}` must answer, if there is such a greeting.
    pub fn item(&self, lang: &str) -> Option<Value> {
        self.greetings.get(lang).map(|text| item(lang, text))
    }

    /// A lang that has a greeting: `en` where there is one.
    pub fn present(&self) -> &str {
        match self.greetings.first_key_value() {
            Some((first, _)) if !self.greetings.contains_key("en") => first,
            _ => "en",
        }
    }

    /// A well-formed lang that has no greeting.
    pub fn absent(&self) -> String {
        let mut lang = "tlh".to_owned();
        while self.greetings.contains_key(&lang) {
            lang.push('x');
        }
        lang
    }

    /// The answer to a request without header fields that matter and without an API key.
    /// `target` is a path and query below the target's prefix.
    pub fn answer(&self, method: &str, target: &str) -> Answer {
        let route = Route::of(target);
        let answer = match &route {
            Route::Unknown => return Answer::problem(&[404]).without_content(method == "HEAD"),
            Route::Item(Lang::Hostile) if !matches!(method, "GET" | "HEAD") => {
                // A server may answer for the path, or refuse it before it knows which it is.
                return Answer::any(&[200, 204, 400, 404, 405, 414, 422]);
            }
            Route::Asset if !matches!(method, "GET" | "HEAD") => {
                return Answer::any(&[200, 204, 404, 405]);
            }
            _ if method == "OPTIONS" => return Answer::options(),
            _ if !matches!(method, "GET" | "HEAD") => return Answer::method_not_allowed(),
            Route::List => Answer::json(self.list()),
            Route::Item(Lang::Valid(lang)) => match self.item(lang) {
                Some(item) => Answer::json(item),
                None => Answer::problem(&[404]).naming(lang),
            },
            Route::Item(Lang::Malformed) => Answer::unprocessable(),
            Route::Item(Lang::Hostile) => Answer::problem(&[400, 404, 414, 422]),
            Route::Health => Answer::json(json!({"status": "ok"})),
            Route::Root => Answer::redirect(),
            Route::Docs => Answer::typed("text/html"),
            Route::Document => Answer::typed("application/json"),
            Route::Asset => Answer::any(&[200, 404]),
        };
        answer.without_content(method == "HEAD")
    }
}

fn item(lang: &str, text: &str) -> Value {
    json!({"lang": lang, "text": text})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_is_held() {
        let model = Model::embedded();
        assert_eq!(Model::of(&model.list()), model);
        assert_eq!(model.present(), "en");
        assert_eq!(model.item(&model.absent()), None);
    }
}
