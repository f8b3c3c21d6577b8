//! Field lines: what ends a name, what a value may hold, how many there may be.

use super::flood::{Flood, swallow};
use super::steps::{
    Lenience, Reply, answered, host, lines, refused, reply, with_field, with_fields,
};
use crate::cases::steps::{Differences, get_whole};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/space-before-colon",
        "RFC 9112 §5.1",
        "White space between a field's name and its colon is 400.",
        space_before_colon,
    ),
    Case::must(
        "wire/obs-fold",
        "RFC 9112 §5.2",
        "A folded field line is 400, or is unfolded; its second line is not a field.",
        obs_fold,
    ),
    Case::must(
        "wire/space-before-fields",
        "RFC 9112 §2.2",
        "White space after the request line is 400, or that line is skipped.",
        space_before_fields,
    ),
    Case::must(
        "wire/empty-name",
        "RFC 9112 §5, §2.2, the contract",
        "A field line without a name is refused.",
        |context| refuse_fields(context, "a field without a name", &[b": x", b":"], None),
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/no-colon",
        "RFC 9112 §5, §2.2, the contract",
        "A field line without a colon is refused.",
        |context| refuse_fields(context, "a line without a colon", &[b"X-A", b"X-A b"], None),
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/name-not-token",
        "RFC 9110 §5.1, §5.6.2, RFC 9112 §2.2, the contract",
        "A field name with invalid characters is refused.",
        |context| {
            let fields: &[&[u8]] = &[b"X A: b", b"X(A): b", b"X\0A: b", b"X\xE9: b", b"X\x7F: b"];
            refuse_fields(
                context,
                "a field name with invalid characters",
                fields,
                None,
            )
        },
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/nul-in-value",
        "RFC 9110 §5.5",
        "NUL in a field's value is refused, or replaced by a space; it does not end the value.",
        nul_in_value,
    ),
    Case::must(
        "wire/control-in-value",
        "RFC 9110 §5.5, the contract",
        "Other control characters in a field's value are refused, or kept unchanged.",
        control_in_value,
    )
    .of_rfcs_alone(Level::Should),
    Case::should(
        "wire/headers-101",
        "RFC 9110 §5.4, the contract",
        "101 fields are all accepted, or refused as too many (431).",
        headers_101,
    ),
    Case::must(
        "wire/headers-10k",
        "RFC 9110 §5.4, the contract",
        "10,000 fields are refused; endless fields are refused before all are read.",
        headers_10k,
    ),
    Case::must(
        "wire/header-64k",
        "RFC 9110 §5.4, the contract",
        "A field of 64 KiB is refused (431 or 400), or accepted completely.",
        header_64k,
    ),
];

/// Holds a server to refusing `GET /greetings` with each of these lines among its fields, unless it
/// may read it, as `read` says.
fn refuse_fields(
    context: &Context,
    what: &str,
    fields: &[&[u8]],
    read: Option<(u16, &'static str)>,
) -> Outcome {
    let mut differences = Differences::default();
    let lenience = Lenience {
        read,
        ..Lenience::default()
    };
    for field in fields {
        let message = with_field(context, field);
        refused(context, what, &message, lenience, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn space_before_colon(context: &Context) -> Outcome {
    for field in [
        "X-A : b",
        "X-A\t: b",
        "Content-Length : 0",
        "Transfer-Encoding : chunked",
        "If-None-Match : *",
    ] {
        answered(
            context,
            &format!("{field:?}"),
            &with_field(context, field),
            400,
        )?;
    }
    Ok(Verdict::Conforms)
}

fn obs_fold(context: &Context) -> Outcome {
    // If the second line were a field, the answer would be 304.
    let fields: &[&[u8]] = &[
        b"X-A: b\r\n If-None-Match: *",
        b"X-A: b\r\n\tIf-None-Match: *",
        b"X-A:\r\n If-None-Match: *",
    ];
    let read = Some((200, "unfolds it"));
    refuse_fields(context, "a folded field line", fields, read)
}

fn space_before_fields(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let lenience = Lenience {
        read: Some((200, "skips the line")),
        ..Lenience::default()
    };
    let line = format!("GET {} HTTP/1.1", context.path(context.resource()));
    let host = host(context);
    for space in [" ", "\t"] {
        let field = format!("{space}If-None-Match: *");
        let message = lines([line.as_str(), &field, &host, "Connection: close"]);
        let what = "white space after the request line";
        refused(context, what, &message, lenience, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn nul_in_value(context: &Context) -> Outcome {
    // If the value ended at NUL, the answer would be 304.
    let fields: &[&[u8]] = &[b"X-A: b\0c", b"X-A: \0", b"If-None-Match: *\0x"];
    let read = Some((200, "accepts it"));
    refuse_fields(context, "NUL in a field's value", fields, read)
}

fn control_in_value(context: &Context) -> Outcome {
    let fields: &[&[u8]] = &[
        b"X-A: b\x01c",
        b"X-A: \x08",
        // If it ended a line, as it does for some, the answer would be 304.
        b"X-A: b\x0BIf-None-Match: *",
        b"X-A: b\x0CIf-None-Match: *",
        b"X-A: b\x1B[0m",
        b"X-A: \x7F",
    ];
    let read = Some((200, "accepts it"));
    refuse_fields(
        context,
        "a control character in a field's value",
        fields,
        read,
    )
}

/// Field lines that mean nothing.
fn padding(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("X-{number}: y"))
}

fn headers_101(context: &Context) -> Outcome {
    // If the fields beyond a limit were dropped, the last would go unheard.
    let last = "If-None-Match: *".to_owned();
    let alone = with_field(context, &last);
    let expected = status(context, "GET with If-None-Match", &alone)?;
    let start = [
        format!("GET {} HTTP/1.1", context.path(context.resource())),
        host(context),
        "Connection: close".to_owned(),
    ];
    let message = lines(start.into_iter().chain(padding(98)).chain([last]));
    match status(context, "GET with 101 fields", &message)? {
        431 => Ok(Verdict::Conforms),
        status if status == expected => Ok(Verdict::Differs("accepts 101 fields".to_owned())),
        status @ 400..500 => Ok(Verdict::Differs(format!("answers {status}"))),
        status => Err(Deviation(format!(
            "`If-None-Match: *` as the last of 101 fields gives {status}, alone {expected}"
        ))),
    }
}

fn status(context: &Context, what: &str, message: &[u8]) -> Result<u16, Deviation> {
    match reply(context, what, message)? {
        Reply::Answer(answer) => Ok(answer.status),
        other => Err(Deviation(format!("{what}: {}", other.name()))),
    }
}

fn headers_10k(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let lenience = Lenience {
        as_good: &[431],
        ..Lenience::default()
    };
    let message = with_fields(context, padding(10_000));
    refused(
        context,
        "10,000 fields",
        &message,
        lenience,
        &mut differences,
    )?;
    let start = lines([
        format!("GET {} HTTP/1.1", context.path(context.resource())),
        host(context),
    ]);
    // Without the empty line that would end them.
    let start = &start[..start.len() - 2];
    let flood = Flood {
        what: "fields without end",
        start,
        piece: b"X-A: b\r\n",
    };
    swallow(context, &flood, &mut differences)?;
    let flood = Flood {
        what: "a field without end",
        start: &[start, b"X-A: "].concat(),
        piece: b"x",
    };
    swallow(context, &flood, &mut differences)?;
    Ok(differences.verdict())
}

fn header_64k(context: &Context) -> Outcome {
    // The last of the list counts: a value that was cut would not have it.
    let whole = get_whole(context, context.resource())?;
    let tag = whole.header("etag").unwrap_or("\"none\"");
    let list = |count: usize| {
        let others = (0..count).map(|number| format!("\"{number:013}\", "));
        format!("If-None-Match: {}{tag}", others.collect::<String>())
    };
    let short = with_field(context, list(1));
    let expected = status(context, "GET with If-None-Match", &short)?;
    let long = list(64 * 1024 / 17);
    match status(context, "a field of 64 KiB", &with_field(context, &long))? {
        431 => Ok(Verdict::Conforms),
        400 => Ok(Verdict::Differs("answers 400".to_owned())),
        status => {
            ensure!(
                status == expected,
                "a list of 64 KiB in If-None-Match gives {status}, a short one {expected}"
            );
            Ok(Verdict::Differs("accepts a field of 64 KiB".to_owned()))
        }
    }
}
