//! What the place where it is deployed tells a server: the prefix and the port.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::Value;

use super::{CONTRACT, PREFIX, behind};
use crate::cases::contract::item::check_answer;
use crate::cases::docs::page::{assets, root_redirects};
use crate::cases::docs::truth::servers;
use crate::cases::processes;
use crate::openapi::Description;
use crate::servers::{Process, Server, Setting, StartOptions};
use crate::tools::Host;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "proxy/root-path-option",
        CONTRACT,
        "A server that is told its prefix names it in the document and in the redirect from /, and \
         everything is found there.",
        root_path_option,
    )
    .needing(&[Need::Process, Need::Proxy, Need::RootPath]),
    Case::must(
        "proxy/port-env",
        CONTRACT,
        "A server that is told no more than PORT in its environment listens on that port.",
        port_env,
    )
    .needing(&[Need::Process, Need::PortEnv]),
];

fn root_path_option(context: &Context) -> Outcome {
    let (_process, server) = processes::start(context, &[Setting::RootPath(PREFIX)])?;
    let document = Description::fetch(&server)?.root;
    let listed = document["servers"].as_array().into_iter().flatten();
    let mut urls = listed.filter_map(|server| server["url"].as_str());
    ensure!(
        urls.any(|url| url.trim_end_matches('/').ends_with(PREFIX)),
        "told {PREFIX}, the document's servers are {}",
        document.get("servers").unwrap_or(&Value::Null)
    );
    let redirect = server.get("/")?;
    let location = redirect.header("location").unwrap_or_default();
    ensure!(
        location.contains(&format!("{PREFIX}/")),
        "told {PREFIX}, GET / is {} with Location {location:?}",
        redirect.status
    );
    let (_nginx, view) = behind(&server, PREFIX, Host::Server)?;
    check_answer(&view, "/greetings")?;
    for experiment in [root_redirects, assets, servers] {
        experiment(&view)?;
    }
    Ok(Verdict::Conforms)
}

fn port_env(context: &Context) -> Outcome {
    let launch = context.launch()?;
    let server = Server {
        args: launch.server.port_env_args.clone().unwrap_or_default(),
        ..launch.server.clone()
    };
    let port = free_port().map_err(|error| context.obstructed(error))?;
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

/// A port that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
