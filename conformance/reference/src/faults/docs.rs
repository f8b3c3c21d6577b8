//! Faults in the description of the API.

pub(crate) mod browser;
pub(crate) mod mode;

use serde_json::{Value, json};

use super::super::{Answer, Fault, Request};

pub(super) const FAULTS: &[Fault] = &[
    Fault::answer(
        "docs/root-redirects",
        "the root is found",
        |request, answer| {
            if request.path() == "/" {
                answer.status = 302;
            }
        },
    ),
    Fault::answer(
        "docs/root-redirects",
        "the root leads nowhere",
        |request, answer| {
            if request.path() == "/" {
                answer.set("Location", "documentation");
            }
        },
    ),
    Fault::answer(
        "docs/root-redirects",
        "the root leads to itself",
        |request, answer| {
            if request.path() == "/" {
                answer.set("Location", "");
            }
        },
    ),
    Fault::answer(
        "docs/root-relative",
        "the root leads to /docs",
        |request, answer| {
            if request.path() == "/" {
                answer.set("Location", "/docs");
            }
        },
    ),
    Fault::answer("docs/page", "the page is plain text", |request, answer| {
        if request.path() == "/docs" {
            answer.set("Content-Type", "text/plain");
        }
    }),
    Fault::request("docs/page", "there is no page", |request| {
        if request.path() == "/docs" {
            request.target = "/nope".to_owned();
        }
    }),
    Fault::request("docs/assets", "the style sheet is not there", |request| {
        if request.path().ends_with(".css") {
            request.target = "/docs/nope".to_owned();
        }
    }),
    Fault::answer(
        "docs/assets",
        "a script is plain text",
        |request, answer| {
            if request.path().ends_with("initializer.js") {
                answer.set("Content-Type", "text/plain");
            }
        },
    ),
    Fault::answer("docs/assets", "the icon is empty", |request, answer| {
        if request.path().ends_with(".png") {
            answer.body.clear();
        }
    }),
    Fault::answer(
        "docs/assets",
        "the page names its assets from the root",
        |request, answer| {
            if request.path() == "/docs" {
                answer.replace("\"docs/", "\"/static/");
            }
        },
    ),
    Fault::answer(
        "docs/image-types",
        "the icon's type is that of another format",
        |request, answer| {
            if request.path().ends_with(".png") {
                answer.set("Content-Type", "image/x-icon");
            }
        },
    ),
    Fault::answer(
        "docs/offline",
        "a script is another host's",
        |request, answer| {
            if request.path() == "/docs" {
                answer.replace("docs/swagger-ui-bundle.js", "https://cdn.example/bundle.js");
            }
        },
    ),
    Fault::answer(
        "docs/offline",
        "everything is another host's",
        |request, answer| {
            if request.path() == "/docs" {
                answer.replace("<head>", "<head><base href=\"//cdn.example/\">");
            }
        },
    ),
    Fault::answer(
        "docs/offline",
        "a font is another host's",
        |request, answer| {
            if request.path().ends_with(".css") {
                answer.body = b"@font-face { src: url(https://fonts.example/a.woff) }".to_vec();
            }
        },
    ),
    Fault::answer("docs/csp", "there is no policy", |_, answer| {
        answer.remove("Content-Security-Policy");
    }),
    Fault::answer("docs/csp", "the policy lets any script in", |_, answer| {
        edit_policy(
            answer,
            "script-src 'self'",
            "script-src 'self' 'unsafe-inline'",
        );
    }),
    Fault::answer(
        "docs/csp",
        "the policy blocks the page's styles",
        |_, answer| {
            edit_policy(answer, "style-src 'self'", "style-src");
        },
    ),
    Fault::answer(
        "docs/csp",
        "the policy blocks fetching the document",
        |_, answer| {
            edit_policy(answer, "connect-src 'self'", "connect-src 'none'");
        },
    ),
    Fault::answer(
        "docs/csp",
        "the policy blocks a script in the page",
        |request, answer| {
            if request.path() == "/docs" {
                answer.replace("</body>", "<script>go()</script></body>");
            }
        },
    ),
    Fault::answer(
        "docs/head",
        "HEAD of the document has another type",
        |request, answer| {
            if request.method == "HEAD" && request.path() == "/openapi.json" {
                answer.set("Content-Type", "application/octet-stream");
            }
        },
    ),
    Fault::answer("docs/head", "HEAD of an asset is 405", |request, answer| {
        if request.method == "HEAD" && request.path().ends_with(".css") {
            answer.status = 405;
        }
    }),
    Fault::output(
        "docs/head",
        "HEAD of the page has content",
        |request, octets| {
            if request.method == "HEAD" && request.path() == "/docs" {
                octets.extend(b"<!doctype html>");
            }
        },
    ),
    Fault::answer(
        "docs/openapi-version",
        "the document is 3.0",
        |request, answer| {
            edit(request, answer, |document| {
                document["openapi"] = json!("3.0.3");
            });
        },
    ),
    Fault::answer(
        "docs/openapi-valid",
        "a response has no description",
        |request, answer| {
            edit(request, answer, |document| {
                let response = &mut item(document)["responses"]["404"];
                response
                    .as_object_mut()
                    .map(|members| members.remove("description"));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-valid",
        "a type is not JSON Schema's",
        |request, answer| {
            edit(request, answer, |document| {
                document["components"]["schemas"]["Greeting"]["type"] = json!("record");
            });
        },
    ),
    Fault::answer(
        "docs/openapi-valid",
        "a reference leads nowhere",
        |request, answer| {
            answer_schema(
                request,
                answer,
                json!({"$ref": "#/components/schemas/Salute"}),
            );
        },
    ),
    Fault::answer(
        "docs/openapi-valid",
        "a schema is another host's",
        |request, answer| {
            answer_schema(
                request,
                answer,
                json!({"$ref": "https://schemas.example/greeting"}),
            );
        },
    ),
    Fault::answer(
        "docs/openapi-operation-ids",
        "two operations share an id",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)["operationId"] = json!("greetings_greetings_get");
            });
        },
    ),
    Fault::answer(
        "docs/openapi-operation-ids",
        "an operation has no id",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)
                    .as_object_mut()
                    .map(|members| members.remove("operationId"));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-examples",
        "an example has no text",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)["responses"]["200"]["content"]["application/json"]["example"] =
                    json!({"lang": "en"});
            });
        },
    ),
    Fault::answer(
        "docs/openapi-examples",
        "a member's example is a number",
        |request, answer| {
            edit(request, answer, |document| {
                let schema = &mut document["components"]["schemas"]["Greeting"];
                schema["properties"]["text"]["examples"] = json!([7]);
            });
        },
    ),
    Fault::answer(
        "docs/openapi-examples",
        "a parameter's example is malformed",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)["parameters"][0]["example"] = json!("_");
            });
        },
    ),
    Fault::answer(
        "docs/openapi-same",
        "the document ends in a line feed",
        |request, answer| {
            if request.path() == "/openapi.json" {
                answer.body.push(b'\n');
            }
        },
    ),
    Fault::answer(
        "docs/openapi-same",
        "the document of a server that asks for a key is another",
        |request, answer| {
            if request.path() == "/openapi.json" {
                answer.replace("and the key", "and a key");
            }
        },
    ),
    Fault::answer(
        "docs/openapi-paths",
        "a path is described that is not there",
        |request, answer| {
            edit(request, answer, |document| {
                let mut copy = document["paths"]["/healthz"].clone();
                copy["get"]["operationId"] = json!("livez");
                document["paths"]["/livez"] = copy;
            });
        },
    ),
    Fault::answer(
        "docs/openapi-paths",
        "the health check is not described",
        |request, answer| {
            edit(request, answer, |document| {
                document["paths"]
                    .as_object_mut()
                    .map(|paths| paths.remove("/healthz"));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-paths",
        "a method is described that is not there",
        |request, answer| {
            edit(request, answer, |document| {
                let get = document["paths"]["/greetings"]["get"].clone();
                document["paths"]["/greetings"]["delete"] = get;
            });
        },
    ),
    Fault::answer(
        "docs/openapi-paths",
        "the health check answers what it does not say",
        |request, answer| {
            if request.path() == "/healthz" {
                answer.status = 203;
            }
        },
    ),
    Fault::answer(
        "docs/openapi-errors",
        "422 is not described",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)["responses"]
                    .as_object_mut()
                    .map(|all| all.remove("422"));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-errors",
        "404 is described as anything",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)["responses"]["404"]["content"]["application/problem+json"]["schema"] =
                    json!({});
            });
        },
    ),
    Fault::answer(
        "docs/openapi-errors",
        "problems are not as described",
        |_, answer| {
            if answer.status == 422 {
                answer.edit(|problem| problem["status"] = json!("422"));
            }
        },
    ),
    Fault::answer(
        "docs/openapi-servers",
        "the server is a placeholder",
        |request, answer| {
            edit(request, answer, |document| {
                document["servers"] = json!([{"url": "https://api.example/v1"}]);
            });
        },
    ),
    Fault::answer(
        "docs/openapi-servers",
        "the server is below the API",
        |request, answer| {
            edit(request, answer, |document| {
                document["servers"] = json!([{"url": "v1"}]);
            });
        },
    ),
];

pub(super) fn edit(request: &Request, answer: &mut Answer, change: impl FnOnce(&mut Value)) {
    if request.path() == "/openapi.json" {
        answer.edit(change);
    }
}

/// The operation that answers one greeting.
pub(super) fn item(document: &mut Value) -> &mut Value {
    &mut document["paths"]["/greetings/{lang}"]["get"]
}

fn answer_schema(request: &Request, answer: &mut Answer, schema: Value) {
    edit(request, answer, |document| {
        item(document)["responses"]["200"]["content"]["application/json"]["schema"] = schema;
    });
}

fn edit_policy(answer: &mut Answer, from: &str, to: &str) {
    for (name, value) in &mut answer.headers {
        if name.eq_ignore_ascii_case("Content-Security-Policy") {
            *value = value.replace(from, to);
        }
    }
}
