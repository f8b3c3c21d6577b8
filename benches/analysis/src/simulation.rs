//! Slices that were never taken, of servers whose true ratios are known, on a machine as noisy as machines are.
//!
//! What noise looks like was measured on virtual machines of two cores: all servers share regimes of speed that last
//! 0.2 to 1 s and vary by 10 to 15 %, each process is off by 0.4 to 1 % for as long as it lives, and each slice a
//! little more.

mod open_loop;

pub(crate) use open_loop::{LatencyNoise, latency};

use quartet_record::plan::{Plan, Restart};
use quartet_record::{RestartRecord, Slice};
use rand::Rng;

/// The counted part of a slice.
const COUNTED: f64 = 0.020 / 0.0237;

/// The same of a slow server's, of which as many answers are awaited before the window as in it.
const COUNTED_IF_SLOW: f64 = 0.5;

/// How noisy a machine is. Spreads are standard deviations of logarithms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    /// The least and the most that one speed of the machine lasts, seconds.
    pub(crate) regime_seconds: (f64, f64),
    /// How the machine's speed varies from one such time to the next.
    pub(crate) regimes: f64,
    /// How one process of a server differs from another.
    pub(crate) processes: f64,
    /// How one slice of a process differs from another.
    pub(crate) slices: f64,
}

impl Noise {
    /// What was measured.
    pub(crate) const MEASURED: Self = Self {
        regime_seconds: (0.2, 1.0),
        regimes: 0.13,
        processes: 0.007,
        slices: 0.02,
    };
}

/// Takes every slice that the plan has, of servers that answer `rates` requests a second, arm by arm.
pub(crate) fn restarts(
    plan: &Plan,
    rates: &[f64],
    noise: &Noise,
    random: &mut impl Rng,
) -> Vec<RestartRecord> {
    let mut machine = Machine::new(*noise, random);
    let restart = |(restart, number): (Restart, u32)| {
        let biased: Vec<f64> = rates
            .iter()
            .map(|rate| rate * (noise.processes * normal(random)).exp())
            .collect();
        let mut slices: Vec<Slice> = Vec::new();
        for (turns, block) in restart.blocks.iter().zip(0..) {
            for (cell, position) in turns.iter().zip(0..) {
                let length = plan.slice_length(*cell).as_secs_f64();
                let is_slow = plan.arms[cell.arm].slow_slice_ms.is_some();
                let counted = length * if is_slow { COUNTED_IF_SLOW } else { COUNTED };
                let speed =
                    machine.slice(length, counted, random) * (noise.slices * normal(random)).exp();
                let rate = biased[cell.arm] * speed;
                slices.push(quartet_record::testing::slice(
                    block, position, cell.arm, cell.lane, rate,
                ));
            }
        }
        RestartRecord {
            restart: number,
            started: "2026-11-02T10:00:00Z".to_owned(),
            complete: true,
            start_order: restart.start_order,
            spawn_ns: None,
            machine: None,
            arms: Vec::new(),
            slices,
        }
    };
    plan.schedule().into_iter().zip(0..).map(restart).collect()
}

/// The speed that all servers share, as time goes by.
struct Machine {
    noise: Noise,
    speed: f64,
    /// How long it still lasts, seconds.
    left: f64,
}

impl Machine {
    fn new(noise: Noise, random: &mut impl Rng) -> Self {
        let mut machine = Self {
            noise,
            speed: 1.0,
            left: 0.0,
        };
        machine.turn(random);
        machine
    }

    fn turn(&mut self, random: &mut impl Rng) {
        let (least, most) = self.noise.regime_seconds;
        self.left = random.random_range(least..most);
        self.speed = (self.noise.regimes * normal(random)).exp();
    }

    /// The mean speed during the counted part of the next slice; both lengths are in seconds.
    fn slice(&mut self, length: f64, window: f64, random: &mut impl Rng) -> f64 {
        let (mut passed, mut answered) = (0.0, 0.0);
        loop {
            let until = (passed + self.left).min(length);
            answered += self.speed * (until.min(window) - passed.min(window));
            self.left -= until - passed;
            passed = until;
            if passed >= length {
                return answered / window;
            }
            self.turn(random);
        }
    }
}

/// A standard normal value (G. E. P. Box and M. E. Muller, 1958).
pub(crate) fn normal(random: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod variants;
