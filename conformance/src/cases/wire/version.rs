//! The version a request line ends in, or does not.

use super::request_line::refuse_lines;
use super::steps::{Lenience, QUIET, answered, refused, with_line};
use crate::cases::steps::Differences;
use crate::{Case, Context, Level, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::should(
        "wire/version-unknown-minor",
        "RFC 9110 §6.2",
        "HTTP/1.2 is processed as HTTP/1.1.",
        version_unknown_minor,
    ),
    Case::must(
        "wire/version-major",
        "RFC 9110 §6.2, §15.6.6, the contract",
        "A major version other than 1 is refused.",
        version_major,
    ),
    Case::must(
        "wire/version-case",
        "RFC 9112 §2.3, the contract",
        "The version has upper-case letters and two digits; other forms are invalid.",
        version_case,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/http09",
        "RFC 9112 §3, the contract",
        "A request line without a version is refused.",
        http09,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/h2-preface",
        "RFC 9113 §3.4, RFC 9112 §2.2, the contract",
        "The preface of HTTP/2 is refused, or HTTP/2 is spoken; it is not read as requests.",
        h2_preface,
    ),
];

fn version_unknown_minor(context: &Context) -> Outcome {
    let path = context.path(context.resource());
    for version in ["HTTP/1.2", "HTTP/1.9"] {
        let message = with_line(context, format!("GET {path} {version}"));
        answered(context, &format!("GET in {version}"), &message, 200)?;
    }
    Ok(Verdict::Conforms)
}

fn version_major(context: &Context) -> Outcome {
    let path = context.path(context.resource());
    let line = |version: &str| format!("GET {path} {version}");
    let versions = ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9", "HTTP/9.1"].map(line);
    refuse_lines(context, &versions.each_ref().map(String::as_str), &[505])
}

fn version_case(context: &Context) -> Outcome {
    let path = context.path(context.resource());
    let line = |version: &str| format!("GET {path} {version}");
    let versions = [
        "http/1.1",
        "Http/1.1",
        "HTTP/1",
        "HTTP/1.10",
        "HTTP/01.1",
        "HTTP/1,1",
        "HTTPS/1.1",
        "HTTP /1.1",
        "ICY/1.1",
    ]
    .map(line);
    refuse_lines(context, &versions.each_ref().map(String::as_str), &[505])
}

fn http09(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let path = context.path(context.resource());
    for (what, message) in [
        (
            "a request line without a version",
            format!("GET {path}\r\n\r\n"),
        ),
        (
            "a request line that ends in a space",
            format!("GET {path} \r\n\r\n"),
        ),
    ] {
        refused(
            context,
            what,
            message.as_bytes(),
            Lenience::default(),
            &mut differences,
        )?;
    }
    Ok(differences.verdict())
}

fn h2_preface(context: &Context) -> Outcome {
    // The preface and an empty SETTINGS frame (RFC 9113 §3.4, §4.1).
    let mut connection = context.connect()?;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    // A server may close without reading all of it.
    let _ = connection.send(preface);
    let (spoken, _) = connection.rest(QUIET);
    if let [0, 0, _, 4, ..] = spoken.as_slice() {
        return Ok(Verdict::Differs("speaks HTTP/2".to_owned()));
    }
    drop(connection);
    let mut differences = Differences::default();
    let lenience = Lenience {
        as_good: &[505],
        ..Lenience::default()
    };
    refused(
        context,
        "the preface of HTTP/2",
        preface,
        lenience,
        &mut differences,
    )?;
    Ok(differences.verdict())
}
