//! A record's slices, arranged by what they are compared with. It judges none but whether a restart counts.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use quartet_record::plan::{Lane, Plan};
use quartet_record::{Record, RestartRecord, Slice, decode};

use crate::figures::{CpuPerRequest, Figures, RestartFigures};
use crate::statistics::{levels, median};

/// Whether a restart counts: at least half of its blocks were measured. What was cut short is a little
/// less sure, but as unbiased.
pub fn counts(restart: &RestartRecord, plan: &Plan) -> bool {
    let begun = restart
        .slices
        .iter()
        .map(|slice| slice.block.saturating_add(1))
        .max();
    let measured = begun
        .unwrap_or(0)
        .saturating_sub(u32::from(!restart.complete));
    measured >= plan.blocks.div_ceil(2)
}

/// The slices of the restarts that count.
#[derive(Debug)]
pub struct Samples<'a> {
    plan: &'a Plan,
    /// For how long of each slice the first request and the last answer are on their way, nanoseconds.
    round_trip_ns: u64,
    restarts: Vec<Restart<'a>>,
    latencies: HashMap<(usize, Lane), Histogram<u64>>,
}

#[derive(Debug)]
struct Restart<'a> {
    record: &'a RestartRecord,
    slices: HashMap<(usize, Lane), HashMap<u32, &'a Slice>>,
    /// Levels of the logarithm of each arm's rate in each lane, had it always had its usual share of
    /// the cores.
    log_rates: BTreeMap<(usize, Lane), f64>,
}

impl Restart<'_> {
    fn log_ratio(&self, arm: usize, against: usize, lane: Lane) -> Option<f64> {
        Some(self.log_rates.get(&(arm, lane))? - self.log_rates.get(&(against, lane))?)
    }

    /// An arm's requests, what they cost in CPU time and what of that was spent in user mode, nanoseconds.
    fn cpu(&self, arm: usize, lane: Lane) -> Option<(f64, f64, f64)> {
        let slices = self.slices.get(&(arm, lane))?;
        let requests: u64 = slices.values().map(|slice| slice.total_requests).sum();
        let cost: Option<u64> = slices.values().map(|slice| slice.cost_ns()).sum();
        let mut arms = self.record.arms.iter();
        let user = arms
            .find(|entry| entry.arm == arm)?
            .lanes
            .get(&lane)?
            .user_ns;
        (requests > 0).then_some((requests as f64, cost? as f64, user as f64))
    }
}

/// The share of the time that an arm has the servers' cores in a lane: the median over its slices.
/// Empty where the platform does not tell of every slice.
struct UsualShares(HashMap<(usize, Lane), f64>);

impl UsualShares {
    fn over<'a>(restarts: impl Iterator<Item = &'a RestartRecord>) -> Self {
        let mut shares: HashMap<_, Vec<f64>> = HashMap::new();
        for slice in restarts.flat_map(|restart| &restart.slices) {
            let of_cell = shares.entry((slice.arm, slice.lane)).or_default();
            match slice.share() {
                Some(share) => of_cell.push(share),
                None => return Self(HashMap::new()),
            }
        }
        let medians = shares.into_iter().filter_map(|(cell, shares)| {
            let usual = median(&shares).filter(|&share| share > 0.0)?;
            Some((cell, usual))
        });
        Self(medians.collect())
    }

    /// The logarithm of a slice's rate, had it had its arm's usual share of the cores: what else took
    /// them is the machine's doing, not the server's.
    fn log_rate(&self, slice: &Slice) -> f64 {
        let usual = self.0.get(&(slice.arm, slice.lane));
        let rate = usual.zip(slice.cost_ns()).map_or_else(
            || slice.rate(),
            |(usual, cost)| slice.total_requests as f64 / (cost as f64 / 1e9) * usual,
        );
        rate.ln()
    }

    /// Levels of the logarithms of rates, of slices in the order in which they were taken.
    fn log_rates(&self, restart: &RestartRecord) -> BTreeMap<(usize, Lane), f64> {
        // Those over a database are no neighbours of the others: PostgreSQL is part of what they take.
        let slices = restart.slices.iter();
        let mut slices: Vec<&Slice> = slices
            .filter(|slice| !slice.lane.is_over_database())
            .collect();
        slices.sort_by_key(|slice| (slice.block, slice.position));
        levels(
            slices
                .into_iter()
                .map(|slice| ((slice.arm, slice.lane), self.log_rate(slice))),
        )
    }
}

impl<'a> Samples<'a> {
    /// The slices of the restarts that count.
    ///
    /// # Errors
    /// Where the record is damaged.
    pub fn of(record: &'a Record) -> Result<Self> {
        let mut samples = Self::without_latencies(record);
        for restart in &samples.restarts {
            for arm in &restart.record.arms {
                for (&lane, totals) in &arm.lanes {
                    let histogram = decode(&totals.latencies)?;
                    match samples.latencies.get_mut(&(arm.arm, lane)) {
                        Some(sum) => sum.add(histogram).context("histograms do not add up")?,
                        None => {
                            samples.latencies.insert((arm.arm, lane), histogram);
                        }
                    }
                }
            }
        }
        Ok(samples)
    }

    /// The same without latencies, which take most of the time: [`figures`](Self::figures) has none then.
    pub(crate) fn without_latencies(record: &'a Record) -> Self {
        let counting = || {
            let restarts = record.restarts.iter();
            restarts.filter(|restart| counts(restart, &record.plan))
        };
        let shares = UsualShares::over(counting());
        let restart = |restart: &'a RestartRecord| {
            let mut slices: HashMap<_, HashMap<_, _>> = HashMap::new();
            for slice in &restart.slices {
                slices
                    .entry((slice.arm, slice.lane))
                    .or_default()
                    .insert(slice.block, slice);
            }
            Restart {
                record: restart,
                slices,
                log_rates: shares.log_rates(restart),
            }
        };
        Self {
            plan: &record.plan,
            round_trip_ns: record.round_trip_ns(),
            restarts: counting().map(restart).collect(),
            latencies: HashMap::new(),
        }
    }

    /// How many restarts count.
    pub fn restarts(&self) -> usize {
        self.restarts.len()
    }

    /// Of each restart, the logarithm of the one's rate over the other's, by the differences
    /// between slices that follow each other.
    pub fn log_ratios(&self, arm: usize, against: usize, lane: Lane) -> Vec<f64> {
        self.restarts
            .iter()
            .filter_map(|restart| restart.log_ratio(arm, against, lane))
            .collect()
    }

    /// What each restart says of an arm in a lane, and of it relative to another.
    pub(super) fn by_restart(
        &self,
        arm: usize,
        against: Option<usize>,
        lane: Lane,
    ) -> Vec<RestartFigures> {
        self.restarts
            .iter()
            .filter_map(|restart| {
                let slices = restart.slices.get(&(arm, lane))?;
                let rates: Vec<f64> = slices.values().map(|slice| slice.rate()).collect();
                let relative = against.and_then(|other| restart.log_ratio(arm, other, lane));
                Some(RestartFigures {
                    restart: restart.record.restart,
                    requests_per_second: median(&rates)?,
                    relative: relative.map(f64::exp),
                })
            })
            .collect()
    }

    /// Of each restart, the logarithm of the one's CPU time per request over the other's.
    pub fn log_cost_ratios(&self, arm: usize, against: usize, lane: Lane) -> Vec<f64> {
        self.log_cost_ratios_of((arm, lane), (against, lane))
    }

    /// The same of arms in lanes that need not be the same.
    pub fn log_cost_ratios_of(&self, one: (usize, Lane), other: (usize, Lane)) -> Vec<f64> {
        let cost = |restart: &Restart<'_>, place: (usize, Lane)| {
            let slices = restart.slices.get(&place)?.values();
            let cost: Option<u64> = slices.clone().map(|slice| slice.cost_ns()).sum();
            let requests: u64 = slices.map(|slice| slice.total_requests).sum();
            Some((cost? as f64 / requests as f64).ln()).filter(|cost| cost.is_finite())
        };
        self.restarts
            .iter()
            .filter_map(|restart| Some(cost(restart, one)? - cost(restart, other)?))
            .collect()
    }

    /// Of each restart that tells, CPU time of the database's processes per request of an arm in a lane,
    /// nanoseconds.
    pub fn database_costs(&self, arm: usize, lane: Lane) -> Vec<f64> {
        let cost = |restart: &Restart<'_>| {
            let slices = restart.slices.get(&(arm, lane))?.values();
            let requests: u64 = slices.map(|slice| slice.total_requests).sum();
            let mut lives = restart.record.arms.iter();
            let life = lives.find(|life| life.arm == arm)?;
            let cost = life.lanes.get(&lane)?.database_ns?;
            (requests > 0).then(|| cost as f64 / requests as f64)
        };
        self.restarts.iter().filter_map(cost).collect()
    }

    /// Of each restart, the median over blocks of an arm's requests per second.
    pub fn rates(&self, arm: usize, lane: Lane) -> Vec<f64> {
        self.restarts
            .iter()
            .filter_map(|restart| {
                let slices = restart.slices.get(&(arm, lane))?.values();
                median(&slices.map(|slice| slice.rate()).collect::<Vec<_>>())
            })
            .collect()
    }

    /// Every slice of an arm in a lane.
    pub fn slices(&self, arm: usize, lane: Lane) -> impl Iterator<Item = &'a Slice> {
        self.restarts
            .iter()
            .filter_map(move |restart| restart.slices.get(&(arm, lane)))
            .flat_map(|blocks| blocks.values().copied())
    }

    /// The median over an arm's slices of something known of each; None where it is known of none.
    pub fn median_of(
        &self,
        arm: usize,
        lane: Lane,
        figure: impl Fn(&Slice) -> Option<f64>,
    ) -> Option<f64> {
        median(
            &self
                .slices(arm, lane)
                .filter_map(figure)
                .collect::<Vec<_>>(),
        )
    }

    /// How busy the servers' cores were while requests could be there in a slice, of 1.
    pub fn utilisation(&self, slice: &Slice) -> Option<f64> {
        let cores = self.plan.busy_cores() as f64;
        let there = slice.total_ns.saturating_sub(self.round_trip_ns).max(1);
        Some(slice.cost_ns()? as f64 / there as f64 / cores)
    }

    /// An arm's figures in a lane, where anything was measured.
    pub fn figures(&self, arm: usize, lane: Lane) -> Option<Figures> {
        let latencies = self
            .latencies
            .get(&(arm, lane))
            .filter(|latencies| !latencies.is_empty())?;
        Some(Figures {
            requests_per_second: self.median_of(arm, lane, |slice| Some(slice.rate()))?,
            cpu: self.cpu(arm, lane),
            utilisation: self.median_of(arm, lane, |slice| self.utilisation(slice)),
            p50_ns: latencies.value_at_quantile(0.50),
            p99_ns: latencies.value_at_quantile(0.99),
        })
    }

    /// Of each restart that tells, an arm's requests in a lane, what they cost in CPU time and what of
    /// that was spent in user mode, nanoseconds. A restart that was cut short may not tell.
    pub(super) fn costs(&self, arm: usize, lane: Lane) -> Vec<(f64, f64, f64)> {
        let restarts = self.restarts.iter();
        restarts
            .filter_map(|restart| restart.cpu(arm, lane))
            .collect()
    }

    /// The whole is exact for each restart; its split is sampled by the kernel, so that only the
    /// sum over all restarts says something.
    pub(crate) fn cpu(&self, arm: usize, lane: Lane) -> Option<CpuPerRequest> {
        CpuPerRequest::of(&self.costs(arm, lane))
    }
}
