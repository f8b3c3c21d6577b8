//! Open-loop slices that were never taken.

use quartet_record::{Latency, LatencyRestart, OfferedRate, OpenSlice, Record};
use rand::Rng;

use super::normal;

/// How noisy latencies are. Spreads are standard deviations of logarithms, and in the order of p50, p90
/// and p99 where there are three.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LatencyNoise {
    /// How one process of a server differs from another.
    pub(crate) processes: [f64; 3],
    /// How one slice that nothing disturbed differs from another.
    pub(crate) slices: [f64; 3],
    /// The share of slices in which the machine made requests wait, and that is known.
    pub(crate) known: f64,
    /// The same, and nothing tells.
    pub(crate) unknown: f64,
}

impl LatencyNoise {
    /// What was measured on a virtual machine of two cores while other programs ran.
    pub(crate) const MEASURED: Self = Self {
        processes: [0.01, 0.02, 0.03],
        slices: [0.08, 0.15, 0.35],
        known: 0.2,
        unknown: 0.03,
    };
}

/// Takes every slice that the plan has, of servers whose latencies are so many times the first's, arm by arm.
pub(crate) fn latency(
    record: &Record,
    times: &[f64],
    noise: &LatencyNoise,
    random: &mut impl Rng,
) -> Option<Latency> {
    let plan = record.plan.latency.as_ref()?;
    let rates = plan.shares.iter().map(|&share| OfferedRate {
        per_second: 100_000.0 * share,
        share: Some(share),
    });
    let orders = plan.schedule(record.plan.arms.len(), record.plan.seed);
    let restarts = orders.into_iter().zip(0..).map(|(orders, restart)| {
        let bias: Vec<[f64; 3]> = times
            .iter()
            .map(|times| {
                noise
                    .processes
                    .map(|spread| times.ln() + spread * normal(random))
            })
            .collect();
        let mut slices = Vec::new();
        for (turns, block) in orders.blocks.iter().zip(0..) {
            for (&(arm, rate), position) in turns.iter().zip(0..) {
                slices.push(OpenSlice {
                    block,
                    position,
                    arm,
                    rate,
                    ..slice(&bias[arm], noise, random)
                });
            }
        }
        LatencyRestart {
            restart,
            started: "2026-11-02T12:00:00Z".to_owned(),
            complete: true,
            start_order: orders.start_order,
            machine: None,
            slices,
            totals: Vec::new(),
            failures: Vec::new(),
        }
    });
    let restarts = restarts.collect();
    Some(Latency {
        rates: rates.collect(),
        restarts,
    })
}

fn slice(bias: &[f64; 3], noise: &LatencyNoise, random: &mut impl Rng) -> OpenSlice {
    let known = random.random::<f64>() < noise.known;
    let stalled = known || random.random::<f64>() < noise.unknown;
    // What waits for a stall is much later, and of p50 and p90 only for a long one.
    let stall = if stalled {
        random.random_range(1.0..4.0)
    } else {
        0.0
    };
    let mut at = |percentile: usize, typical_ns: f64, reached_by: f64| {
        let logarithm = bias[percentile] + noise.slices[percentile] * normal(random);
        (typical_ns * (logarithm + f64::max(stall - reached_by, 0.0)).exp()) as u64
    };
    OpenSlice {
        block: 0,
        position: 0,
        arm: 0,
        rate: 0,
        offered: 1_000,
        achieved: 1_000,
        window_ns: 20_000_000,
        total_requests: 1_150,
        total_ns: 23_500_000,
        cpu_ns: None,
        busy_ns: None,
        p50_ns: at(0, 30_000.0, 3.5),
        p90_ns: Some(at(1, 40_000.0, 2.5)),
        p99_ns: at(2, 80_000.0, 0.0),
        generator_stall_ns: Some(if known { 2_000_000 } else { 0 }),
        server_kept_waiting_ns: Some(0),
        stolen_ns: Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Verdict;
    use crate::{COMPARED, LatencyComparison, latency_comparison};
    use quartet_record::plan::LatencyPlan;
    use quartet_record::testing::{record, with_modes};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    /// The arms of the record made for tests: three compared, the first again, and the floors.
    const WARP: usize = 1;

    /// What is said of so many default runs, in which one server's latencies are so many times the others'.
    fn runs(
        count: u64,
        warp: f64,
        noise: &LatencyNoise,
    ) -> impl Iterator<Item = LatencyComparison> {
        let mut record = with_modes(record());
        let lane = record.plan.lanes[0];
        record.plan.latency = Some(LatencyPlan::new(
            lane,
            Vec::new(),
            64,
            LatencyPlan::RESTARTS,
        ));
        let mut times = vec![1.0; record.plan.arms.len()];
        times[WARP] = warp;
        let noise = *noise;
        (0..count).map(move |seed| {
            record.plan.seed = seed;
            let mut random = StdRng::seed_from_u64(seed);
            record.latency = latency(&record, &times, &noise, &mut random);
            latency_comparison(&record).unwrap().unwrap()
        })
    }

    /// Of 150 runs with two rates the standard error is 1.3 %.
    #[track_caller]
    fn copies_agree(noise: &LatencyNoise) {
        let mut held = COMPARED.map(|_| 0);
        let count = 150;
        for found in runs(count, 1.0, noise) {
            for equals in &found.again {
                let place = COMPARED
                    .iter()
                    .position(|&one| one == equals.quantile)
                    .unwrap();
                let ratio = equals.ratio.unwrap();
                held[place] += u32::from(ratio.low <= 1.0 && 1.0 <= ratio.high);
            }
        }
        let shares = held.map(|held| f64::from(held) / (2 * count) as f64);
        println!("{shares:?}");
        assert!(
            shares.iter().all(|share| (0.92..=0.98).contains(share)),
            "{shares:?} of intervals hold 1"
        );
    }

    #[test]
    fn intervals_of_copies_hold_one_as_often_as_they_say() {
        copies_agree(&LatencyNoise::MEASURED);
    }

    #[test]
    fn so_they_do_where_a_tenth_of_slices_is_disturbed_and_nothing_tells() {
        copies_agree(&LatencyNoise {
            known: 0.4,
            unknown: 0.1,
            ..LatencyNoise::MEASURED
        });
    }

    /// How often the slower one was found slower, and one of two equals different, at p99 and half load.
    fn found_slower(noise: &LatencyNoise) -> (f64, f64) {
        let (mut slower, mut apart, mut count) = (0, 0, 0);
        for found in runs(60, 1.25, noise) {
            let pairs = found.pairs.iter();
            for pair in pairs.filter(|pair| pair.rate == 1 && pair.quantile == 0.99) {
                let expected = match (pair.arm, pair.against) {
                    (WARP, _) => Some(Verdict::Behind),
                    (_, WARP) => Some(Verdict::Ahead),
                    _ => None,
                };
                if let Some(expected) = expected {
                    count += 1;
                    slower += u32::from(pair.verdict == expected);
                } else {
                    apart += u32::from(matches!(pair.verdict, Verdict::Ahead | Verdict::Behind));
                }
            }
        }
        (f64::from(slower) / f64::from(count), f64::from(apart))
    }

    #[test]
    fn a_quarter_longer_is_found_and_equals_are_not_told_apart() {
        let calm = LatencyNoise {
            slices: [0.05, 0.08, 0.18],
            known: 0.1,
            unknown: 0.01,
            ..LatencyNoise::MEASURED
        };
        let (slower, apart) = found_slower(&calm);
        assert!(slower >= 0.9, "found in {slower} of comparisons");
        assert_eq!(apart, 0.0);
    }
}
