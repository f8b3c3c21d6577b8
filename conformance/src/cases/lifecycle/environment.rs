//! What a process makes of an environment that says nothing, or nothing to it.

use std::time::Duration;

use super::{CONTRACT, refusal};
use crate::cases::processes::{AT_ONCE, ends, serves, signal};
use crate::servers::{Process, Server, Signal, StartOptions};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/port-empty",
        CONTRACT,
        "An empty PORT in the environment counts as not set.",
        |context| is_overlooked(context, ""),
    )
    .needing(&[Need::Process, Need::PortEnv, Need::Model])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/empty-variables",
        CONTRACT,
        "An option's environment variable that is empty counts as not set, as platforms and Compose \
         files leave them.",
        empty_variables,
    )
    .needing(&[Need::Process, Need::OptionEnv, Need::Model])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/port-link",
        "the contract; Kubernetes' variables of services",
        "A PORT that an orchestrator sets as a link to a service (`tcp://…`) does not prevent the \
         start.",
        |context| is_overlooked(context, "tcp://10.0.0.1:80"),
    )
    .needing(&[Need::Process, Need::PortEnv, Need::Model])
    .within(Duration::from_secs(30)),
    Case::should(
        "lifecycle/port-ignored-told",
        CONTRACT,
        "A PORT that is ignored though it is not empty is named on standard error; an empty one is \
         not.",
        ignored_told,
    )
    .needing(&[Need::Process, Need::PortEnv, Need::Signals])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/port-malformed",
        CONTRACT,
        "Any other invalid PORT is refused in one line that names it, if the port is read from \
         there.",
        port_malformed,
    )
    .needing(&[Need::Process, Need::PortEnv])
    .within(Duration::from_secs(30)),
];

fn with_port(port: &str) -> StartOptions {
    StartOptions {
        env: vec![("PORT".to_owned(), port.to_owned())],
        ..StartOptions::default()
    }
}

fn ignored_told(context: &Context) -> Outcome {
    for (port, is_told) in [("tcp://10.0.0.1:80", true), ("", false)] {
        let mut process = context
            .start(with_port(port))
            .map_err(|why| Deviation(format!("with PORT={port:?}: {why}")))?;
        signal(context, &mut process, Signal::Terminate)?;
        ends(&mut process, 5 * AT_ONCE, "SIGTERM")?;
        let said = process.stderr_at_end();
        ensure!(
            said.lines().any(|line| line.contains("PORT")) == is_told,
            "with PORT={port:?}, which is ignored, standard error has {said:?}"
        );
        ensure!(
            said.contains(port),
            "with PORT={port:?} standard error does not name it: {said:?}"
        );
    }
    Ok(Verdict::Conforms)
}

/// Whether a process that is told where to listen listens there, whatever PORT is.
fn is_overlooked(context: &Context, port: &str) -> Outcome {
    let process = context
        .start(with_port(port))
        .map_err(|why| Deviation(format!("with PORT={port:?}: {why}")))?;
    serves(&context.seen_at(process.base_url()))?;
    Ok(Verdict::Conforms)
}

fn empty_variables(context: &Context) -> Outcome {
    let server = &context.launch()?.server;
    let options = server.long_options().into_iter();
    let empty: Vec<String> = options.map(|option| format!("{option}=")).collect();
    let env = server.variables(&empty).unwrap_or_default();
    let names: Vec<String> = env.iter().map(|(name, _)| name.clone()).collect();
    let options = StartOptions {
        env,
        ..StartOptions::default()
    };
    let process = context.start(options).map_err(|why| {
        Deviation(format!(
            "with empty variables ({}) in its environment: {why}",
            names.join(", ")
        ))
    })?;
    serves(&context.seen_at(process.base_url()))?;
    Ok(Verdict::Conforms)
}

fn port_malformed(context: &Context) -> Outcome {
    let launch = context.launch()?;
    let server = Server {
        args: launch.server.port_env_args.clone().unwrap_or_default(),
        ..launch.server.clone()
    };
    for port in ["http", "65536", "-1", "80a"] {
        let with = format!("PORT={port}");
        let options = StartOptions {
            program: Some(launch.program.clone()),
            ..with_port(port)
        };
        let process =
            Process::spawn(&server, &options).map_err(|why| Deviation(why.to_string()))?;
        let ended = refusal::ended(process, &with)?;
        ended.ensure_orderly(&with)?;
        let line = ended.only_line(&with)?;
        ensure!(
            line.contains("PORT") && line.contains(port),
            "with {with}, standard error does not name the port: {line}"
        );
    }
    Ok(Verdict::Conforms)
}
