//! How large a head may be: as large as the server is told, and no larger.

use super::steps::{Lenience, answered, host, lines, refused};
use crate::cases::processes::start;
use crate::cases::steps::Differences;
use crate::servers::Setting;
use crate::{Case, Context, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/request-line-limit",
        "the contract; RFC 9110 §15.5.15",
        "A request line of the stated limit is accepted; one octet more is refused.",
        request_line,
    )
    .needing(&[Need::Process, Need::RequestLineLimit]),
    Case::must(
        "wire/request-line-limit-methods",
        "the contract; RFC 9110 §15.5.15",
        "The limit of a request line counts the method, whichever it is: with HEAD, POST and OPTIONS, a \
         line of the stated limit is accepted, and one octet more is refused.",
        request_line_methods,
    )
    .needing(&[Need::Process, Need::RequestLineLimit]),
    Case::must(
        "wire/header-limit",
        "the contract; RFC 6585 §5",
        "Header fields of the stated limit are accepted; one octet more is refused.",
        header,
    )
    .needing(&[Need::Process, Need::HeaderLimit]),
    Case::must(
        "wire/stated-limits",
        "the contract; RFC 9110 §15.5.15, RFC 6585 §5",
        "Without options a server has the contract's limits, to the octet: a request line of \
         8,192 octets and header fields of 16,384, of which there are 90, are accepted, and more \
         are refused.",
        stated,
    ),
    Case::must(
        "wire/header-count-limit",
        "the contract; RFC 6585 §5",
        "As many header fields as the stated limit are accepted; one more is refused.",
        header_count,
    )
    .needing(&[Need::Process, Need::HeaderCountLimit]),
];

/// The stated limit in octets: less than what any server refuses untold.
const OCTETS: usize = 2000;

/// The stated limit in fields, likewise.
const FIELDS: usize = 20;

fn request_line_methods(context: &Context) -> Outcome {
    let (_process, view) = start(context, &[Setting::RequestLineLimit(OCTETS)])?;
    for method in ["HEAD", "POST", "OPTIONS"] {
        for octets in [OCTETS, OCTETS + 1] {
            let line = |padding| {
                let path = view.path(view.resource());
                format!("{method} {path}?{padding} HTTP/1.1")
            };
            let line = line(padding(octets, line(String::new()).len()));
            let fields = [host(&view), "Connection: close".to_owned()];
            let message = lines([line].into_iter().chain(fields));
            let status = view.connect()?.exchange(method, &message)?.status;
            let is_refused = matches!(status, 414 | 431);
            ensure!(
                is_refused == (octets > OCTETS),
                "with a limit of {OCTETS} octets, a {method} request line of {octets} is {status}"
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn request_line(context: &Context) -> Outcome {
    let setting = Setting::RequestLineLimit(OCTETS);
    bounded(
        context,
        setting,
        OCTETS,
        "octets",
        &[414],
        |view, octets| {
            let line = |padding| {
                let path = view.path(view.resource());
                format!("GET {path}?{padding} HTTP/1.1")
            };
            let padding = padding(octets, line("").len());
            let fields = [host(view), "Connection: close".to_owned()];
            lines([line(&padding)].into_iter().chain(fields))
        },
    )
}

fn header(context: &Context) -> Outcome {
    let setting = Setting::HeaderLimit(OCTETS);
    bounded(
        context,
        setting,
        OCTETS,
        "octets",
        &[431],
        |view, octets| {
            let mut fields = fields(view);
            let line_end = "\r\n".len();
            let last = "X-Padding: ";
            let others: usize = fields.iter().map(|field| field.len() + line_end).sum();
            fields.push(format!(
                "{last}{}",
                padding(octets, others + last.len() + line_end)
            ));
            with_fields(view, fields)
        },
    )
}

fn header_count(context: &Context) -> Outcome {
    // Fields of names of their own, and of one name.
    let named: [fn(usize) -> String; 2] =
        [|number| format!("X-{number}: y"), |_| "X: y".to_owned()];
    for field in named {
        let setting = Setting::HeaderCountLimit(FIELDS);
        let held = bounded(context, setting, FIELDS, "fields", &[431], |view, count| {
            let mut fields = fields(view);
            let others = fields.len();
            fields.extend((others..count).map(field));
            with_fields(view, fields)
        })?;
        if held != Verdict::Conforms {
            return Ok(held);
        }
    }
    Ok(Verdict::Conforms)
}

/// The contract's limits, and a number of fields that is within its limit of 100 and what any parser
/// takes.
const STATED: (usize, usize, usize) = (8192, 16_384, 90);

fn stated(context: &Context) -> Outcome {
    let (line_octets, field_octets, count) = STATED;
    let line = |octets| {
        let path = context.path(context.resource());
        let line = |padding: &str| format!("GET {path}?{padding} HTTP/1.1");
        let padding = padding(octets, line("").len());
        lines([line(&padding)].into_iter().chain(fields(context)))
    };
    let block = |octets: usize| {
        let mut all = fields(context);
        let others: usize = all.iter().map(|field| field.len() + 2).sum();
        // Over several fields: a parser may limit one.
        let shares = 4;
        let rest = octets - others;
        for number in 0..shares {
            let share = rest / shares + usize::from(number < rest % shares);
            let name = format!("X-{number}: ");
            all.push(format!("{name}{}", padding(share, name.len() + 2)));
        }
        with_fields(context, all)
    };
    let many_of_one_name = |count: usize| {
        let mut all = fields(context);
        all.extend((all.len()..count).map(|_| "X: y".to_owned()));
        with_fields(context, all)
    };
    let many = |count: usize| {
        let mut all = fields(context);
        all.extend((all.len()..count).map(|number| format!("X-{number}: y")));
        with_fields(context, all)
    };
    let mut differences = Differences::default();
    for (what, within, beyond) in [
        ("request line", line(line_octets), line(line_octets + 1)),
        (
            "size of header fields",
            block(field_octets),
            block(field_octets + 1),
        ),
        ("number of header fields", many(count), many(101)),
        (
            "number of header fields of one name",
            many_of_one_name(count),
            many_of_one_name(101),
        ),
    ] {
        answered(context, &format!("a {what} within the limit"), &within, 200)?;
        let lenience = Lenience {
            as_good: &[414, 431],
            ..Lenience::default()
        };
        let what = format!("a {what} beyond the limit");
        refused(context, &what, &beyond, lenience, &mut differences)?;
    }
    Ok(differences.verdict())
}

/// Tells a server a limit and holds it to that: a message of this size is answered, and one larger
/// by one refused.
fn bounded(
    context: &Context,
    setting: Setting<'_>,
    limit: usize,
    unit: &str,
    as_good: &'static [u16],
    message: impl Fn(&Context, usize) -> Vec<u8>,
) -> Outcome {
    let (_process, view) = start(context, &[setting])?;
    let what = |size| format!("with a limit of {limit} {unit}, a request of {size}");
    answered(&view, &what(limit), &message(&view, limit), 200)?;
    let mut differences = Differences::default();
    let larger = limit + 1;
    let lenience = Lenience {
        as_good,
        ..Lenience::default()
    };
    let message = message(&view, larger);
    refused(&view, &what(larger), &message, lenience, &mut differences)?;
    Ok(differences.verdict())
}

/// The fields that every request here has.
fn fields(view: &Context) -> Vec<String> {
    vec![host(view), "Connection: close".to_owned()]
}

fn with_fields(view: &Context, fields: Vec<String>) -> Vec<u8> {
    let line = format!("GET {} HTTP/1.1", view.path(view.resource()));
    lines([line].into_iter().chain(fields))
}

/// What is to be added to something so large to make it as large as this.
fn padding(size: usize, present: usize) -> String {
    "x".repeat(size.saturating_sub(present))
}
