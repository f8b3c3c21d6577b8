//! What a request target may hold, and how long it may be.

use super::flood::{Flood, swallow};
use super::steps::{Lenience, Reply, answered, host, lines, refused, reply, with_line};
use crate::cases::steps::{Differences, item};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::should(
        "wire/fragment-in-target",
        "RFC 9112 §3.2",
        "A target with a fragment is invalid.",
        fragment,
    ),
    Case::should(
        "wire/asterisk-form",
        "RFC 9112 §3.2.4, the contract",
        "The target `*` is of OPTIONS alone: with another method it is refused.",
        asterisk,
    )
    .of_rfcs_alone(Level::Info),
    Case::must(
        "wire/raw-space-in-target",
        "RFC 9112 §3.2, the contract",
        "A target with a space is invalid; the part before the space is not taken as the target.",
        raw_space,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/nul-in-target",
        "RFC 9112 §3.2, the contract",
        "A target with NUL is invalid; the part before NUL is not taken as the target.",
        |context| refuse_after_item(context, "NUL in the target", &[b"\0", b"\0x"]),
    )
    .of_rfcs_alone(Level::Should),
    Case::info(
        "wire/raw-utf8-target",
        "RFC 9112 §3.2, RFC 3986 §2",
        "Whether a target with unencoded UTF-8 is invalid, or only not found.",
        raw_utf8,
    ),
    Case::must(
        "wire/invalid-utf8-target",
        "RFC 9112 §3.2, RFC 3986 §2, the contract",
        "Octets that are not UTF-8 are not dropped from a target, and do not break the server.",
        |context| {
            let ends: &[&[u8]] = &[b"\xFF", b"\xC0\xAF", b"\xE2\x82"];
            refuse_after_item(context, "octets that are not UTF-8", ends)
        },
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/crlf-injection",
        "RFC 9110 §2.2, §5.5, RFC 9112 §11.1",
        "A percent-encoded line break in a target creates no line in a response.",
        crlf_injection,
    ),
    Case::must(
        "wire/uri-8k",
        "RFC 9112 §3, the contract",
        "A request line of 8000 octets is accepted.",
        uri_8k,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/uri-70k",
        "RFC 9112 §3, the contract",
        "A target of 70,000 octets is refused: 414, or 400 or 431 if another limit applies first.",
        uri_70k,
    ),
    Case::must(
        "wire/uri-500k",
        "RFC 9112 §3, the contract",
        "A target of 500,000 octets is refused; an endless one is refused before all of it is \
         read.",
        uri_500k,
    ),
];

/// GET of this path, octet by octet.
fn get(context: &Context, path: &[u8]) -> Vec<u8> {
    let prefix = context.path("");
    let line = [b"GET ", prefix.as_bytes(), path, b" HTTP/1.1"].concat();
    with_line(context, line)
}

fn refuse_target(context: &Context, what: &str, paths: &[&[u8]], nothing_else: bool) -> Outcome {
    let mut differences = Differences::default();
    let lenience = Lenience {
        as_good: &[301],
        nothing_else,
        ..Lenience::default()
    };
    for path in paths {
        let message = get(context, path);
        refused(context, what, &message, lenience, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn fragment(context: &Context) -> Outcome {
    let paths = ["#x", "?a#x"].map(|end| format!("{}{end}", context.resource()));
    let paths = paths.each_ref().map(String::as_bytes);
    refuse_target(context, "a target with a fragment", &paths, true)
}

fn asterisk(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let lenience = Lenience {
        as_good: &[404, 405],
        ..Lenience::default()
    };
    for method in ["GET", "POST"] {
        let line = format!("{method} * HTTP/1.1");
        let message = lines([line, host(context), "Connection: close".to_owned()]);
        refused(
            context,
            &format!("{method} *"),
            &message,
            lenience,
            &mut differences,
        )?;
    }
    Ok(differences.verdict())
}

/// Holds a server to refusing the path of a greeting that is there, with more after it.
fn refuse_after_item(context: &Context, what: &str, ends: &[&[u8]]) -> Outcome {
    let item = item(context);
    let paths: Vec<Vec<u8>> = ends
        .iter()
        .map(|end| [item.as_bytes(), end].concat())
        .collect();
    let paths: Vec<&[u8]> = paths.iter().map(Vec::as_slice).collect();
    refuse_target(context, what, &paths, false)
}

fn raw_space(context: &Context) -> Outcome {
    refuse_after_item(context, "a space in the target", &[b" x", b" HTTP/1.1"])
}

fn raw_utf8(context: &Context) -> Outcome {
    let path = "/greetings/caf\u{e9}".as_bytes();
    match reply(context, "a target in UTF-8", &get(context, path))? {
        Reply::Answer(answer) if answer.status == 400 => Ok(Verdict::Conforms),
        Reply::Answer(answer) if (401..500).contains(&answer.status) => {
            Ok(Verdict::Differs(format!("answers {}", answer.status)))
        }
        Reply::Closed => Ok(Verdict::Differs("closes".to_owned())),
        other => Err(Deviation(format!(
            "a target in UTF-8 is neither invalid nor not found: {}",
            other.name()
        ))),
    }
}

fn crlf_injection(context: &Context) -> Outcome {
    let item = item(context);
    let payload = "%0D%0AX-Injected:%20yes%0D%0A%0D%0Ainjected";
    for path in [
        format!("{item}{payload}"),
        format!("/greetings?{payload}"),
        format!("/{payload}"),
        format!("/?{payload}"),
        format!("/docs/{payload}"),
    ] {
        let what = format!("GET {path}");
        match reply(context, &what, &get(context, path.as_bytes()))? {
            Reply::Answer(answer) => {
                let is_injected = answer.header("x-injected").is_some();
                ensure!(
                    !is_injected,
                    "{what} creates a field X-Injected in the response"
                );
            }
            Reply::Closed | Reply::Bare => {}
            Reply::Silent => return Err(Deviation(format!("{what} is not answered"))),
        }
    }
    Ok(Verdict::Conforms)
}

fn uri_8k(context: &Context) -> Outcome {
    let start = format!("GET {}?q=", context.path(context.resource()));
    let end = " HTTP/1.1";
    let query = "x".repeat(8000_usize.saturating_sub(start.len() + end.len()));
    // A server need not have its paths with a query; it is the same for a long one.
    let short = with_line(context, format!("{start}x{end}"));
    let usual = match reply(context, "a request line with a query", &short)? {
        Reply::Answer(answer) if !context.is_the_api() => answer.status,
        _ => 200,
    };
    let message = with_line(context, format!("{start}{query}{end}"));
    answered(context, "a request line of 8000 octets", &message, usual)?;
    Ok(Verdict::Conforms)
}

fn uri_70k(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    for path in ["/greetings?", "/greetings/", "/"] {
        let path = format!("{path}{}", "x".repeat(70_000));
        let message = get(context, path.as_bytes());
        match reply(context, "a target of 70,000 octets", &message)? {
            Reply::Answer(answer) if answer.status == 414 => {}
            Reply::Answer(answer) if matches!(answer.status, 400 | 431) => {
                differences.note(format!("answers {}", answer.status));
            }
            other => {
                let why = format!("a target of 70,000 octets: {}", other.name());
                return Err(Deviation(why));
            }
        }
    }
    Ok(differences.verdict())
}

fn uri_500k(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let path = format!("{}?{}", context.resource(), "x".repeat(500_000));
    let what = "a target of 500,000 octets";
    let lenience = Lenience {
        as_good: &[414, 431],
        ..Lenience::default()
    };
    refused(
        context,
        what,
        &get(context, path.as_bytes()),
        lenience,
        &mut differences,
    )?;
    let start = format!("GET {}?", context.path(context.resource()));
    let flood = Flood {
        what: "a target without end",
        start: start.as_bytes(),
        piece: b"x",
    };
    swallow(context, &flood, &mut differences)?;
    Ok(differences.verdict())
}
