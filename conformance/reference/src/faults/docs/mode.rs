//! Faults in what the document says of keys, of methods and of where the server is found.

use quartet_common::{Place, openapi};
use serde_json::{Value, json};

use super::{edit, item};
use crate::{Fault, KEY};

pub(crate) const FAULTS: &[Fault] = &[
    Fault::answer(
        "docs/openapi-open",
        "a key is demanded where none is asked for",
        |request, answer| {
            edit(request, answer, |document| {
                secure(document, json!([{"apiKey": []}]));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-open",
        "a key may be given where none is asked for",
        |request, answer| {
            edit(request, answer, |document| {
                secure(document, json!([{}, {"apiKey": []}]));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-open",
        "the document demands a key as a whole",
        |request, answer| {
            edit(request, answer, |document| {
                document["security"] = json!([{"apiKey": []}]);
                item(document)
                    .as_object_mut()
                    .map(|members| members.remove("security"));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-open",
        "401 is described where no key is asked for",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)["responses"]["401"] = json!({"description": "No key"});
            });
        },
    ),
    Fault::answer(
        "docs/openapi-keyed",
        "data is said to need no key",
        |request, answer| edit(request, answer, |document| secure(document, json!([]))),
    ),
    Fault::answer(
        "docs/openapi-keyed",
        "a key is said to be optional",
        |request, answer| {
            edit(request, answer, |document| {
                secure(document, json!([{}, {"apiKey": []}]));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-keyed",
        "the health check is said to need a key",
        |request, answer| {
            edit(request, answer, |document| {
                document["paths"]["/healthz"]["get"]["security"] = json!([{"apiKey": []}]);
            });
        },
    ),
    Fault::answer(
        "docs/openapi-keyed",
        "the key is said to be a cookie",
        |request, answer| {
            edit(request, answer, |document| {
                document["components"]["securitySchemes"] = json!({
                    "apiKey": {"type": "apiKey", "in": "cookie", "name": "key"},
                });
            });
        },
    ),
    Fault::answer(
        "docs/openapi-keyed",
        "401 is not described",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)["responses"]
                    .as_object_mut()
                    .map(|all| all.remove("401"));
            });
        },
    ),
    Fault::answer(
        "docs/openapi-keyed",
        "a 401 is not as described",
        |_, answer| {
            if answer.status == 401 {
                answer.edit(|problem| problem["status"] = json!("401"));
            }
        },
    ),
    Fault::request(
        "docs/openapi-keyed",
        "a server that demands a key lets everyone in",
        |request| {
            request.headers.retain(|(name, _)| name != "authorization");
            let value = format!("Key {KEY}").into_bytes();
            request.headers.push(("authorization".to_owned(), value));
        },
    ),
    Fault::answer(
        "docs/openapi-methods",
        "405 is described",
        |request, answer| {
            edit(request, answer, |document| {
                item(document)["responses"]["405"] = json!({"description": "Not a method"});
            });
        },
    ),
    Fault::conduct("docs/openapi-printed", "the key is forgotten", |conduct| {
        conduct.prints_openapi_of = |mode| mode.keyed = false;
    }),
    Fault::conduct(
        "docs/openapi-printed",
        "a key is demanded of everyone",
        |conduct| conduct.prints_openapi_of = |mode| mode.keyed = true,
    ),
    Fault::conduct(
        "docs/openapi-printed",
        "the public URL is forgotten",
        |conduct| conduct.prints_openapi_of = |mode| mode.place = Place::Anywhere,
    ),
    Fault::conduct(
        "docs/openapi-printed-3-0",
        "it is the document in version 3.1",
        |conduct| conduct.prints_3_0 = |_, mode| openapi::document(mode),
    ),
    Fault::conduct(
        "docs/openapi-printed-3-0",
        "it is the document in version 3.1 with another number",
        |conduct| {
            conduct.prints_3_0 = |_, mode| {
                let document = openapi::document(mode);
                document.replace("\"openapi\": \"3.1.", "\"openapi\": \"3.0.")
            };
        },
    ),
    Fault::conduct(
        "docs/openapi-printed-3-0",
        "a schema has another name",
        |conduct| conduct.prints_3_0 = |document, _| document.replace("FieldError", "Error"),
    ),
];

/// Sets the security of the operation that answers one greeting.
fn secure(document: &mut Value, security: Value) {
    item(document)["security"] = security;
}
