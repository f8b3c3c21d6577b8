//! What a process is told: that it does as it was told, by an option or by its environment.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::{CONTRACT, refusal};
use crate::cases::processes::{AT_ONCE, ends, scratch_file, signal, start};
use crate::cases::steps::{Differences, ask};
use crate::http::Request;
use crate::ports::free_port;
use crate::servers::{MILLISECONDS, Process, SECONDS, Server, Setting, Signal, StartOptions};
use crate::{Case, Context, Deviation, Model, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/listens-where-told",
        CONTRACT,
        "With 127.0.0.1 as its address the process accepts connections there and nowhere else.",
        listens_where_told,
    )
    .needing(&[Need::Process]),
    Case::must(
        "lifecycle/workers",
        CONTRACT,
        "The number of workers is as configured: with five more, it has five more threads, or \
         five times a worker's threads more.",
        workers,
    )
    .needing(&[Need::Process, Need::Usage])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/option-env",
        CONTRACT,
        "Each option is also an environment variable; the command line takes precedence.",
        option_env,
    )
    .needing(&[
        Need::Process,
        Need::Signals,
        Need::OptionEnv,
        Need::DataFile,
    ])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/root-path-forms",
        "the contract; RFC 9110 §8.8.1",
        "A prefix with or without a slash at its end gives the same; the redirect, the document \
         and its entity tag follow the prefix.",
        root_path_forms,
    )
    .needing(&[Need::Process, Need::RootPath])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/option-values",
        CONTRACT,
        "An invalid value of an option is refused, and the message names the option; the exit \
         status is 2.",
        option_values,
    )
    .needing(&[Need::Process])
    .within(Duration::from_secs(60)),
];

/// How long a connection may take to be refused, or accepted.
const CONNECT: Duration = Duration::from_secs(2);

/// Another address of this machine, where it is one (on Linux it always is).
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn listens_where_told(context: &Context) -> Outcome {
    if TcpListener::bind((OTHER, 0)).is_err() {
        let why = format!("{OTHER} is not an address of this machine");
        return Ok(Verdict::NotApplicable(why));
    }
    let (process, _) = start(context, &[])?;
    let told = process.address();
    if told.ip() != Ipv4Addr::LOCALHOST {
        return Err(Deviation(format!(
            "with --listen 127.0.0.1 it prints {told}"
        )));
    }
    let elsewhere = SocketAddr::from((OTHER, told.port()));
    ensure!(
        TcpStream::connect_timeout(&elsewhere, CONNECT).is_err(),
        "with --listen 127.0.0.1 it accepts connections on {elsewhere}"
    );
    Ok(Verdict::Conforms)
}

fn workers(context: &Context) -> Outcome {
    const FEW: usize = 2;
    const MORE: usize = 5;
    let launch = context.launch()?;
    if !launch
        .server
        .args
        .iter()
        .any(|argument| argument.contains("{workers}"))
    {
        let why = "its stanza has no option for workers".to_owned();
        return Ok(Verdict::NotApplicable(why));
    }
    let start = |workers| {
        context.start(StartOptions {
            workers: Some(workers),
            ..StartOptions::default()
        })
    };
    let (few, many) = (start(FEW)?, start(FEW + MORE)?);
    let count = |process: &Process| process.threads().map_err(|error| context.obstructed(error));
    let deadline = Instant::now() + AT_ONCE;
    loop {
        let (few, many) = (count(&few)?, count(&many)?);
        if many > few && (many - few) % MORE == 0 {
            return Ok(Verdict::Conforms);
        }
        // Some start their workers once they are ready.
        if Instant::now() > deadline {
            return Err(Deviation(format!(
                "it has {few} threads with {FEW} workers, and {many} with {}",
                FEW + MORE
            )));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn option_env(context: &Context) -> Outcome {
    by_environment(context)?;
    key_by_environment(context)?;
    option_outranks(context)?;
    Ok(Verdict::Conforms)
}

/// A process that is told these settings, and where to listen, by its environment alone.
fn start_by_environment(
    context: &Context,
    settings: &[Setting<'_>],
) -> Result<(Process, Context), Deviation> {
    let launch = context.launch()?;
    let port = free_port(Ipv4Addr::LOCALHOST.into());
    let port = port.map_err(|error| context.obstructed(error))?;
    let (server, mut env) = launch.server.told_by_environment(port);
    for setting in settings {
        env.extend(
            launch
                .server
                .setting_by_environment(*setting)
                .unwrap_or_default(),
        );
    }
    let options = StartOptions {
        program: Some(launch.program.clone()),
        port: Some(port),
        env: env.clone(),
        ..StartOptions::default()
    };
    let process = Process::start(&server, &options)
        .map_err(|error| Deviation(format!("with {env:?} in its environment, {error}")))?;
    ensure!(
        process.address().port() == port,
        "with {env:?} in its environment it listens on {}",
        process.address()
    );
    let view = context.seen_at(process.base_url());
    Ok((process, view))
}

const DATA: &str = r#"{"qq": "from the environment"}"#;

fn is_told(view: &Context, data: &str, how: &str) -> Result<(), Deviation> {
    let model = Model::from_json(data).map_err(|error| view.obstructed(error))?;
    let response = ask(view, Request::get("/greetings"))?;
    let checked = model.answer("GET", "/greetings").check(&response);
    checked.map_err(|why| Deviation(format!("{how}: GET /greetings: {why}")))?;
    Ok(())
}

fn by_environment(context: &Context) -> Result<(), Deviation> {
    const LIMIT: usize = 900;
    const FIELDS: usize = 9;
    let server = &context.launch()?.server;
    let file = scratch_file(context, DATA.as_bytes())?;
    let settings = [
        Setting::DataFile(file.path()),
        Setting::RootPath("/p"),
        Setting::RequestLineLimit(LIMIT),
        Setting::HeaderLimit(LIMIT),
        Setting::HeaderCountLimit(FIELDS),
        Setting::HeaderTimeout(1),
        Setting::Verbose,
    ];
    let (mut process, view) = start_by_environment(context, &settings)?;
    is_told(&view, DATA, "with its data from the environment")?;
    let is_told = |setting| server.setting(setting).is_some();
    let long = "x".repeat(LIMIT);
    let fields = (0..FIELDS).fold(Request::get("/greetings"), |request, number| {
        request.header(format!("X-{number}"), "x")
    });
    for (setting, what, status, request) in [
        (
            Setting::RequestLineLimit(LIMIT),
            "the longest request line",
            414,
            Request::get(format!("/greetings?{long}")),
        ),
        (
            Setting::HeaderLimit(LIMIT),
            "the largest header fields",
            431,
            Request::get("/greetings").header("Long", long.as_str()),
        ),
        (
            Setting::HeaderCountLimit(FIELDS),
            "the most header fields",
            431,
            fields,
        ),
    ] {
        if !is_told(setting) {
            continue;
        }
        let response = view.send(request)?;
        ensure!(
            response.status == status,
            "with {what} from the environment, a request with more is {}, not {status}",
            response.status
        );
    }
    if is_told(Setting::RootPath("/p")) {
        let redirect = view.get("/")?;
        let location = redirect.header("location").unwrap_or_default();
        ensure!(
            location.starts_with("/p/"),
            "with its prefix from the environment, GET / leads to {location:?}"
        );
    }
    if is_told(Setting::HeaderTimeout(1)) {
        let mut connection = view.connect()?;
        let (_, closed) = connection.rest(Duration::from_secs(1) + AT_ONCE);
        ensure!(
            closed,
            "with a header timeout of 1 s from the environment, a silent connection stays open"
        );
    }
    if is_told(Setting::Verbose) {
        signal(context, &mut process, Signal::Terminate)?;
        ends(&mut process, 5 * AT_ONCE, "SIGTERM")?;
        ensure!(
            !process.stderr_at_end().trim().is_empty(),
            "with the most verbose log level from the environment, it logs nothing"
        );
    }
    Ok(())
}

fn key_by_environment(context: &Context) -> Result<(), Deviation> {
    let file = scratch_file(context, b"key-of-the-environment\n")?;
    let setting = Setting::KeyFile(file.path());
    if context.launch()?.server.setting(setting).is_none() {
        return Ok(());
    }
    let (_process, view) = start_by_environment(context, &[setting])?;
    for (authorization, expected) in [("Key wrong", 401), ("Key key-of-the-environment", 200)] {
        let request = Request::get("/greetings").header("Authorization", authorization);
        let status = ask(&view, request)?.status;
        ensure!(
            status == expected,
            "with its key file from the environment, GET /greetings with {authorization:?} is \
             {status}, not {expected}"
        );
    }
    Ok(())
}

fn option_outranks(context: &Context) -> Result<(), Deviation> {
    const OTHER: &str = r#"{"qq": "from the command line"}"#;
    let by_environment = scratch_file(context, DATA.as_bytes())?;
    let by_option = scratch_file(context, OTHER.as_bytes())?;
    let server = &context.launch()?.server;
    let mut options = context.options(&[Setting::DataFile(by_option.path())])?;
    let setting = Setting::DataFile(by_environment.path());
    options.env = server.setting_by_environment(setting).unwrap_or_default();
    let other = free_port(Ipv4Addr::LOCALHOST.into());
    let other = other.map_err(|error| context.obstructed(error))?;
    if server.port_env_args.is_some() {
        options.env.push(("PORT".to_owned(), other.to_string()));
    }
    let process = context.start(options)?;
    ensure!(
        process.address().port() != other,
        "with PORT={} in its environment it listens there, although the command line has another \
         port",
        other
    );
    let view = context.seen_at(process.base_url());
    is_told(&view, OTHER, "with other data in the environment")
}

fn option_values(context: &Context) -> Outcome {
    let server = &context.launch()?.server;
    let mut differences = Differences::default();
    let mut by_environment: Vec<(Vec<(String, String)>, String)> = Vec::new();
    let mut wrong: Vec<(Server, Vec<OsString>, String)> = Vec::new();
    for (placeholder, value) in [("{port}", "x"), ("{workers}", "x"), ("{workers}", "0")] {
        let Some(at) = server.args.iter().position(|it| it.contains(placeholder)) else {
            continue;
        };
        let mut told = server.clone();
        told.args[at] = told.args[at].replace(placeholder, value);
        let Some(option) = option_at(&server.args, at) else {
            continue;
        };
        wrong.push((told, Vec::new(), option));
    }
    for (template, values) in [
        (&server.header_timeout_args, ["x", "-1"]),
        (&server.idle_timeout_args, ["x", "-1"]),
        (&server.drain_timeout_args, ["x", "-1"]),
        (&server.request_line_limit_args, ["x", "0"]),
        (&server.header_limit_args, ["x", "0"]),
        (&server.header_count_limit_args, ["x", "0"]),
    ] {
        let Some(template) = template else { continue };
        let numbers = [SECONDS, MILLISECONDS, "{limit}"];
        let number = |it: &String| numbers.iter().any(|number| it.contains(number));
        let with = |it: &String, value: &str| {
            let filled = it.clone();
            numbers
                .iter()
                .fold(filled, |it, number| it.replace(number, value))
        };
        let Some(at) = template.iter().position(number) else {
            continue;
        };
        let Some(option) = option_at(template, at) else {
            continue;
        };
        if server.option_env.is_some() {
            let arguments: Vec<String> = template.iter().map(|it| with(it, "x")).collect();
            by_environment.push((
                server.variables(&arguments).unwrap_or_default(),
                option.clone(),
            ));
        }
        for value in values {
            let mut arguments: Vec<String> = template.iter().map(|it| with(it, value)).collect();
            // A value that starts with a hyphen must not be taken for an option.
            if at > 0 && value.starts_with('-') {
                let joined = format!("{}={}", arguments[at - 1], arguments[at]);
                arguments.splice(at - 1..=at, [joined]);
            }
            let arguments = arguments.into_iter().map(OsString::from).collect();
            wrong.push((server.clone(), arguments, option.clone()));
        }
    }
    if wrong.is_empty() {
        let why = "its stanza has no option that takes a number".to_owned();
        return Ok(Verdict::NotApplicable(why));
    }
    for (server, arguments, option) in wrong {
        let shown = server.args.clone();
        let with = match arguments.as_slice() {
            [] => shown.join(" "),
            arguments => format!("{arguments:?}"),
        };
        let options = StartOptions {
            extra_args: arguments,
            ..StartOptions::default()
        };
        let ended = refusal::run_as(context, &server, options, &with)?;
        ended.ensure_orderly(&with)?;
        ensure!(
            ended.stderr.contains(&option),
            "with {with} standard error does not name {option}: {}",
            ended.stderr.trim()
        );
        if ended.status.code() != Some(2) {
            differences.note(format!("ends with {}", ended.status));
        }
    }
    for (env, option) in by_environment {
        let with = format!("{env:?} in its environment");
        let options = StartOptions {
            env,
            ..StartOptions::default()
        };
        let ended = refusal::run(context, options, &with)?;
        ended.ensure_orderly(&with)?;
        ensure!(
            ended.stderr.contains(&option),
            "with {with} standard error does not name {option}: {}",
            ended.stderr.trim()
        );
    }
    Ok(differences.verdict())
}

fn root_path_forms(context: &Context) -> Outcome {
    let mut tags: Vec<(String, String)> = Vec::new();
    for (told, prefix) in [
        ("/p", "/p"),
        ("/p/", "/p"),
        ("/a/b-c.d~e_f", "/a/b-c.d~e_f"),
    ] {
        let (_process, view) = start(context, &[Setting::RootPath(told)])?;
        let redirect = view.get("/")?;
        let location = redirect.header("location").unwrap_or_default();
        ensure!(
            location == format!("{prefix}/docs"),
            "with the prefix {told}, GET / leads to {location:?}, not {prefix}/docs"
        );
        let document = ask(&view, Request::get("/openapi.json"))?;
        let url = document.json()?["servers"][0]["url"].clone();
        let url = url.as_str().unwrap_or_default().to_owned();
        ensure!(
            url.trim_end_matches('/') == prefix,
            "with the prefix {told}, the document's server is {url:?}, not {prefix}"
        );
        let tag = document.header("etag").unwrap_or_default().to_owned();
        let other = tags
            .iter()
            .find(|(other, its)| *other != url && *its == tag);
        ensure!(
            tag.is_empty() || other.is_none(),
            "the document has `ETag` {tag} with the prefix {told} and with another one"
        );
        tags.push((url, tag));
    }
    Ok(Verdict::Conforms)
}

/// The name of the long option whose value is in the argument at this place, or in the one after it.
fn option_at(arguments: &[String], at: usize) -> Option<String> {
    let own = arguments[at].split_once('=').map(|(name, _)| name);
    let before = at.checked_sub(1).map(|before| arguments[before].as_str());
    let name = own.or(before)?;
    name.starts_with("--").then(|| name.to_owned())
}
