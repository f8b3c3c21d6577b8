//! Faults that show when the greetings are in a database.

use std::time::Duration;

use quartet_conformance::servers::Signal;
use serde_json::json;

use super::super::{Answer, Drain, Fault, Reads, Seeding};
use super::docs::{edit, item};

/// Far more than any answer may take.
const FOREVER: Duration = Duration::from_secs(30);

pub(super) const FAULTS: &[Fault] = &[
    Fault::conduct(
        "database/contract",
        "the list is in the order of its texts",
        |conduct| conduct.backing.list = "SELECT lang, text FROM greetings ORDER BY text, lang",
    ),
    Fault::conduct(
        "database/contract",
        "white space around a text is lost",
        |conduct| {
            conduct.backing.list =
                "SELECT lang, btrim(text) FROM greetings ORDER BY lang COLLATE \"C\"";
        },
    ),
    Fault::conduct(
        "database/semantics",
        "a greeting from the database has no entity tag",
        |conduct| conduct.backing.answer = |answer| answer.remove("etag"),
    ),
    Fault::conduct("database/security", "no key is asked for", |conduct| {
        conduct.backing.asks_key = false;
    }),
    Fault::conduct(
        "database/sql-ascii",
        "texts are taken for Latin-1",
        |conduct| {
            conduct.backing.list = "SELECT lang, convert_from(text::bytea, 'LATIN1') \
                                    FROM greetings ORDER BY lang COLLATE \"C\"";
        },
    ),
    Fault::conduct("database/row-changed", "rows are read once", |conduct| {
        conduct.backing.reads = Reads::Once;
    }),
    Fault::answer(
        "database/row-changed",
        "an entity tag is drawn when the process starts",
        |_, answer| {
            if answer.status == 200 {
                answer.set("ETag", &format!("\"{}\"", std::process::id()));
            }
        },
    ),
    Fault::conduct(
        "database/row-added",
        "a list has as many greetings as there are usually",
        |conduct| {
            conduct.backing.list =
                "SELECT lang, text FROM greetings ORDER BY lang COLLATE \"C\" LIMIT 7";
        },
    ),
    Fault::conduct("database/row-removed", "rows are read once", |conduct| {
        conduct.backing.reads = Reads::Once;
    }),
    Fault::conduct(
        "database/row-removed",
        "an empty list is one that cannot be read",
        |conduct| {
            conduct.backing.answer = |answer| {
                if answer.body == b"[]" {
                    *answer = Answer::problem(503, "No greetings").with("Retry-After", "1");
                }
            };
        },
    ),
    Fault::answer(
        "database/row-renamed",
        "the list's entity tag is of its texts",
        |request, answer| {
            super::data::tag_list_by(request, answer, |list| {
                let mut texts: Vec<String> =
                    list.iter().map(|item| item["text"].to_string()).collect();
                texts.sort();
                texts.into()
            });
        },
    ),
    Fault::conduct(
        "database/not-torn",
        "each greeting of a list is read by itself",
        |conduct| conduct.backing.reads = Reads::OneByOne,
    ),
    Fault::conduct(
        "database/order",
        "the list is sorted as the database sorts",
        |conduct| {
            conduct.backing.list =
                "SELECT lang, text FROM greetings ORDER BY lang COLLATE \"default\"";
        },
    ),
    Fault::conduct(
        "database/seed-twice",
        "the table is made where it is already",
        |conduct| conduct.backing.seeding = Seeding::TwiceFails,
    ),
    Fault::conduct(
        "database/seed-replaces",
        "the greetings come one by one",
        |conduct| conduct.backing.seeding = Seeding::RowByRow,
    ),
    Fault::conduct(
        "database/seed-replaces",
        "what was there stays",
        |conduct| conduct.backing.seeding = Seeding::Added,
    ),
    Fault::conduct(
        "database/seed-refuses",
        "what was there is removed before the file is read",
        |conduct| conduct.backing.seeding = Seeding::RemovedFirst,
    ),
    Fault::conduct(
        "database/seed-refuses",
        "a refusal is no failure",
        |conduct| conduct.last_words = |_, words| words.status = 0,
    ),
    Fault::conduct(
        "database/seed-nul",
        "what was there is removed before it is known that the new can be stored",
        |conduct| conduct.backing.seeding = Seeding::RemovedFirst,
    ),
    Fault::conduct(
        "database/seed-away",
        "a database that is down is no failure",
        |conduct| conduct.last_words = |_, words| words.status = 0,
    ),
    Fault::conduct(
        "database/seed-together",
        "they do not wait for each other",
        |conduct| conduct.backing.seeding = Seeding::WithoutLock,
    ),
    Fault::conduct("database/stopped", "it is the server's fault", |conduct| {
        conduct.backing.failure = fails;
    }),
    Fault::conduct(
        "database/stopped",
        "it does not say when to ask again",
        |conduct| conduct.backing.failure = |answer| answer.remove("Retry-After"),
    ),
    Fault::conduct("database/stopped", "it connects but once", |conduct| {
        conduct.backing.connects_once = true;
    }),
    Fault::conduct(
        "database/stopped",
        "it goes on with what it has read",
        |conduct| conduct.backing.reads = Reads::Once,
    ),
    Fault::conduct("database/restarted", "it connects but once", |conduct| {
        conduct.backing.connects_once = true;
    }),
    Fault::conduct("database/crashed", "it connects but once", |conduct| {
        conduct.backing.connects_once = true;
    }),
    Fault::conduct(
        "database/crashed",
        "a broken connection is used again",
        |conduct| {
            conduct.backing.looks_at_kept = false;
            conduct.backing.keeps_failed = true;
        },
    ),
    Fault::conduct("database/frozen", "it waits without end", |conduct| {
        conduct.backing.limit = FOREVER;
    }),
    Fault::conduct("database/frozen", "it is the server's fault", |conduct| {
        conduct.backing.failure = fails;
    }),
    Fault::conduct(
        "database/frozen-connection",
        "a connection that hangs is used again",
        |conduct| conduct.backing.keeps_failed = true,
    ),
    Fault::conduct(
        "database/frozen-connections",
        "a connection that hangs is used again",
        |conduct| conduct.backing.keeps_failed = true,
    ),
    Fault::conduct(
        "database/frozen-connections",
        "it waits without end",
        |conduct| conduct.backing.limit = FOREVER,
    ),
    Fault::conduct(
        "database/column-changed",
        "a connection is used again whose statement is of the table before",
        |conduct| conduct.backing.keeps_failed = true,
    ),
    Fault::conduct(
        "database/table-away",
        "it is the server's fault",
        |conduct| conduct.backing.failure = fails,
    ),
    Fault::conduct(
        "database/password-changed",
        "it connects but once",
        |conduct| conduct.backing.connects_once = true,
    ),
    Fault::conduct(
        "database/started-first",
        "it does not start without its database",
        |conduct| conduct.backing.needs_it_at_start = true,
    ),
    Fault::conduct("database/started-first", "it says nothing", |conduct| {
        conduct.backing.tells = false;
    }),
    Fault::conduct(
        "database/connections-ended",
        "a connection is not looked at before it is used again",
        |conduct| {
            conduct.backing.looks_at_kept = false;
            conduct.backing.tries_again = false;
        },
    ),
    Fault::conduct(
        "database/idle-session-timeout",
        "a connection is not looked at before it is used again",
        |conduct| {
            conduct.backing.looks_at_kept = false;
            conduct.backing.tries_again = false;
        },
    ),
    Fault::conduct(
        "database/max-connections",
        "it connects but once",
        |conduct| conduct.backing.connects_once = true,
    ),
    Fault::conduct(
        "database/max-connections",
        "it is the server's fault",
        |conduct| conduct.backing.failure = fails,
    ),
    Fault::conduct("database/ready", "it is always ready", |conduct| {
        conduct.backing.readiness_asks = false;
    }),
    Fault::conduct("database/ready", "it does not live without", |conduct| {
        conduct.backing.health_asks = true;
    }),
    Fault::conduct("database/health", "it asks whether it lives", |conduct| {
        conduct.backing.health_asks = true;
        conduct.backing.limit = FOREVER;
        conduct.backing.failure = |answer| {
            *answer = Answer::new(200, "application/json", r#"{"status":"ok"}"#);
        };
    }),
    Fault::conduct(
        "database/slow-statements",
        "it waits without end",
        |conduct| conduct.backing.limit = FOREVER,
    ),
    Fault::conduct(
        "database/statements-end",
        "a statement goes on that nobody waits for",
        |conduct| conduct.backing.cancels = false,
    ),
    Fault::conduct(
        "database/together",
        "they ask one after the other",
        |conduct| {
            conduct.backing.takes_turns = true;
            conduct.backing.limit = FOREVER;
        },
    ),
    Fault::conduct(
        "database/client-gone",
        "a connection is used again whose answer has not been read",
        |conduct| {
            conduct.backing.keeps_failed = true;
            conduct.backing.looks_at_kept = false;
            conduct.backing.cancels = false;
        },
    ),
    Fault::conduct(
        "database/drain",
        "what waits for the database is cut off",
        |conduct| conduct.drain = Drain::CutsOff,
    ),
    Fault::conduct("database/drain", "SIGTERM ends it at once", |conduct| {
        conduct.drains_for = |signal| signal != Signal::Terminate;
    }),
    Fault::conduct("database/drain-ends", "it waits without end", |conduct| {
        conduct.backing.limit = FOREVER;
    }),
    Fault::conduct(
        "database/header-timeout",
        "the time of a head goes on until its answer is there",
        |conduct| conduct.counts_handlers_from = 0,
    ),
    Fault::conduct("database/unavailable", "it is no problem", |conduct| {
        conduct.backing.failure = |answer| answer.set("Content-Type", "text/plain");
    }),
    Fault::conduct(
        "database/unavailable",
        "what cannot be read is not there",
        |conduct| conduct.backing.failure = |answer| *answer = Answer::problem(404, "No such path"),
    ),
    Fault::request(
        "database/unavailable",
        "a client that has any version has this one",
        |request| {
            let has_any = request.values("if-none-match").any(|value| value == b"*");
            if has_any {
                request.target = "/healthz".to_owned();
            }
        },
    ),
    Fault::conduct(
        "database/described",
        "the document is that of a server without a database",
        |conduct| conduct.backing.is_described = false,
    ),
    Fault::answer(
        "database/described",
        "the document does not say that a 503 tells when to ask again",
        |request, answer| {
            edit(request, answer, |document| {
                let unavailable = &mut item(document)["responses"]["503"];
                let members = unavailable.as_object_mut();
                members.map(|members| members.remove("headers"));
            });
        },
    ),
    Fault::answer(
        "database/described",
        "the document describes a 503 that is no problem",
        |request, answer| {
            edit(request, answer, |document| {
                let unavailable = &mut item(document)["responses"]["503"];
                unavailable["content"] = json!({"text/plain": {}});
            });
        },
    ),
    Fault::conduct(
        "database/described",
        "the document is printed as one of a server without a database",
        |conduct| conduct.prints_openapi_of = |mode| mode.over_database = false,
    ),
    Fault::conduct("database/unaffected", "no key is asked for", |conduct| {
        conduct.backing.asks_key = false;
    }),
    Fault::conduct(
        "database/certificate-name",
        "nothing is encrypted",
        |conduct| conduct.backing.ignores_tls = true,
    ),
    Fault::conduct(
        "database/password-not-told",
        "an error is told of with all that there is to know",
        |conduct| conduct.backing.tells_all = true,
    ),
];

/// What a server answers that did not foresee it.
fn fails(answer: &mut Answer) {
    *answer = Answer::problem(500, "The server failed");
}
