//! Host, and the request targets that name one.

use crate::cases::steps::{Differences, item};
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/host-missing",
        "RFC 9112 §3.2",
        "An HTTP/1.1 request without Host is 400.",
        |context| refused(context, &[], "without Host"),
    ),
    Case::must(
        "wire/host-missing-http10",
        "RFC 9112 §3.2, the contract",
        "An HTTP/1.0 request needs no Host.",
        host_missing_http10,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/host-duplicate",
        "RFC 9112 §3.2",
        "A request with two different Host fields is 400.",
        |context| {
            let authority = context.base().authority();
            refused(context, &[&authority, "other.example"], "with two Hosts")?;
            refused(context, &["other.example", &authority], "with two Hosts")
        },
    ),
    Case::must(
        "wire/host-duplicate-same",
        "RFC 9112 §3.2",
        "A request with two equal Host fields is 400.",
        |context| {
            let authority = context.base().authority();
            refused(context, &[&authority, &authority], "with Host twice")
        },
    ),
    Case::must(
        "wire/host-invalid",
        "RFC 9112 §3.2, RFC 9110 §7.2",
        "A request whose Host is not a host with an optional port is 400.",
        host_invalid,
    ),
    Case::must(
        "wire/host-valid",
        "RFC 9110 §7.2, RFC 3986 §3.2.2, the contract",
        "Every valid Host is accepted: a name in any case, an IPv4 or IPv6 address, any character \
         of a registered name, with a port, with an empty one, and without. A server with other \
         hosts may refuse it as misdirected.",
        host_valid,
    )
    .of_rfcs_alone(Level::Info),
    Case::should(
        "wire/host-empty",
        "RFC 9112 §3.2, §3.3",
        "An empty Host is accepted, or 400.",
        host_empty,
    ),
    Case::must(
        "wire/absolute-form",
        "RFC 9112 §3.2.2",
        "A target in absolute form is equivalent to its origin form.",
        absolute_form,
    ),
    Case::info(
        "wire/absolute-form-mismatch",
        "RFC 9112 §3.2.2, RFC 9110 §7.4",
        "The effect of a Host that differs from the target's: it must be ignored, and may be \
         refused as misdirected.",
        absolute_form_mismatch,
    ),
];

/// Sends GET with these Host fields and no other.
fn get(context: &Context, target: &str, hosts: &[&str]) -> Result<Response, Deviation> {
    let request = Request::get(target).header("Connection", "close");
    let request = hosts
        .iter()
        .fold(request, |request, host| request.header("Host", *host));
    Ok(context.connect()?.exchange("GET", &request.to_bytes())?)
}

fn refused(context: &Context, hosts: &[&str], what: &str) -> Outcome {
    let response = get(context, &context.path(context.resource()), hosts)?;
    ensure!(
        response.status == 400,
        "GET {what} is {}, not 400",
        response.status
    );
    Ok(Verdict::Conforms)
}

fn host_missing_http10(context: &Context) -> Outcome {
    let request = format!("GET {} HTTP/1.0\r\n\r\n", context.path(context.resource()));
    let response = context.connect()?.exchange("GET", request.as_bytes())?;
    ensure!(
        response.status == 200,
        "an HTTP/1.0 GET without Host is {}, not 200",
        response.status
    );
    Ok(Verdict::Conforms)
}

fn host_invalid(context: &Context) -> Outcome {
    let authority = context.base().authority();
    for host in [
        &format!("user@{authority}"),
        &format!("{authority}/greetings"),
        &format!("{authority}?x"),
        &format!("{authority}#x"),
        &format!("http://{authority}"),
        "local host",
        "localhost:port",
        "localhost:80:80",
        "[::1",
        "a<b>",
        "a\\b",
        "caf\u{e9}.example",
    ] {
        refused(context, &[host], &format!("with Host: {host}"))?;
    }
    // A comma is legal in a registered name (RFC 3986 §3.2.2), but is how two Host fields look
    // when joined.
    let response = get(
        context,
        &context.path(context.resource()),
        &["a.example,b.example"],
    )?;
    match response.status {
        400 => Ok(Verdict::Conforms),
        status => Ok(Verdict::Differs(format!("a Host with a comma is {status}"))),
    }
}

fn host_valid(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let path = context.path(context.resource());
    let usual = get(context, &path, &[&context.base().authority()])?;
    // What every host gets that is not its own.
    let foreign = get(context, &path, &["other.example"])?.status;
    for host in [
        "localhost",
        "LocalHost.Example",
        "localhost:",
        "localhost:1",
        "localhost:65535",
        "host.example.",
        "a",
        "127.0.0.1",
        "127.0.0.1:8000",
        "[::1]",
        "[::1]:8000",
        "[2001:DB8::192.0.2.1]",
        "[v1.fe80::a]",
        "under_score.example",
        "tilde~and-hyphen.example",
        "percent%2Dencoded.example",
        "sub!$&'()*+;=delims.example",
        "999.999.999.999",
    ] {
        let response = get(context, &path, &[host])?;
        match response.status {
            status if status == usual.status => {}
            // RFC 9110 §15.5.20, and what stands for other servers' hosts.
            status @ (404 | 421) => differences.note(format!("another host is {status}")),
            status if status == foreign && status >= 400 => {
                differences.note(format!("another host is {status}"));
            }
            // Of a future address nobody knows what it is (RFC 3986 §3.2.2).
            400 if host.starts_with("[v") => differences.note("a future address is 400"),
            status => {
                return Err(Deviation(format!(
                    "GET with Host: {host} is {status}, but {} with the server's own",
                    usual.status
                )));
            }
        }
    }
    Ok(differences.verdict())
}

fn host_empty(context: &Context) -> Outcome {
    match get(context, &context.path(context.resource()), &[""])?.status {
        200 => Ok(Verdict::Conforms),
        400 => Ok(Verdict::Differs("answers 400".to_owned())),
        status => Err(Deviation(format!(
            "GET with an empty Host is {status}, neither 200 nor 400"
        ))),
    }
}

fn absolute_form(context: &Context) -> Outcome {
    let base = context.base();
    let authority = base.authority();
    for path in [
        context.resource(),
        &item(context),
        "/greetings?x=1",
        "/docs",
    ] {
        let path = context.path(path);
        let origin = get(context, &path, &[&authority])?;
        let again = get(context, &path, &[&authority])?;
        // An error may name the target as it was written.
        let is_comparable = origin.status < 400 && origin.body == again.body;
        for scheme in ["http", "HTTP"] {
            let target = format!("{scheme}://{authority}{path}");
            let response = get(context, &target, &[&authority])?;
            ensure!(
                response.status == origin.status
                    && (!is_comparable || response.body == origin.body),
                "GET {target} is {}, but GET {path} is {}: {}",
                response.status,
                origin.status,
                difference::of_octets(&response.body, &origin.body)
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn absolute_form_mismatch(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let authority = context.base().authority();
    let path = context.path(context.resource());
    for (authority, host, what) in [
        (authority.as_str(), "other.example", "another Host"),
        ("other.example", authority.as_str(), "another target"),
    ] {
        let target = format!("http://{authority}{path}");
        match get(context, &target, &[host])?.status {
            200 => {}
            status @ 300..500 => differences.note(format!("{what} is {status}")),
            status => {
                let why = format!("GET {target} with Host: {host} is {status}");
                return Err(Deviation(why));
            }
        }
    }
    Ok(differences.verdict())
}
