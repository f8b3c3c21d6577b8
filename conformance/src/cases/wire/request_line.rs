//! The words of the request line, and what ends it.

use super::steps::{Lenience, Reply, answered, refused, reply, with_field, with_line};
use crate::cases::steps::{Differences, item};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::info(
        "wire/bare-lf",
        "RFC 9112 §2.2",
        "Whether a bare LF ends a line of the head, as it may.",
        bare_lf,
    ),
    Case::must(
        "wire/bare-cr",
        "RFC 9112 §2.2",
        "A CR without LF makes its element invalid, or is replaced by a space; it never ends a \
         line.",
        bare_cr,
    ),
    Case::should(
        "wire/leading-crlf",
        "RFC 9112 §2.2",
        "An empty line before the request line is ignored.",
        leading_crlf,
    ),
    Case::should(
        "wire/request-line-spaces",
        "RFC 9112 §3, §3.2",
        "A request line with more than two spaces is 400, or is split at white space.",
        request_line_spaces,
    ),
    Case::must(
        "wire/request-line-tab",
        "RFC 9112 §3, the contract",
        "A tab in the request line is invalid, or separates two words; the part before it is not \
         taken as the target.",
        request_line_tab,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/no-target",
        "RFC 9112 §3, the contract",
        "A request line without a target is refused.",
        no_target,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/long-method",
        "RFC 9112 §3, RFC 9110 §9.1, the contract",
        "An overlong method is refused: 400, 405, 414, 431 or 501.",
        long_method,
    )
    .of_rfcs_alone(Level::Should),
];

fn bare_lf(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let sound = with_field(context, "X-A: b");
    let sound = String::from_utf8_lossy(&sound);
    for (what, message) in [
        ("LF alone", sound.replace("\r\n", "\n")),
        (
            "a bare LF after the request line",
            sound.replacen("\r\n", "\n", 1),
        ),
    ] {
        match reply(context, what, message.as_bytes())? {
            Reply::Answer(answer) if answer.status == 400 => {}
            Reply::Answer(answer) if answer.status == 200 => {
                differences.note("LF alone ends a line");
            }
            Reply::Closed => differences.note("closes on LF alone"),
            Reply::Silent => differences.note("waits for CRLF"),
            Reply::Bare => return Err(Deviation(format!("{what}: no status line"))),
            Reply::Answer(answer) => {
                return Err(Deviation(format!("{what} is {}", answer.status)));
            }
        }
    }
    Ok(differences.verdict())
}

fn bare_cr(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let lenience = Lenience {
        read: Some((200, "a bare CR does not end a line")),
        ..Lenience::default()
    };
    // If the CR ended a line, the field after it would make the answer 304.
    for (what, field) in [
        ("a CR before If-None-Match", "X-A: b\rIf-None-Match: *"),
        ("two CRs before If-None-Match", "X-A: b\r\rIf-None-Match: *"),
    ] {
        let message = with_field(context, field);
        refused(context, what, &message, lenience, &mut differences)?;
    }
    let path = context.path(context.resource());
    let message = with_line(context, format!("GET {path}\rHTTP/1.1"));
    let what = "a CR in the request line";
    refused(context, what, &message, lenience, &mut differences)?;
    Ok(differences.verdict())
}

fn leading_crlf(context: &Context) -> Outcome {
    let message = with_field(context, "X-A: b");
    let message = [b"\r\n", message.as_slice()].concat();
    answered(context, "GET after an empty line", &message, 200)?;
    Ok(Verdict::Conforms)
}

fn request_line_spaces(context: &Context) -> Outcome {
    let path = context.path(context.resource());
    // RFC 9112 §3.2: 400, or 301 to the target encoded properly.
    is_malformed_or_split(
        context,
        &[
            (
                "two spaces before the target",
                format!("GET  {path} HTTP/1.1"),
            ),
            (
                "two spaces after the target",
                format!("GET {path}  HTTP/1.1"),
            ),
            ("a space before the method", format!(" GET {path} HTTP/1.1")),
            ("a space after the version", format!("GET {path} HTTP/1.1 ")),
        ],
        &[],
        true,
    )
}

fn request_line_tab(context: &Context) -> Outcome {
    let path = context.path(context.resource());
    let item = context.path(&item(context));
    is_malformed_or_split(
        context,
        &[
            ("a tab before the target", format!("GET\t{path} HTTP/1.1")),
            ("a tab after the target", format!("GET {path}\tHTTP/1.1")),
            ("tabs for spaces", format!("GET\t{path}\tHTTP/1.1")),
        ],
        &[("a tab in the target", format!("GET {item}\tx HTTP/1.1"))],
        false,
    )
}

/// The first messages may be split at white space; the others cannot be.
fn is_malformed_or_split(
    context: &Context,
    splittable: &[(&str, String)],
    others: &[(&str, String)],
    nothing_else: bool,
) -> Outcome {
    let mut differences = Differences::default();
    let lenience = Lenience {
        read: Some((200, "splits the request line at white space")),
        as_good: &[301],
        nothing_else,
    };
    let strict = Lenience {
        read: None,
        ..lenience
    };
    for (lines, lenience) in [(splittable, lenience), (others, strict)] {
        for (what, line) in lines {
            let message = with_line(context, line);
            refused(context, what, &message, lenience, &mut differences)?;
        }
    }
    Ok(differences.verdict())
}

fn no_target(context: &Context) -> Outcome {
    refuse_lines(context, &["GET HTTP/1.1", "GET  HTTP/1.1", "GET"], &[])
}

/// Holds a server to refusing each of these request lines.
pub(super) fn refuse_lines(context: &Context, lines: &[&str], as_good: &'static [u16]) -> Outcome {
    let mut differences = Differences::default();
    let lenience = Lenience {
        as_good,
        ..Lenience::default()
    };
    for line in lines {
        let message = with_line(context, line);
        refused(
            context,
            &format!("{line:?}"),
            &message,
            lenience,
            &mut differences,
        )?;
    }
    Ok(differences.verdict())
}

fn long_method(context: &Context) -> Outcome {
    let path = context.path(context.resource());
    for length in [33, 1000, 9000, 70_000] {
        let method = "M".repeat(length);
        let message = with_line(context, format!("{method} {path} HTTP/1.1"));
        let what = format!("a method of {length} octets");
        let reply = reply(context, &what, &message)?;
        let Reply::Answer(answer) = reply else {
            return Err(Deviation(format!("{what} is not answered")));
        };
        ensure!(
            matches!(answer.status, 400 | 405 | 414 | 431 | 501),
            "{what} is {}",
            answer.status
        );
    }
    Ok(Verdict::Conforms)
}
