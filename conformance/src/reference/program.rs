//! The reference as a program of its own, which can be started, configured and ended.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quartet_common::openapi::{self, Mode};
use quartet_common::{ApiKeys, Greetings, HeadLimits, Place, Timeouts};
use socket2::{Domain, Protocol, Socket, Type};

use super::api::Api;
use super::conduct::{Announcement, Cause, Conduct, Drain, LastWords};
use super::fault::Fault;
use super::life::Life;
use super::signals::Signals;
use crate::Model;

/// How long a reference that announces itself too early takes to listen.
const TOO_EARLY: Duration = Duration::from_millis(200);

/// The exit status of a program that a second signal ends: that of one which SIGINT ends, as a
/// shell has it.
const CUT_SHORT: i32 = 130;

/// What the program is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// A file of greetings, instead of those that are built in.
    pub greetings: Option<PathBuf>,
    /// A file of API keys, of which the first is asked for.
    pub api_key_file: Option<PathBuf>,
    /// Where clients find it.
    pub place: Place,
    /// Whether it prints its OpenAPI document instead of serving it.
    pub prints_openapi: bool,
    /// How large a request's head may be.
    pub limits: HeadLimits,
    /// How long it waits, for what.
    pub timeouts: Timeouts,
    /// Whether requests are logged.
    pub verbose: bool,
}

/// Runs the reference until a signal ends it, and returns its exit status.
pub fn run(settings: &Settings, fault: Option<&'static Fault>) -> u8 {
    let conduct = Fault::conduct_of(fault);
    let done = match settings.prints_openapi {
        true => print_openapi(settings, conduct).map(|()| 0),
        false => start(settings, fault, conduct).map(Running::until_ended),
    };
    done.unwrap_or_else(|(cause, text)| last_words(&conduct, cause, text, 1))
}

/// Prints the document that a reference with these settings serves, octet for octet.
fn print_openapi(settings: &Settings, conduct: Conduct) -> Result<(), (Cause, String)> {
    let failed = |error: &dyn std::fmt::Display| (Cause::Data, format!("conformance: {error}"));
    let key = read_key(settings.api_key_file.as_deref()).map_err(|error| failed(&error))?;
    let mut mode = Mode {
        keyed: key.is_some(),
        place: settings.place.clone(),
    };
    (conduct.prints_openapi_of)(&mut mode);
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(openapi::document(&mode).as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| failed(&error))
}

/// Says why the program ends before it has served, and returns its exit status.
pub fn last_words(conduct: &Conduct, cause: Cause, text: String, status: u8) -> u8 {
    let mut words = LastWords {
        text,
        to_stdout: cause == Cause::Help,
        status,
    };
    (conduct.last_words)(cause, &mut words);
    let text = words.text.trim_end();
    // Nobody reads it if it cannot be written.
    let _ = match words.to_stdout {
        true => writeln!(io::stdout(), "{text}"),
        false => writeln!(io::stderr(), "{text}"),
    };
    words.status
}

struct Running {
    life: Arc<Life>,
    signals: Signals,
}

fn start(
    settings: &Settings,
    fault: Option<&'static Fault>,
    conduct: Conduct,
) -> Result<Running, (Cause, String)> {
    let data = |error: &dyn std::fmt::Display| (Cause::Data, format!("conformance: {error}"));
    let model = match read_model(settings.greetings.as_deref()) {
        Err(_) if conduct.overlooks == Some(Cause::Data) => Model::embedded(),
        read => read.map_err(|error| data(&error))?,
    };
    let key = read_key(settings.api_key_file.as_deref()).map_err(|error| data(&error))?;
    let no_port = |error: io::Error| {
        let text = format!("conformance: cannot listen on {}: {error}", settings.listen);
        (Cause::Port, text)
    };
    let mut listener = match listen(settings.listen, &conduct) {
        Err(_) if conduct.overlooks == Some(Cause::Port) => {
            listen((Ipv4Addr::LOCALHOST, 0).into(), &conduct)
        }
        listening => listening,
    }
    .map_err(no_port)?;
    let address = listener.local_addr().map_err(no_port)?;
    // Before the announcement: whoever waits for that can end the program.
    let signals = Signals::listen().map_err(no_port)?;
    match conduct.announces {
        Announcement::Ready => announce(address),
        Announcement::AsTold => announce(settings.listen),
        Announcement::TooEarly => {
            drop(listener);
            announce(address);
            std::thread::sleep(TOO_EARLY);
            listener = listen(address, &conduct).map_err(no_port)?;
        }
        Announcement::None => {}
    }
    let life = Life::new(address, settings.timeouts, conduct, settings.verbose);
    let life = Arc::new(life);
    let api = Api::new(model, key, fault, settings.limits).found_at(settings.place.clone());
    let api = Arc::new(api);
    let serving = life.clone();
    std::thread::spawn(move || {
        if let Err(error) = serving.serve(&listener, &api) {
            eprintln!("conformance: cannot accept connections: {error}");
            std::process::exit(1);
        }
    });
    Ok(Running { life, signals })
}

fn read_model(file: Option<&Path>) -> Result<Model, String> {
    let Some(file) = file else {
        return Ok(Model::embedded());
    };
    // What the servers refuse, for the reasons they give.
    Greetings::load(file).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    Model::from_json(&text).map_err(|error| error.to_string())
}

fn read_key(file: Option<&Path>) -> Result<Option<String>, String> {
    let Some(file) = file else {
        return Ok(None);
    };
    ApiKeys::load(file).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    Ok(first.map(str::to_owned))
}

fn listen(address: SocketAddr, conduct: &Conduct) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // On Windows the option would let two programs take one port.
    #[cfg(unix)]
    {
        socket.set_reuse_address(conduct.reuses_address)?;
        socket.set_reuse_port(conduct.shares_port)?;
    }
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

fn announce(address: SocketAddr) {
    let mut stdout = io::stdout().lock();
    // Nobody waits for the line if it cannot be written.
    let _ = writeln!(stdout, "listening on http://{address}").and_then(|()| stdout.flush());
}

impl Running {
    fn until_ended(self) -> u8 {
        let Self { life, signals } = self;
        let conduct = life.conduct;
        if let Err(error) = hear(&signals, conduct) {
            eprintln!("conformance: cannot hear signals: {error}");
            return 1;
        }
        if conduct.second_signal_ends {
            std::thread::spawn(move || {
                if signals.next().is_ok() {
                    std::process::exit(CUT_SHORT);
                }
            });
        }
        if conduct.drain != Drain::None {
            life.stop();
            life.drain();
        }
        std::thread::sleep(conduct.lingers);
        conduct.exit_status
    }
}

/// Waits for a signal that is heard.
fn hear(signals: &Signals, conduct: Conduct) -> io::Result<()> {
    while !(conduct.hears)(signals.next()?) {}
    Ok(())
}
