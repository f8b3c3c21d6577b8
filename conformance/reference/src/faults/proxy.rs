//! Faults that show behind a proxy.

use serde_json::json;

use super::super::{Answer, Cause, Fault, Request};

pub(super) const FAULTS: &[Fault] = &[
    Fault::request(
        "proxy/prefix-list",
        "a request that does not close the connection is for another host",
        |request| {
            if request.values("connection").next().is_none() {
                request.target = "/nope".to_owned();
            }
        },
    ),
    Fault::request(
        "proxy/prefix-item",
        "a greeting is found only with the prefix left on",
        |request| match request.target.strip_prefix("/content/42") {
            Some(rest) => request.target = rest.to_owned(),
            None if request.target.starts_with("/greetings/") => {
                request.target = "/nope".to_owned();
            }
            None => {}
        },
    ),
    Fault::answer(
        "proxy/prefix-docs",
        "the page is at /docs/, and the redirect to it absolute",
        |request, answer| {
            if request.path() == "/docs" {
                *answer = Answer::empty(301).with("Location", "/docs/");
            }
        },
    ),
    Fault::answer(
        "proxy/prefix-assets",
        "the page names its assets from the root",
        |request, answer| page(request, answer, "\"docs/", "\"/docs/"),
    ),
    Fault::answer(
        "proxy/prefix-openapi",
        "the document's server is the root",
        |request, answer| name_server(request, answer, "/"),
    ),
    Fault::answer(
        "proxy/prefix-openapi",
        "the document's server is the one the request came to",
        |request, answer| {
            let url = format!("http://{}/", host(request));
            name_server(request, answer, &url);
        },
    ),
    Fault::answer(
        "proxy/prefix-redirect",
        "the root leads to /docs",
        |request, answer| redirect(request, answer, "/docs"),
    ),
    Fault::answer(
        "proxy/prefix-bare",
        "the root leads to /docs",
        |request, answer| redirect(request, answer, "/docs"),
    ),
    Fault::request("proxy/prefix-bare", "a query hides the root", |request| {
        if request.target.starts_with("/?") {
            request.target = "/nope".to_owned();
        }
    }),
    Fault::answer(
        "proxy/root-path-bare",
        "told its prefix, it still names the docs from where it believes to be",
        |request, answer| redirect(request, answer, "docs"),
    ),
    Fault::answer(
        "proxy/prefix-try-it-out",
        "the document's server is the root",
        |request, answer| name_server(request, answer, "/"),
    ),
    Fault::answer(
        "proxy/prefix-try-it-out",
        "the page looks for the document at the root",
        |request, answer| {
            if request.path().ends_with("initializer.js") {
                answer.replace("\"openapi.json\"", "\"/openapi.json\"");
            }
        },
    ),
    Fault::answer(
        "proxy/prefix-nested",
        "the prefix is taken to have two segments",
        |request, answer| page(request, answer, "\"docs/", "\"../../content/42/docs/"),
    ),
    Fault::answer(
        "proxy/forwarded-ignored",
        "X-Forwarded-Host is believed",
        |request, answer| {
            if let Some(host) = value(request, "x-forwarded-host") {
                redirect(request, answer, &format!("http://{host}/docs"));
            }
        },
    ),
    Fault::answer(
        "proxy/forwarded-ignored",
        "X-Forwarded-Prefix is believed",
        |request, answer| {
            if let Some(prefix) = value(request, "x-forwarded-prefix") {
                name_server(request, answer, &prefix);
            }
        },
    ),
    Fault::request(
        "proxy/forwarded-ignored",
        "X-Original-URL takes the target's place",
        |request| {
            if let Some(target) = value(request, "x-original-url") {
                request.target = target;
            }
        },
    ),
    Fault::answer(
        "proxy/host-never-reflected",
        "the redirect is built from Host",
        |request, answer| {
            redirect(request, answer, &format!("http://{}/docs", host(request)));
        },
    ),
    Fault::answer(
        "proxy/host-never-reflected",
        "the document's server is built from Host",
        |request, answer| {
            let url = format!("http://{}/", host(request));
            name_server(request, answer, &url);
        },
    ),
    Fault::answer(
        "proxy/api-key-tolerated",
        "any Authorization is checked",
        |request, answer| {
            if request.values("authorization").next().is_some() {
                *answer = Answer::problem(401, "No valid API key").with("WWW-Authenticate", "Key");
            }
        },
    ),
    Fault::answer(
        "proxy/cookies-tolerated",
        "a session that is not known is ended",
        |request, answer| {
            if value(request, "cookie").is_some_and(|cookies| cookies.contains("session=")) {
                *answer = Answer::empty(307).with("Location", "login");
            }
        },
    ),
    Fault::request(
        "proxy/cookies-tolerated",
        "a cookie may have a thousand octets",
        |request| {
            if request.values("cookie").any(|cookies| cookies.len() > 1000) {
                request.target = "/nope".to_owned();
            }
        },
    ),
    Fault::answer(
        "proxy/root-path-option",
        "the document does not name the prefix it is told",
        |request, answer| name_server(request, answer, "."),
    ),
    Fault::answer(
        "proxy/root-path-option",
        "the redirect leaves the prefix out",
        |request, answer| redirect(request, answer, "/docs"),
    ),
    Fault::answer(
        "proxy/root-path-option",
        "told a prefix, it loses the list",
        |request, answer| {
            if request.path() == "/greetings" {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::answer(
        "proxy/public-url-option",
        "the document names the path alone of the URL it is told",
        |request, answer| name_server(request, answer, "/content/42"),
    ),
    Fault::answer(
        "proxy/public-url-option",
        "the redirect leaves the URL's path out",
        |request, answer| redirect(request, answer, "/docs"),
    ),
    Fault::answer(
        "proxy/public-url-option",
        "the redirect leaves the host that was asked",
        |request, answer| redirect(request, answer, "https://api.invalid/content/42/docs"),
    ),
    Fault::answer(
        "proxy/public-url-prefix",
        "the document names the prefix instead of the URL",
        |request, answer| name_server(request, answer, "/content/42"),
    ),
    Fault::answer(
        "proxy/public-url-prefix",
        "the redirect leaves the path out",
        |request, answer| redirect(request, answer, "/docs"),
    ),
    Fault::conduct(
        "proxy/public-url-conflict",
        "it makes what it can of options that contradict each other",
        |conduct| conduct.overlooks = Some(Cause::Usage),
    ),
    Fault::conduct(
        "proxy/root-path-malformed",
        "it serves without a prefix that is malformed",
        |conduct| conduct.overlooks = Some(Cause::Usage),
    ),
    Fault::conduct(
        "proxy/public-url-malformed",
        "it serves without a public URL that is malformed",
        |conduct| conduct.overlooks = Some(Cause::Usage),
    ),
    Fault::conduct("proxy/port-env", "PORT is not looked at", |conduct| {
        conduct.reads_port = false;
    }),
    Fault::answer(
        "proxy/upstream-keep-alive",
        "every hundredth request finds no worker",
        |request, answer| {
            if request.number % 100 == 99 {
                *answer = Answer::problem(503, "No worker is free");
            }
        },
    ),
    Fault::answer(
        "proxy/upstream-keep-alive",
        "every hundredth answer has what another request asked for",
        |request, answer| {
            if request.number % 100 == 99 {
                answer.replace("Hello", "Hola");
            }
        },
    ),
];

fn value(request: &Request, name: &str) -> Option<String> {
    let value = request.values(name).next()?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn host(request: &Request) -> String {
    value(request, "host").unwrap_or_default()
}

fn redirect(request: &Request, answer: &mut Answer, location: &str) {
    if request.path() == "/" {
        answer.set("Location", location);
    }
}

fn page(request: &Request, answer: &mut Answer, from: &str, to: &str) {
    if request.path() == "/docs" {
        answer.replace(from, to);
    }
}

fn name_server(request: &Request, answer: &mut Answer, url: &str) {
    if request.path() == "/openapi.json" {
        answer.edit(|document| document["servers"] = json!([{"url": url}]));
    }
}
