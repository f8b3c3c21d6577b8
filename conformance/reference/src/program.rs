//! The reference as a program of its own, which can be started, configured and ended.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use quartet_common::openapi::{self, Mode};
use quartet_common::{Address, ApiKeys, Greetings, HeadLimits, Place, Timeouts};

use super::accept::accept;
use super::api::Api;
use super::conduct::{Announcement, Cause, Conduct, Delay, Drain, LastWords};
use super::fault::Fault;
use super::life::Life;
use super::places::{announce, listen, listen_at};
use super::signals::Signals;
use super::store::{self, Store};
use quartet_conformance::Model;
use quartet_conformance::servers::Signal;

/// How long a reference that announces itself too early takes to listen.
const TOO_EARLY: Duration = Duration::from_millis(200);

/// The exit status of a program that a second signal ends: that of one which SIGINT ends, as a
/// shell has it.
const CUT_SHORT: i32 = 130;

/// What the program is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: Address,
    /// A file of greetings, instead of those that are built in.
    pub greetings: Option<PathBuf>,
    /// A database to have the greetings from, instead of a file.
    pub database: Option<store::Place>,
    /// Whether it fills the database and ends.
    pub seeds: bool,
    /// A file of API keys, of which one is asked for.
    pub api_key_file: Option<PathBuf>,
    /// How many threads accept connections.
    pub workers: usize,
    /// Where clients find it.
    pub place: Place,
    /// In which version it prints its OpenAPI document, instead of serving it.
    pub prints_openapi: Option<openapi::Version>,
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
    let done = match (&settings.database, settings.prints_openapi) {
        (Some(place), _) if settings.seeds => seed(settings, place, conduct).map(|()| 0),
        (_, Some(version)) => print_openapi(version, settings, conduct).map(|()| 0),
        (_, None) => start(settings, fault, conduct).map(Running::until_ended),
    };
    done.unwrap_or_else(|(cause, text)| last_words(&conduct, cause, text, 1))
}

/// Prints the document that a reference with these settings serves, octet for octet where it is of the
/// version that is served.
fn print_openapi(
    version: openapi::Version,
    settings: &Settings,
    conduct: Conduct,
) -> Result<(), (Cause, String)> {
    let failed = |error: &dyn std::fmt::Display| (Cause::Data, format!("conformance: {error}"));
    let keys = read_keys(settings.api_key_file.as_deref()).map_err(|error| failed(&error))?;
    let mut mode = Mode {
        keyed: keys.is_some(),
        over_database: settings.database.is_some(),
        place: settings.place.clone(),
    };
    (conduct.prints_openapi_of)(&mut mode);
    let mut document = openapi::document_in(version, &mode);
    if version == openapi::Version::V3_0 {
        document = (conduct.prints_3_0)(document, &mode);
    }
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(document.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| failed(&error))
}

/// Has the database hold the greetings of the file.
fn seed(
    settings: &Settings,
    place: &store::Place,
    conduct: Conduct,
) -> Result<(), (Cause, String)> {
    let read = || match read_model(settings.greetings.as_deref()) {
        Err(_) if conduct.overlooks == Some(Cause::Data) => Ok(BTreeMap::new()),
        read => read.map(|model| model.greetings().clone()),
    };
    store::seed(place, &conduct.backing, read)
        .map_err(|why| (Cause::Data, format!("conformance: {why}")))
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
    acceptors: usize,
    signals: Signals,
    /// The sockets that nobody accepts on.
    _unserved: Vec<Arc<TcpListener>>,
}

fn start(
    settings: &Settings,
    fault: Option<&'static Fault>,
    conduct: Conduct,
) -> Result<Running, (Cause, String)> {
    let data = |error: &dyn std::fmt::Display| (Cause::Data, format!("conformance: {error}"));
    let model = match read_data_file(settings, &conduct) {
        Err(_) if conduct.overlooks == Some(Cause::Data) => Model::embedded(),
        read => read.map_err(|error| data(&error))?,
    };
    let mut keys = match read_keys(settings.api_key_file.as_deref()) {
        Err(_) if conduct.overlooks == Some(Cause::Data) => None,
        read => read.map_err(|error| data(&error))?,
    };
    if let Some(keys) = &mut keys {
        keys.truncate(conduct.most_keys);
        if !conduct.takes_repeated_keys {
            let all = keys.clone();
            keys.retain(|key| all.iter().filter(|other| *other == key).count() == 1);
        }
    }
    let place = settings.database.clone();
    let store = place.map(|place| Store::new(place, conduct.backing));
    if let Some(store) = store.as_ref().filter(|_| conduct.backing.needs_it_at_start) {
        store.look().map_err(|why| data(&why.0))?;
    }
    let no_port = |error: io::Error| {
        let text = format!("conformance: cannot listen on {}: {error}", settings.listen);
        (Cause::Port, text)
    };
    // Before the announcement: whoever waits for that can end the program. Before any other thread:
    // those hold signals back that are started from now on.
    let signals = Signals::listen().map_err(no_port)?;
    let mut places = match listen(&settings.listen, &conduct) {
        Err(_) if conduct.overlooks == Some(Cause::Port) => {
            listen_at((Ipv4Addr::LOCALHOST, 0).into(), &conduct).map(|place| vec![place])
        }
        listening => listening,
    }
    .map_err(no_port)?;
    match conduct.announces {
        Announcement::Ready => announce(places.iter().map(|place| place.said.clone())),
        Announcement::AsTold => announce([format!("http://{}", settings.listen)]),
        Announcement::TooEarly => {
            let addresses: Vec<_> = places.drain(..).map(|place| place.address).collect();
            announce(addresses.iter().map(|address| format!("http://{address}")));
            std::thread::sleep(TOO_EARLY);
            let again = addresses
                .into_iter()
                .map(|address| listen_at(address, &conduct));
            places = again.collect::<io::Result<_>>().map_err(no_port)?;
        }
        Announcement::None => {}
    }
    fail_without(conduct.fewest_descriptors);
    if conduct.raises_descriptor_limit {
        raise_descriptor_limit();
    }
    let addresses = places.iter().map(|place| place.address).collect();
    let life = Life::new(addresses, settings.timeouts, conduct, settings.verbose);
    let files = [&settings.greetings, &settings.api_key_file];
    let life = life.of_files(files.into_iter().flatten().cloned().collect());
    let life = Arc::new(life);
    let api = Api::new(model, keys, fault, settings.limits).placed(settings.place.clone(), store);
    let api = Arc::new(api);
    let acceptors = (conduct.workers)(settings.workers).max(1);
    let mut listeners: Vec<_> = places
        .into_iter()
        .map(|place| Arc::new(place.listener))
        .collect();
    let unserved = listeners.split_off(conduct.most_served.min(listeners.len()));
    for listener in listeners
        .into_iter()
        .flat_map(|listener| vec![listener; acceptors])
    {
        let (life, api) = (life.clone(), api.clone());
        std::thread::spawn(move || {
            if let Err(error) = accept(&life, &listener, &api) {
                eprintln!("conformance: cannot accept connections: {error}");
                std::process::exit(1);
            }
        });
    }
    Ok(Running {
        life,
        acceptors,
        signals,
        _unserved: unserved,
    })
}

/// Ends the program as one ends that did not foresee it, where it may have fewer descriptors.
#[cfg(unix)]
fn fail_without(descriptors: u64) {
    use nix::sys::resource::{Resource, getrlimit};
    if getrlimit(Resource::RLIMIT_NOFILE).is_ok_and(|(soft, _)| soft < descriptors) {
        std::process::exit(101);
    }
}

#[cfg(not(unix))]
fn fail_without(_: u64) {}

/// What of it fails leaves the limit as it is.
#[cfg(unix)]
fn raise_descriptor_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

#[cfg(not(unix))]
fn raise_descriptor_limit() {}

fn read_data_file(settings: &Settings, conduct: &Conduct) -> Result<Model, String> {
    let file = settings.greetings.as_deref();
    let size = file.and_then(|file| Some(file.metadata().ok()?.len()));
    if size.is_some_and(|size| size > conduct.largest_data_file) {
        return Err("the file of greetings is too large".to_owned());
    }
    read_model(file)
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

fn read_keys(file: Option<&Path>) -> Result<Option<Vec<String>>, String> {
    let Some(file) = file else {
        return Ok(None);
    };
    ApiKeys::load(file).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let keys = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(Some(keys.map(str::to_owned).collect()))
}

impl Running {
    fn until_ended(self) -> u8 {
        let Self {
            life,
            acceptors,
            signals,
            _unserved,
        } = self;
        let conduct = life.conduct;
        let (send, heard) = mpsc::channel();
        std::thread::spawn(move || {
            loop {
                match signals.next() {
                    Ok(signal) if send.send(signal).is_ok() => {}
                    Ok(_) => return,
                    Err(error) => return eprintln!("conformance: cannot hear signals: {error}"),
                }
            }
        });
        let first = hear(&heard, conduct.hears);
        life.begin_to_end();
        match conduct.delay {
            Delay::None => {}
            _ if !first.is_none_or(conduct.delays_for) => {}
            Delay::IgnoresSignals => std::thread::sleep(life.timeouts.shutdown_delay),
            // Which of the two ends it is all the same.
            _ => drop(heard.recv_timeout(life.timeouts.shutdown_delay)),
        }
        std::thread::spawn(move || {
            if hear(&heard, conduct.second_signal_ends).is_some() {
                std::process::exit(CUT_SHORT);
            }
        });
        if conduct.drain != Drain::None && first.is_none_or(conduct.drains_for) {
            life.stop(acceptors);
            life.drain();
        }
        std::thread::sleep(conduct.lingers);
        conduct.exit_status
    }
}

/// Waits for a signal that is heard; none where none can be, so that the program ends.
fn hear(signals: &mpsc::Receiver<Signal>, is_heard: fn(Signal) -> bool) -> Option<Signal> {
    signals.iter().find(|signal| is_heard(*signal))
}
