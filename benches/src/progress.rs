//! What a person sees while waiting, on standard error.
//!
//! On a terminal a bar with the time that remains; elsewhere a line a restart. Nothing is drawn
//! while a slice runs, and no thread of its own draws, so that waiting costs the figures nothing.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::plan::Plan;

/// How often a bar is redrawn at most.
const REDRAW: Duration = Duration::from_millis(250);

/// The progress of a measurement.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    drawn: Instant,
    forecast: Forecast,
    restarts: u32,
}

impl Progress {
    /// Begins counting what is left, so many restarts being held already.
    ///
    /// # Errors
    /// Never in practice: the bar's template is fixed.
    pub fn begin(plan: &Plan, held: usize) -> Result<Self> {
        let left = u64::from(plan.restarts).saturating_sub(held as u64);
        let slices = left * plan.slices_per_restart();
        let share = left as f64 / f64::from(plan.restarts.max(1));
        let bar = if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{prefix} {wide_bar} {msg}")?;
            let target = ProgressDrawTarget::stderr();
            let bar = ProgressBar::with_draw_target(Some(slices), target).with_style(style);
            Some(bar)
        } else {
            None
        };
        Ok(Self {
            bar,
            drawn: Instant::now(),
            forecast: Forecast::new(slices, plan.expected_length().mul_f64(share)),
            restarts: plan.restarts,
        })
    }

    /// A restart, from 0, begins.
    pub fn restart(&mut self, restart: u32) {
        let title = format!("restart {} of {}", restart + 1, self.restarts);
        match &self.bar {
            Some(bar) => bar.set_prefix(title),
            None => eprintln!("{title}, {} left", HumanDuration(self.forecast.remaining())),
        }
        self.draw();
    }

    /// So many slices were taken or, their arm being void, passed over.
    pub fn slices(&mut self, count: u64) {
        self.forecast.advance(count);
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
            bar.set_position(self.forecast.done);
            bar.tick();
        }
    }
}

/// How long the rest takes: by the plan at first, more and more by what the part done took.
#[derive(Debug)]
struct Forecast {
    begun: Instant,
    planned: Duration,
    done: u64,
    all: u64,
}

impl Forecast {
    fn new(all: u64, planned: Duration) -> Self {
        Self {
            begun: Instant::now(),
            planned,
            done: 0,
            all: all.max(1),
        }
    }

    fn advance(&mut self, count: u64) {
        self.done = (self.done + count).min(self.all);
    }

    fn remaining(&self) -> Duration {
        remaining(
            self.planned,
            self.begun.elapsed(),
            self.done as f64 / self.all as f64,
        )
    }
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
