//! How the reference starts, serves and ends, apart from what it answers.

use std::time::Duration;

use quartet_common::Timeouts;
use quartet_common::openapi::Mode;

use super::message::Request;
use super::store::Backing;
use quartet_conformance::servers::Signal;

/// How the reference starts, serves and ends. The default is sound; a fault changes one thing.
#[derive(Clone, Copy, Debug)]
pub struct Conduct {
    /// Changes what is said when the program ends before it has served.
    pub last_words: fn(Cause, &mut LastWords),
    /// What the program does not end for: it carries on without.
    pub overlooks: Option<Cause>,
    /// Changes the mode whose OpenAPI document is printed.
    pub prints_openapi_of: fn(&mut Mode),
    /// What it prints in version 3.0 of OpenAPI, of the right document.
    pub prints_3_0: fn(String, &Mode) -> String,
    /// When it says where it listens, and what.
    pub announces: Announcement,
    /// Whether an address without a port is one with any that is free.
    pub completes_addresses: bool,
    /// Whether it takes its port from the environment where it is told no address.
    pub reads_port: bool,
    /// Which of the ports in its environment that are none it overlooks.
    pub overlooks_port: fn(&str) -> bool,
    /// Whether it listens on the host that it is told.
    pub minds_host: bool,
    /// Whether a host or a port that it is told outranks an address in its environment.
    pub host_outranks_environment: bool,
    /// Whether it says that it ignores a port in its environment.
    pub tells_of_ignored_port: bool,
    /// Whether a port in its environment must be one even where it is told an address.
    pub reads_port_first: bool,
    /// Whether it listens on what it inherits.
    pub takes_inherited: bool,
    /// Whether it listens where it is told to as well if it inherits a socket.
    pub listens_there_too: bool,
    /// On how many of several sockets that it inherits it listens.
    pub most_inherited: usize,
    /// On how many of its sockets it accepts connections.
    pub most_served: usize,
    /// The most addresses of a name that it listens on.
    pub most_addresses: usize,
    /// What it does with a Unix socket's path where there is something already.
    pub path: Path,
    /// What it fails for where it has fewer descriptors, once it has said that it listens.
    pub fewest_descriptors: u64,
    /// Whether it raises its soft limit of descriptors to the hard one.
    pub raises_descriptor_limit: bool,
    /// Whether a port can be taken at once that a server before it has left.
    pub reuses_address: bool,
    /// Whether another process may take the same port beside it.
    pub shares_port: bool,
    /// Whether it listens on every address of the machine, whichever it is told.
    pub listens_everywhere: bool,
    /// How many workers it has, of how many it is told.
    pub workers: fn(usize) -> usize,
    /// How many workers it has where it is not told, of so many cores.
    pub default_workers: fn(usize) -> usize,
    /// Whether its environment configures it.
    pub reads_environment: bool,
    /// Whether an empty variable of an option is a value.
    pub minds_empty_variables: bool,
    /// How many of the keys in the file open the data.
    pub most_keys: usize,
    /// Whether a key that the file has twice opens the data.
    pub takes_repeated_keys: bool,
    /// The most octets of a file of greetings.
    pub largest_data_file: u64,
    /// Whether the greetings are there only for as long as the files that it was told are.
    pub needs_files: bool,
    /// Whether requests are logged at the most verbose level alone.
    pub minds_log_level: bool,
    /// Whether a warning is logged when the drain cuts connections off.
    pub warns_of_cut_off: bool,
    /// The line that is logged for a request, at the most verbose level.
    pub log_line: fn(&Request) -> String,

    /// Which signals it hears. Of those it does not, none ends it.
    pub hears: fn(Signal) -> bool,
    /// Which signals begin the delay; others the drain.
    pub delays_for: fn(Signal) -> bool,
    /// What it does between being told to end and the drain.
    pub delay: Delay,
    /// Which signals it drains for; others end it at once.
    pub drains_for: fn(Signal) -> bool,
    /// What it does with the connections that are open when it is told to end.
    pub drain: Drain,
    /// Whether the drain has an end of its own.
    pub drain_ends: bool,
    /// How long the drain may take, of what it is told.
    pub drain_limit: fn(Duration) -> Duration,
    /// The times that it keeps, of those that it is told.
    pub times: fn(Timeouts) -> Timeouts,
    /// Which second signals cut the drain short.
    pub second_signal_ends: fn(Signal) -> bool,
    /// Whether it goes on accepting connections until it has drained.
    pub accepts_while_draining: bool,
    /// Whether its sockets stay open until it has drained, though nobody accepts on them.
    pub keeps_sockets: bool,
    /// How long it takes to end once it has drained.
    pub lingers: Duration,
    /// What it ends with once it has drained.
    pub exit_status: u8,

    /// How the time for a connection's first request, its head and content, is limited.
    pub request_timeout: Timeout,
    /// The same for each further request.
    pub later_timeout: Timeout,
    /// How many answers a connection may have had where its waits are limited at all.
    pub most_limited: u64,
    /// Whether a request's head has the idle time.
    pub head_has_idle_time: bool,
    /// Whether a connection that has sent nothing has the idle time.
    pub silent_has_idle_time: bool,
    /// Whether a connection that waits for its next request has the time of a head.
    pub idle_has_header_time: bool,
    /// Whether the time of a further head runs from the answer before it.
    pub later_head_from_answer: bool,
    /// How many answers a connection has had where what a handler takes counts as a head's time.
    pub counts_handlers_from: u64,
    /// Whether the time for which an answer may go unread is limited.
    pub limits_writes: bool,
    /// Whether that time runs from an answer's start, however much of it is read in the meantime.
    pub limits_whole_answers: bool,
    /// How the time until the first request is limited.
    pub first_timeout: Timeout,
    /// How the time between two requests is limited.
    pub idle_timeout: Timeout,
    /// The most connections it serves at once; others wait.
    pub most_connections: usize,
    /// What it does when a connection cannot be accepted.
    pub accept_failure: AcceptFailure,
    /// What it keeps of a connection that has ended.
    pub keeps: Kept,
    /// Octets that it never gives back, for each request.
    pub hoards: usize,
    /// How answers are written.
    pub writes: Writes,
    /// What it does when an answer cannot be written.
    pub write_failure: WriteFailure,

    /// How it uses its database, if it is told one.
    pub backing: Backing,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            last_words: |_, _| {},
            overlooks: None,
            prints_openapi_of: |_| {},
            prints_3_0: |document, _| document,
            announces: Announcement::Ready,
            completes_addresses: false,
            reads_port: true,
            overlooks_port: |port| port.is_empty() || port.starts_with("tcp://"),
            minds_host: true,
            host_outranks_environment: true,
            tells_of_ignored_port: true,
            reads_port_first: false,
            takes_inherited: true,
            listens_there_too: false,
            most_inherited: usize::MAX,
            most_served: usize::MAX,
            most_addresses: usize::MAX,
            path: Path::Considerate,
            fewest_descriptors: 0,
            raises_descriptor_limit: true,
            reuses_address: true,
            shares_port: false,
            listens_everywhere: false,
            workers: |told| told,
            default_workers: |cores| cores,
            reads_environment: true,
            minds_empty_variables: false,
            most_keys: usize::MAX,
            takes_repeated_keys: true,
            largest_data_file: u64::MAX,
            needs_files: false,
            minds_log_level: true,
            warns_of_cut_off: false,
            log_line: |request| format!("{} {}", request.method, request.target),
            hears: |_| true,
            delays_for: |_| true,
            delay: Delay::Serves,
            drains_for: |_| true,
            drain: Drain::Answers,
            drain_ends: true,
            drain_limit: |told| told,
            times: |told| told,
            second_signal_ends: |_| true,
            accepts_while_draining: false,
            keeps_sockets: false,
            lingers: Duration::ZERO,
            exit_status: 0,
            request_timeout: Timeout::Whole,
            later_timeout: Timeout::Whole,
            most_limited: u64::MAX,
            head_has_idle_time: false,
            silent_has_idle_time: false,
            idle_has_header_time: false,
            later_head_from_answer: false,
            counts_handlers_from: u64::MAX,
            limits_writes: true,
            limits_whole_answers: false,
            first_timeout: Timeout::Whole,
            idle_timeout: Timeout::Whole,
            most_connections: usize::MAX,
            accept_failure: AcceptFailure::Retries,
            keeps: Kept::Nothing,
            hoards: 0,
            writes: Writes::Directly,
            write_failure: WriteFailure::EndsConnection,
            backing: Backing::default(),
        }
    }
}

/// Why a program ends before it has served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An option that there is not.
    Usage,
    /// It was asked for help.
    Help,
    /// A file of greetings or keys that cannot be used.
    Data,
    /// A port that cannot be had.
    Port,
}

/// What a program says when it ends before it has served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWords {
    /// One line, or the help.
    pub text: String,
    /// Whether it goes to standard output rather than standard error.
    pub to_stdout: bool,
    /// The exit status.
    pub status: u8,
}

/// When a program says where it listens, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// Once it accepts connections, where it does.
    Ready,
    /// Before it accepts connections.
    TooEarly,
    /// The port it was told, also where that is 0.
    AsTold,
    /// Never.
    None,
}

/// What is done with a Unix socket's path where there is something already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// A socket that nobody listens on is replaced.
    Considerate,
    /// Whatever is there is replaced.
    Replaced,
    /// Nothing is replaced.
    Kept,
}

/// What is done between being told to end and the drain, where a delay is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// All but the question whether it is ready is answered as before.
    Serves,
    /// It says that it is ready.
    StaysReady,
    /// It does not say when to ask again.
    SaysNoWhen,
    /// Data is refused, too.
    Refuses,
    /// It does not say that connections are closed.
    Keeps,
    /// It has no end but its own.
    IgnoresSignals,
    /// There is none.
    None,
}

/// What becomes of open connections when a program is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// Answers in progress are written; a connection without one is closed.
    Answers,
    /// Connections that have had an answer may go on as they like.
    WaitsForIdle,
    /// Connections that have not sent a whole request may go on as they like.
    WaitsForRequests,
    /// Answers in progress are cut off.
    CutsOff,
    /// There is no drain: the program ends.
    None,
}

/// How a wait for a client is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// From its start to its end.
    Whole,
    /// From one octet to the next.
    EachRead,
    /// Not at all.
    None,
}

/// What is done when a connection cannot be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptFailure {
    /// It is tried again a little later.
    Retries,
    /// No further connection is accepted.
    StopsAccepting,
    /// The program ends.
    EndsProgram,
    /// It is tried again a little later, and logged each time.
    Complains,
    /// It is tried again at once.
    Spins,
}

/// What is kept of a connection that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// Its descriptor.
    Descriptor,
    /// Its descriptor, if an answer could not be written.
    DescriptorOfBroken,
    /// Its descriptor, if a request could not be read.
    DescriptorOfRefused,
    /// So many octets of memory.
    Memory(usize),
}

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Before the next request is read.
    Directly,
    /// By a thread of their own, from a queue without bound.
    Queued,
    /// One connection at a time.
    InTurn,
}

/// What is done when an answer cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteFailure {
    /// The connection ends.
    EndsConnection,
    /// No further connection is accepted.
    StopsAccepting,
}
