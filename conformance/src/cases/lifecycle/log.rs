//! What a process logs.

use std::time::Duration;

use super::CONTRACT;
use crate::cases::processes::{AT_ONCE, LARGE, Large, ends, signal};
use crate::http::Request;
use crate::servers::{Process, Setting, Signal};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "lifecycle/log-errors-alone",
    CONTRACT,
    "Where it is told to log errors alone, it logs neither requests nor what clients do: requests \
     that are refused, connections that break off, requests that the drain cuts off.",
    log_errors_alone,
)
.needing(&[
    Need::Process,
    Need::Signals,
    Need::Quiet,
    Need::DrainTimeout,
    Need::DataFile,
])
.within(Duration::from_secs(30))];

fn log_errors_alone(context: &Context) -> Outcome {
    const DRAIN: u32 = 1;
    let mut options = context.options(&[Setting::Quiet])?;
    if context.launch()?.server.port_env_args.is_some() {
        // It has an address, and this is no port: something to warn of.
        options
            .env
            .push(("PORT".to_owned(), "tcp://127.0.0.1:1".to_owned()));
    }
    let mut process = context.start(options)?;
    let view = context.seen_at(process.base_url());
    for path in ["/greetings", "/no-such-path", "/greetings/_"] {
        view.get(path)?;
    }
    // Whether and how it is answered is for other cases to say.
    let _ = view.send(Request::get("/greetings").header("Host", "user@host"));
    let broken_off = view.prepare(Request::get("/greetings")).to_bytes();
    view.connect()?.send(&broken_off[..broken_off.len() / 2])?;
    says_nothing(context, &mut process)?;

    let settings = [Setting::Quiet, Setting::DrainTimeout(DRAIN)];
    let mut large = Large::start(context, LARGE, &settings)?;
    // It is not read, and cut off in the end.
    let _answer = large.ask()?;
    says_nothing(context, &mut large.process)?;
    Ok(Verdict::Conforms)
}

/// Ends a process, which must not have logged anything.
fn says_nothing(context: &Context, process: &mut Process) -> Result<(), Deviation> {
    signal(context, process, Signal::Terminate)?;
    ends(process, 5 * AT_ONCE, "SIGTERM")?;
    let said = process.stderr_at_end();
    ensure!(
        said.trim().is_empty(),
        "it is told to log errors alone, and logs {:?}",
        said.lines().next().unwrap_or_default()
    );
    Ok(())
}
