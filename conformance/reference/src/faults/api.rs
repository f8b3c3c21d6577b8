//! Faults of what any API must answer.

use super::super::fault::Fault;
use super::super::message::Answer;

pub(super) const FAULTS: &[Fault] = &[
    Fault::answer("api/status", "a greeting is 203", |request, answer| {
        if request.path().starts_with("/greetings/") && answer.status == 200 {
            answer.status = 203;
        }
    }),
    Fault::answer("api/status", "a greeting is 507", |request, answer| {
        if request.path().starts_with("/greetings/") && answer.status == 200 {
            answer.status = 507;
        }
    }),
    Fault::answer(
        "api/content-type",
        "the list says that it is text",
        |request, answer| {
            if request.path() == "/greetings" && answer.status == 200 {
                answer.set("Content-Type", "text/plain");
            }
        },
    ),
    Fault::answer("api/schema", "a greeting has no text", |request, answer| {
        if request.path().starts_with("/greetings/") && answer.status == 200 {
            answer.body = br#"{"lang":"en"}"#.to_vec();
        }
    }),
    Fault::answer("api/head", "HEAD is 405", |request, answer| {
        if request.method == "HEAD" && request.path() == "/greetings" {
            answer.status = 405;
        }
    }),
    Fault::answer(
        "api/head-fields",
        "HEAD has another entity tag",
        |request, answer| {
            if request.method == "HEAD" {
                answer.set("ETag", "\"other\"");
            }
        },
    ),
    Fault::answer(
        "api/method-not-allowed",
        "DELETE is 403",
        |request, answer| {
            if request.method == "DELETE" {
                answer.status = 403;
            }
        },
    ),
    Fault::answer("api/allow", "a 405 has no Allow", |_, answer| {
        if answer.status == 405 {
            answer.remove("Allow");
        }
    }),
    Fault::answer("api/allow", "Allow leaves GET out", |_, answer| {
        if answer.status == 405 {
            answer.set("Allow", "HEAD");
        }
    }),
    Fault::answer("api/options", "OPTIONS is 405", |request, answer| {
        if request.method == "OPTIONS" {
            answer.status = 405;
        }
    }),
    Fault::answer("api/not-found", "an absent resource is 200", |_, answer| {
        if answer.status == 404 {
            *answer = Answer::new(200, "text/plain", "Hello");
        }
    }),
    Fault::answer("api/error-type", "errors have no type", |_, answer| {
        if answer.status >= 400 {
            answer.remove("Content-Type");
        }
    }),
    Fault::answer("api/error-type", "errors are no JSON", |_, answer| {
        if answer.status >= 400 {
            answer.body = b"{'error': 1}".to_vec();
        }
    }),
    Fault::answer(
        "api/etag",
        "the list has no entity tag",
        |request, answer| {
            if request.path() == "/greetings" {
                answer.remove("ETag");
            }
        },
    ),
    Fault::answer(
        "api/etag",
        "every entity tag is another",
        |request, answer| {
            if answer.status == 200 {
                answer.set("ETag", &format!("\"{}\"", request.number));
            }
        },
    ),
    Fault::request(
        "api/if-none-match",
        "only the whole field is compared",
        |request| {
            let is_list = |value: &[u8]| value.contains(&b',');
            request
                .headers
                .retain(|(name, value)| name != "if-none-match" || !is_list(value));
        },
    ),
    Fault::request(
        "api/if-none-match-star",
        "a star is an entity tag",
        |request| {
            request
                .headers
                .retain(|(name, value)| name != "if-none-match" || value != b"*");
        },
    ),
    Fault::answer(
        "api/if-none-match-other",
        "any If-None-Match is 304",
        |request, answer| {
            if request.values("if-none-match").next().is_some() && answer.status == 200 {
                answer.status = 304;
                answer.body.clear();
            }
        },
    ),
    Fault::answer(
        "api/if-modified-since",
        "Last-Modified is stated, and If-Modified-Since ignored",
        |_, answer| {
            if answer.status == 200 {
                answer.set("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
            }
        },
    ),
    Fault::answer("api/range", "any Range is 206", |request, answer| {
        if request.values("range").next().is_some() && answer.status == 200 {
            answer.status = 206;
        }
    }),
    Fault::answer(
        "api/parameter-disallowed",
        "a lang that is none is 500",
        |request, answer| {
            if request.path().ends_with("/%21") {
                answer.status = 500;
            }
        },
    ),
];
