//! How a server's program starts: options, data, sockets. No framework is known here.

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{
    Arg, ArgMatches, Command, CommandFactory as _, FromArgMatches as _, builder::Resettable,
};

#[cfg(feature = "database")]
use crate::database::Database;
use crate::{
    Api, ApiKeyError, ApiKeys, DataError, Ending, Greetings, Listener, Options, PlaceConflict,
    Ready, Timeouts,
    docs::Docs,
    listen::{ListenError, NoRoom, ensure_room, listen},
    log,
    openapi::{self, Mode},
};

/// A server program that has read its options and its data and holds its sockets: all that is left
/// is to run a framework on it.
#[derive(Debug)]
pub struct Program {
    /// Where it listens, at one place or more.
    pub listeners: Vec<Listener>,
    /// For [`shutdown_signal`](crate::shutdown_signal) to announce.
    pub ready: Ready,
    /// What the handlers read, for the rest of the process's life: no request counts its references.
    pub api: &'static Api,
    /// How long the server waits, for what.
    pub timeouts: Timeouts,
    /// How many worker threads it runs.
    pub workers: usize,
}

/// What is particular to one server's program. Its name alone makes one.
#[derive(Clone, Copy, Debug)]
pub struct Particulars {
    /// The program's name.
    pub name: &'static str,
    /// What it serves, for `--help`.
    pub about: &'static str,
    /// The most worker threads that it runs, however many it is told to.
    pub most_workers: usize,
    /// Descriptors that each worker needs for itself.
    pub descriptors_per_worker: usize,
    /// What else holds of an option here, for `--help`: the option without its dashes, and a clause.
    pub notes: &'static [(&'static str, &'static str)],
    /// The options that change nothing here, without their dashes: `--help` leaves them out.
    pub lacks: &'static [&'static str],
}

impl Particulars {
    /// A program with nothing particular but its name.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            about: "Serves greetings by locale name: a read-only JSON API, described at /docs.",
            most_workers: usize::MAX,
            descriptors_per_worker: 0,
            notes: &[],
            lacks: &[],
        }
    }

    /// `command`, with what holds of this program.
    fn describe(&self, command: Command) -> Command {
        let with_note = |arg: Arg| {
            let long = arg.get_long().unwrap_or_default();
            let is_hidden = arg.is_hide_set() || self.lacks.contains(&long);
            let note = self.notes.iter().find(|(option, _)| *option == long);
            let help = note.zip(arg.get_help());
            let help = help.map(|((_, note), help)| format!("{help}; {note}"));
            let arg = match help {
                Some(help) => arg.help(help),
                None => arg,
            };
            arg.hide(is_hidden)
        };
        command
            .name(self.name)
            .about(self.about)
            .version(env!("CARGO_PKG_VERSION"))
            .mut_args(|arg| with_note(without_empty_variable(arg)))
    }
}

impl From<&'static str> for Particulars {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

/// An environment variable that is empty is one that is not set: platforms and Compose files leave
/// them so.
fn without_empty_variable(arg: Arg) -> Arg {
    let variable = arg.get_env().and_then(env::var_os);
    match variable {
        Some(value) if value.is_empty() => arg.env(Resettable::Reset),
        _ => arg,
    }
}

#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[cfg(feature = "database")]
    #[error(transparent)]
    Url(#[from] crate::database::UrlError),
    #[cfg(feature = "database")]
    #[error(transparent)]
    Seed(#[from] crate::database::SeedError),
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    #[error("cannot print the document: {0}")]
    Print(io::Error),
    #[error(transparent)]
    Conflict(#[from] PlaceConflict),
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    #[error("cannot read the listening address: {0}")]
    Place(io::Error),
    #[error(transparent)]
    Serve(io::Error),
}

/// The whole of a server's `main`: reads the options, loads the data, listens, and runs `serve` to its
/// end. A failure is one line on standard error and status 1; a wrong option is status 2.
pub fn main(
    particulars: impl Into<Particulars>,
    serve: impl FnOnce(Program) -> io::Result<()>,
) -> ExitCode {
    main_with(particulars, |program, NoMore {}| serve(program))
}

#[derive(clap::Args)]
struct NoMore {}

/// As [`main`], for a program with options of its own beside those of every server.
pub fn main_with<A: clap::Args>(
    particulars: impl Into<Particulars>,
    serve: impl FnOnce(Program, A) -> io::Result<()>,
) -> ExitCode {
    let particulars = particulars.into();
    let command = particulars.describe(A::augment_args(Options::command()));
    #[cfg(feature = "database")]
    let command = command.subcommand(crate::database::command());
    let matches = command.get_matches();
    let read = Options::from_arg_matches(&matches)
        .and_then(|options| Ok((options, A::from_arg_matches(&matches)?)));
    let (options, more) = match read {
        Ok(both) => both,
        Err(error) => error.exit(),
    };
    #[cfg(feature = "database")]
    let seeded = matches
        .subcommand_matches("database")
        .map(|matches| -> Result<(), StartError> {
            let greetings = crate::database::seed(matches, &options, particulars.name)?;
            eprintln!(
                "{}: the database has these greetings now: {greetings}",
                particulars.name
            );
            Ok(())
        });
    #[cfg(not(feature = "database"))]
    let seeded = None;
    let done = match (seeded, options.print_openapi) {
        (Some(seeded), _) => seeded,
        (None, Some(version)) => print_openapi(version, &options),
        (None, None) => start(&particulars, &options, &matches)
            .and_then(|program| serve(program, more).map_err(StartError::Serve)),
    };
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    eprintln!("{}: {error}", particulars.name);
    match error {
        StartError::Usage(_) | StartError::Conflict(_) => ExitCode::from(2),
        #[cfg(feature = "database")]
        StartError::Url(_)
        | StartError::Seed(
            crate::database::SeedError::NoUrl | crate::database::SeedError::Url(_),
        ) => ExitCode::from(2),
        _ => ExitCode::FAILURE,
    }
}

/// The greetings that the options name.
fn greetings(particulars: &Particulars, options: &Options) -> Result<Greetings, StartError> {
    #[cfg(feature = "database")]
    if let Some(database) = Database::new(&options.database, particulars.name)? {
        return match options.greetings {
            None => Ok(database.into()),
            Some(_) => Err(StartError::Usage(
                "--greetings and --database exclude each other; `database seed --greetings FILE` fills the database"
                    .to_owned(),
            )),
        };
    }
    #[cfg(not(feature = "database"))]
    if options.database.is_some() {
        return Err(StartError::Usage(format!(
            "--database: {} is built without a database; a program like quartet-axum-database has one (cargo build \
             --release --package quartet-axum --features database --bin quartet-axum-database)",
            particulars.name
        )));
    }
    Ok(match &options.greetings {
        Some(file) => Greetings::load(file)?,
        None => Greetings::embedded(),
    })
}

/// Prints the document that a server with these options would serve, octet for octet where it is
/// the version that is served.
fn print_openapi(version: openapi::Version, options: &Options) -> Result<(), StartError> {
    let mode = Mode {
        place: options.place()?,
        keyed: load_keys(options)?.is_some(),
        over_database: is_over_database(options),
    };
    let document = openapi::document_in(version, &mode);
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(document.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(StartError::Print)
}

fn is_over_database(options: &Options) -> bool {
    #[cfg(feature = "database")]
    return options.database.url.is_some();
    #[cfg(not(feature = "database"))]
    return options.database.is_some();
}

fn load_keys(options: &Options) -> Result<Option<ApiKeys>, ApiKeyError> {
    options
        .api_key_file
        .as_deref()
        .map(ApiKeys::load)
        .transpose()
}

fn start(
    particulars: &Particulars,
    options: &Options,
    matches: &ArgMatches,
) -> Result<Program, StartError> {
    log::start(options.log);
    let place = options.place()?;
    let (address, ignored) = options.address(matches).map_err(StartError::Usage)?;
    if let Some(ignored) = ignored {
        tracing::warn!("{ignored}");
    }
    let greetings = greetings(particulars, options)?;
    let keys = load_keys(options)?;
    let listeners = listen(&address)?;
    let workers = options.workers().min(particulars.most_workers);
    ensure_room(workers, particulars.descriptors_per_worker, &listeners)?;
    let places = listeners.iter().map(Listener::place);
    let places = places
        .collect::<io::Result<_>>()
        .map_err(StartError::Place)?;
    let mode = Mode {
        keyed: keys.is_some(),
        over_database: is_over_database(options),
        place,
    };
    let api: &Api = Box::leak(Box::new(Api {
        greetings,
        keys,
        docs: Docs::new(&mode),
        limits: options.limits,
        ending: Ending::default(),
    }));
    Ok(Program {
        listeners,
        ready: Ready::new(places, api, options.timeouts.shutdown_delay),
        api,
        timeouts: options.timeouts,
        workers,
    })
}

#[cfg(test)]
mod tests {
    #[cfg(not(feature = "database"))]
    use clap::Parser as _;

    use super::*;

    #[test]
    fn a_note_is_added_to_its_option_alone() {
        const PARTICULARS: Particulars = Particulars {
            notes: &[("workers", "512 here")],
            ..Particulars::new("quartet")
        };
        let command = PARTICULARS.describe(Options::command());
        let noted = command.get_arguments().filter_map(|arg| {
            let help = arg.get_help()?.to_string();
            help.ends_with("; 512 here").then(|| arg.get_id().as_str())
        });
        assert_eq!(noted.collect::<Vec<_>>(), ["workers"]);
    }

    #[cfg(not(feature = "database"))]
    #[test]
    fn a_program_without_a_database_refuses_one_and_says_how_to_build_it() {
        let url = "postgres://u:hidden-word@h/d";
        let options = Options::parse_from(["quartet", "--database", url]);
        let refusal = greetings(&Particulars::new("quartet"), &options).unwrap_err();
        assert!(matches!(refusal, StartError::Usage(_)));
        let refusal = refusal.to_string();
        assert!(refusal.contains("--features database"), "{refusal}");
        assert!(!refusal.contains("hidden-word"), "{refusal}");
    }

    #[test]
    fn help_leaves_out_what_a_program_lacks() {
        const PARTICULARS: Particulars = Particulars {
            lacks: &["print-openapi"],
            ..Particulars::new("quartet")
        };
        let names = |particulars: Particulars, option| {
            let help = particulars.describe(Options::command()).render_help();
            help.to_string().contains(option)
        };
        assert!(names(Particulars::new("quartet"), "--print-openapi"));
        assert!(!names(PARTICULARS, "--print-openapi"));
        assert!(names(PARTICULARS, "--root-path"));
    }
}
