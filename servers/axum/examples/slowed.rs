//! The axum server, slower by a known share, or late by a known time with every hundredth answer: what a
//! comparison must be able to see.
//!
//! It is there for `cargo compare calibrate` alone. The worker burns a share of the time that answers took it,
//! everything included, so that it is slower by that share at whatever speed the machine runs. All shares are served
//! by one program, 0 too, so that nothing else differs between them.

use std::{
    cell::Cell,
    num::ParseFloatError,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use futures_util::FutureExt as _;
use hyper::service::{Service as _, service_fn};
use tokio::runtime::Builder;

/// A worker that took longer since its last answer was waiting for requests, not answering one.
const IDLE_NS: f64 = 1e6;

/// How much is burned at once. A little after each answer made copies slower than they were to be,
/// presumably by what a loop of varying length leaves to the branches after it.
const BURN_NS: f64 = 20_000.0;

#[derive(Args)]
struct Slowness {
    /// How much more time an answer shall take, in percent
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    slow_by: f64,

    /// How long every hundredth answer shall be held, in microseconds
    #[arg(long, value_name = "MICROSECONDS", default_value = "0", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    late_by: u32,
}

/// Of so many answers one is late.
const LATE: u32 = 100;

fn percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text
        .parse()
        .map_err(|error: ParseFloatError| error.to_string())?;
    if (0.0..=1000.0).contains(&percent) {
        Ok(percent)
    } else {
        Err("a share from 0 to 1000 is needed".to_owned())
    }
}

fn main() -> ExitCode {
    quartet_common::main_with("slowed-axum", |program, slowness: Slowness| {
        let burner = Burner {
            share: slowness.slow_by / 100.0,
            late_ns: f64::from(slowness.late_by) * 1e3,
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(program.workers)
            .enable_all()
            .build()?;
        runtime.block_on(quartet_connection::run(program, |api| {
            let app = quartet_axum::app(api);
            service_fn(move |request| app.call(request).inspect(move |_| burner.burn()))
        }))
    })
}

thread_local! {
    /// When this worker had last burned what it owed.
    static FREE_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
    /// What it still owes, nanoseconds; below 0 where it burned too much.
    static OWED_NS: Cell<f64> = const { Cell::new(0.0) };
    /// How many answers it gave since the last that was late.
    static PROMPT: Cell<u32> = const { Cell::new(0) };
}

/// Burns a share of the time worked, and some more with every hundredth answer.
#[derive(Clone, Copy)]
struct Burner {
    share: f64,
    late_ns: f64,
}

impl Burner {
    /// Whoever is slower by nothing does all of this but the burning, so that it costs them alike.
    fn burn(self) {
        let prompt = PROMPT.get() + 1;
        PROMPT.set(prompt % LATE);
        if prompt == LATE && self.late_ns > 0.0 {
            spin(Instant::now(), self.late_ns);
        }
        let begun = Instant::now();
        let worked = FREE_SINCE.get().map(|since| nanoseconds(begun - since));
        FREE_SINCE.set(Some(begun));
        let Some(worked) = worked.filter(|&worked| worked < IDLE_NS) else {
            return;
        };
        let owed = OWED_NS.get() + self.share * worked;
        if owed < BURN_NS {
            OWED_NS.set(owed);
            return;
        }
        let now = spin(begun, owed);
        OWED_NS.set(owed - nanoseconds(now - begun));
        FREE_SINCE.set(Some(now));
    }
}

/// Looks at the clock until so many nanoseconds have passed, and gives the moment.
fn spin(begun: Instant, length_ns: f64) -> Instant {
    let mut now = begun;
    while nanoseconds(now - begun) < length_ns {
        now = Instant::now();
    }
    now
}

fn nanoseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}
