//! What a person sees while waiting, on standard error.
//!
//! On a terminal a bar with the time that remains; elsewhere a line a restart. Progress is counted in the time that the
//! plan expects each slice to take. Nothing is drawn
//! while a slice runs, and no thread of its own draws, so that waiting costs the figures nothing.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar is redrawn at most.
const REDRAW: Duration = Duration::from_millis(250);

/// The progress of a measurement.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    drawn: Instant,
    forecast: Forecast,
}

impl Progress {
    /// Begins counting what is left, which is planned to take so long.
    ///
    /// # Errors
    /// Never in practice: the bar's template is fixed.
    pub fn begin(planned: Duration) -> Result<Self> {
        let bar = if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{prefix} {wide_bar} {msg}")?;
            let target = ProgressDrawTarget::stderr();
            let bar = ProgressBar::with_draw_target(Some(microseconds(planned)), target)
                .with_style(style);
            Some(bar)
        } else {
            None
        };
        Ok(Self {
            bar,
            drawn: Instant::now(),
            forecast: Forecast::new(planned),
        })
    }

    /// A restart, from 0, of so many begins; `mode` says of what, unless of the comparison.
    pub fn restart(&mut self, mode: Option<&str>, restart: u32, of: u32) {
        let mode = mode.map_or(String::new(), |mode| format!("{mode}: "));
        let title = format!("{mode}restart {} of {of}", restart + 1);
        match &self.bar {
            Some(bar) => bar.set_prefix(title),
            None => eprintln!("{title}, {} left", HumanDuration(self.forecast.remaining())),
        }
        self.draw();
    }

    /// What was planned to take so long was done or, its arm being excluded, passed over.
    pub fn done(&mut self, planned: Duration) {
        self.forecast.advance(planned);
        if self.drawn.elapsed() >= REDRAW {
            self.draw();
        }
    }

    /// Says something without disturbing the bar.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn draw(&mut self) {
        self.drawn = Instant::now();
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{} left", HumanDuration(self.forecast.remaining())));
            bar.set_position(microseconds(self.forecast.done));
            bar.tick();
        }
    }
}

/// How long the rest takes: by the plan at first, more and more by what the part done took.
#[derive(Debug)]
struct Forecast {
    begun: Instant,
    planned: Duration,
    done: Duration,
}

impl Forecast {
    fn new(planned: Duration) -> Self {
        Self {
            begun: Instant::now(),
            planned,
            done: Duration::ZERO,
        }
    }

    fn advance(&mut self, planned: Duration) {
        self.done = (self.done + planned).min(self.planned);
    }

    fn remaining(&self) -> Duration {
        let share = self.done.as_secs_f64() / self.planned.as_secs_f64().max(f64::MIN_POSITIVE);
        remaining(self.planned, self.begun.elapsed(), share)
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The forecast of the whole moves from the plan to the pace so far as the share done grows.
fn remaining(planned: Duration, elapsed: Duration, share: f64) -> Duration {
    if share <= 0.0 {
        return planned;
    }
    let at_this_pace = elapsed.as_secs_f64() / share;
    let weight = (share * 10.0).min(1.0);
    let whole = weight * at_this_pace + (1.0 - weight) * planned.as_secs_f64();
    Duration::from_secs_f64(whole * (1.0 - share).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(planned: u64, elapsed: u64, share: f64) -> u64 {
        remaining(
            Duration::from_secs(planned),
            Duration::from_secs(elapsed),
            share,
        )
        .as_secs_f64()
        .round() as u64
    }

    #[test]
    fn the_plan_is_believed_until_there_is_something_better() {
        assert_eq!(seconds(100, 0, 0.0), 100);
        assert_eq!(seconds(100, 2, 0.01), 109);
    }

    #[test]
    fn then_the_pace_so_far_decides() {
        assert_eq!(seconds(100, 100, 0.5), 100);
        assert_eq!(seconds(100, 60, 0.3), 140);
        assert_eq!(seconds(100, 200, 1.0), 0);
    }
}
