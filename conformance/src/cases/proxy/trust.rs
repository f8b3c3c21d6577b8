//! What a client says about where the server is counts for nothing.

use super::{CONTRACT, PREFIX, PROXY, behind, change_nothing};
use crate::cases::steps::{Differences, absent, ask, known_paths};
use crate::http::Request;
use crate::tools::Host;
use crate::{Case, Context, Outcome, Verdict, ensure};

/// Another's host.
const HOSTILE: &str = "hostile.example";

/// The fields by which proxies say what the client asked for, and by which a client can claim it.
const FORWARDED: &[(&str, &str)] = &[
    (
        "Forwarded",
        "for=192.0.2.1;host=hostile.example;proto=https",
    ),
    ("X-Forwarded-Host", HOSTILE),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Port", "444"),
    ("X-Forwarded-Prefix", "/hostile"),
    ("X-Forwarded-Path", "/hostile"),
    ("X-Script-Name", "/hostile"),
    ("X-Original-URL", "/healthz"),
    ("X-Rewrite-URL", "/healthz"),
    (
        "RStudio-Connect-App-Base-URL",
        "https://hostile.example/hostile/",
    ),
];

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "proxy/forwarded-ignored",
        "RFC 7239 §8.1; the contract",
        "Forwarded, X-Forwarded-Host and similar fields from a client have no effect.",
        forwarded_ignored,
    )
    .needing(PROXY),
    Case::must(
        "proxy/host-never-reflected",
        CONTRACT,
        "A foreign Host appears in no Location, document or page.",
        host_never_reflected,
    )
    .needing(PROXY),
];

fn forwarded_ignored(context: &Context) -> Outcome {
    let (_nginx, view) = behind(context, PREFIX, Host::Server)?;
    change_nothing(&view, &known_paths(context), FORWARDED)?;
    Ok(Verdict::Conforms)
}

fn host_never_reflected(context: &Context) -> Outcome {
    let (_nginx, view) = behind(context, PREFIX, Host::Client)?;
    let mut differences = Differences::default();
    let mut paths = known_paths(context).to_vec();
    paths.extend([absent(context), "/nope".to_owned()]);
    for path in paths {
        let request = Request::get(path.as_str()).header("Host", HOSTILE);
        let response = ask(&view, request)?;
        // RFC 9110 §7.4: a request for another host may be refused.
        if matches!(response.status, 400 | 403 | 421) {
            differences.note(format!("another's Host is {}", response.status));
            continue;
        }
        for (name, value) in &response.headers {
            ensure!(
                !holds(value),
                "the response to GET {path} with Host: {HOSTILE} has {name}: {}",
                String::from_utf8_lossy(value)
            );
        }
        ensure!(
            response.status >= 400 || !holds(&response.body),
            "the content of GET {path} with Host: {HOSTILE} contains that host"
        );
    }
    Ok(differences.verdict())
}

fn holds(octets: &[u8]) -> bool {
    octets
        .windows(HOSTILE.len())
        .any(|window| window.eq_ignore_ascii_case(HOSTILE.as_bytes()))
}
