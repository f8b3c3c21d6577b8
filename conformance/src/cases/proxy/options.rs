//! What the place where it is deployed tells a server: the prefix, the public URL and the port.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::Value;

use super::{CONTRACT, PREFIX, behind};
use crate::cases::contract::item::check_answer;
use crate::cases::docs::page::{assets, root_redirects};
use crate::cases::docs::truth::servers;
use crate::cases::lifecycle::refusal;
use crate::cases::processes;
use crate::cases::steps::Differences;
use crate::ports::free_port;
use crate::servers::{Process, Server, Setting, StartOptions};
use crate::tools::Host;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "proxy/root-path-option",
        CONTRACT,
        "A server with a configured prefix has it in the document and in the redirect from /; \
         everything is found there.",
        root_path_option,
    )
    .needing(&[Need::Process, Need::Proxy, Need::RootPath]),
    Case::must(
        "proxy/public-url-option",
        "OpenAPI 3.1 §4.8.5; the contract",
        "A server with a public URL has that URL as the document's server, and its path in the \
         redirect from /; everything is found there.",
        public_url_option,
    )
    .needing(&[Need::Process, Need::Proxy, Need::PublicUrl]),
    Case::must(
        "proxy/public-url-conflict",
        CONTRACT,
        "A public URL with a prefix that is not its path is refused in one line, with a non-zero \
         exit status.",
        public_url_conflict,
    )
    .needing(&[Need::Process, Need::PublicUrl, Need::RootPath])
    .within(Duration::from_secs(30)),
    Case::must(
        "proxy/root-path-malformed",
        CONTRACT,
        "A prefix that is no path, or that clients do not send as it is, such as one with dot segments, is refused at \
         start with a non-zero exit status.",
        root_path_malformed,
    )
    .needing(&[Need::Process, Need::RootPath])
    .within(Duration::from_secs(30)),
    Case::must(
        "proxy/public-url-malformed",
        CONTRACT,
        "A public URL of another scheme, without a host, with credentials, a query or a fragment, or with a path that \
         clients do not send as it is, is refused at start with a non-zero exit status.",
        public_url_malformed,
    )
    .needing(&[Need::Process, Need::PublicUrl])
    .within(Duration::from_secs(30)),
    Case::must(
        "proxy/public-url-prefix",
        "OpenAPI 3.1 §4.8.5; the contract",
        "A public URL may be given together with its own path as the prefix. The document's server is then the URL.",
        public_url_prefix,
    )
    .needing(&[Need::Process, Need::PublicUrl, Need::RootPath]),
    Case::must(
        "proxy/port-env",
        CONTRACT,
        "With only PORT in its environment, a server listens on that port.",
        port_env,
    )
    .needing(&[Need::Process, Need::PortEnv]),
];

fn root_path_option(context: &Context) -> Outcome {
    let (_process, server) = processes::start(context, &[Setting::RootPath(PREFIX)])?;
    let document = server.description()?.root;
    let listed = document["servers"].as_array().into_iter().flatten();
    let mut urls = listed.filter_map(|server| server["url"].as_str());
    ensure!(
        urls.any(|url| url.trim_end_matches('/').ends_with(PREFIX)),
        "with {PREFIX}, the document's servers are {}",
        document.get("servers").unwrap_or(&Value::Null)
    );
    redirect_names_prefix(&server)?;
    let (_nginx, view) = behind(&server, PREFIX, Host::Server)?;
    check_answer(&view, "/greetings")?;
    for experiment in [root_redirects, assets, servers] {
        experiment(&view)?;
    }
    Ok(Verdict::Conforms)
}

fn redirect_names_prefix(server: &Context) -> Result<(), Deviation> {
    let redirect = server.get("/")?;
    let location = redirect.header("location").unwrap_or_default();
    ensure!(
        location.contains(&format!("{PREFIX}/")),
        "with {PREFIX}, GET / is {} with Location {location:?}",
        redirect.status
    );
    Ok(())
}

/// A host that is nowhere (RFC 6761 §6.4), so that only the document is held to the whole URL.
const HOST: &str = "https://api.invalid";

fn public_url_option(context: &Context) -> Outcome {
    let url = format!("{HOST}{PREFIX}");
    let (_process, server) = processes::start(context, &[Setting::PublicUrl(&url)])?;
    document_names(&server, &url)?;
    redirect_names_prefix(&server)?;
    let (_nginx, view) = behind(&server, PREFIX, Host::Server)?;
    check_answer(&view, "/greetings")?;
    for experiment in [root_redirects, assets] {
        experiment(&view)?;
    }
    Ok(Verdict::Conforms)
}

fn document_names(server: &Context, url: &str) -> Result<(), Deviation> {
    let document = server.description()?.root;
    let given = document["servers"][0]["url"].as_str().unwrap_or_default();
    ensure!(
        given.trim_end_matches('/') == url,
        "with {url}, the document's servers are {}",
        document.get("servers").unwrap_or(&Value::Null)
    );
    Ok(())
}

fn public_url_prefix(context: &Context) -> Outcome {
    let url = format!("{HOST}{PREFIX}");
    let settings = [Setting::PublicUrl(&url), Setting::RootPath(PREFIX)];
    let (_process, server) = processes::start(context, &settings)?;
    document_names(&server, &url)?;
    redirect_names_prefix(&server)?;
    Ok(Verdict::Conforms)
}

fn public_url_conflict(context: &Context) -> Outcome {
    let url = format!("{HOST}{PREFIX}");
    let with = format!("the public URL {url} and the prefix /other");
    let settings = [Setting::PublicUrl(&url), Setting::RootPath("/other")];
    let ended = refusal::run(context, context.options(&settings)?, &with)?;
    ended.ensure_orderly(&with)?;
    ended.only_line(&with)?;
    match ended.status.code() {
        Some(2) => Ok(Verdict::Conforms),
        _ => Ok(Verdict::Differs(format!("ends with {}", ended.status))),
    }
}

fn root_path_malformed(context: &Context) -> Outcome {
    refuses_each(
        context,
        Setting::RootPath,
        &[
            "content",
            "//host",
            "/a b",
            "/a?b",
            "/a#b",
            "/%2",
            "/..",
            "/a/../b",
            "/a/%2e%2E/b",
        ],
    )
}

fn public_url_malformed(context: &Context) -> Outcome {
    refuses_each(
        context,
        Setting::PublicUrl,
        &[
            "api.invalid/v1",
            "/v1",
            "ftp://api.invalid/v1",
            "https:///v1",
            "https://user:password@api.invalid/v1",
            "https://api.invalid:99999/v1",
            "https://api.invalid/v1?a=b",
            "https://api.invalid/v1#a",
            "https://api.invalid/a b",
            "https://api.invalid/a/../b",
            "https://api.invalid//b",
        ],
    )
}

/// Checks that a process does not start with any of these values.
fn refuses_each<'a>(
    context: &Context,
    setting: fn(&'a str) -> Setting<'a>,
    values: &[&'a str],
) -> Outcome {
    let mut differences = Differences::default();
    for value in values {
        let settings = [setting(value)];
        let with = format!("{settings:?}");
        let ended = refusal::run(context, context.options(&settings)?, &with)?;
        ended.ensure_orderly(&with)?;
        if ended.status.code() != Some(2) {
            differences.note(format!("ends with {}", ended.status));
        }
    }
    Ok(differences.verdict())
}

fn port_env(context: &Context) -> Outcome {
    let launch = context.launch()?;
    let server = Server {
        args: launch.server.port_env_args.clone().unwrap_or_default(),
        ..launch.server.clone()
    };
    let port = free_port(Ipv4Addr::LOCALHOST.into());
    let port = port.map_err(|error| context.obstructed(error))?;
    let options = StartOptions {
        program: Some(launch.program.clone()),
        port: Some(port),
        env: vec![("PORT".to_owned(), port.to_string())],
        ..StartOptions::default()
    };
    let process = Process::start(&server, &options)
        .map_err(|error| Deviation(format!("with PORT={port} in its environment, {error}")))?;
    let address = process.address();
    ensure!(
        address.port() == port,
        "with PORT={port} in its environment it listens on {address}"
    );
    check_answer(&context.seen_at(process.base_url()), "/greetings")?;
    Ok(Verdict::Conforms)
}
