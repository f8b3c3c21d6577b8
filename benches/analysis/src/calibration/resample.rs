//! Runs put together from measured restarts, with replacement (B. Efron, "Bootstrap methods: another look at the
//! jackknife", Annals of Statistics 7, 1979).
//!
//! A restart is drawn whole, so that what it did to one server and to another stays together. That the restarts are
//! themselves a sample is allowed for by a second bootstrap around the first: of the restarts again as many are drawn,
//! runs put together from these, and the frequencies' spread over such draws is their interval.

use quartet_record::calibration::Frequency;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::statistics::{CONFIDENCE, Verdict, critical_t, margin, mean, ratio_with_critical};

/// With fewer restarts than this, runs put together from them would all be much alike.
pub const FEWEST: usize = 10;

/// How many servers a default run compares with each other.
pub(super) const SERVERS: usize = 4;

/// How many runs are put together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trials {
    /// From all restarts.
    pub(super) whole: usize,
    /// Draws of the restarts, and runs put together from each.
    pub(super) pools: usize,
    pub(super) of_each: usize,
}

impl Trials {
    /// Enough for frequencies of 1 %.
    pub(super) const ENOUGH: Self = Self {
        whole: 4_000,
        pools: 200,
        of_each: 200,
    };
}

/// Of each restart, logarithms of ratios to the control.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// The copy that decides the margin.
    pub(super) again: Vec<f64>,
    /// What is judged: an equal first, then what is slower.
    pub(super) judged: Vec<Vec<f64>>,
}

/// How a run is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    restarts: usize,
    /// Student's t of an interval by itself, and of one among all the pairs of a run.
    alone: Option<f64>,
    among_all: Option<f64>,
    least_margin: f64,
    /// In what share of runs a difference must be seen to count as resolved.
    power: f64,
}

impl Rules {
    pub(super) fn new(restarts: usize, confidence: f64, least_margin: f64, power: f64) -> Self {
        let critical = |confidence| critical_t(confidence, restarts.saturating_sub(1));
        Self {
            restarts,
            alone: critical(CONFIDENCE),
            among_all: critical(confidence),
            least_margin,
            power,
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// How often the equal was found to be ahead or behind.
    pub(super) told_apart: Frequency,
    /// How often each of those judged was found to be behind.
    pub(super) behind: Vec<Frequency>,
    /// How much slower a server must be to be found so in as many runs as the rules ask, as a share of
    /// its rate.
    pub(super) resolves: Option<f64>,
}

/// Judges many runs. The same seed gives the same.
pub(super) fn judge(pool: &Pool, rules: &Rules, trials: Trials, seed: u64) -> Found {
    let mut random = StdRng::seed_from_u64(seed);
    let all: Vec<usize> = (0..pool.again.len()).collect();
    let whole = tally(pool, &all, rules, trials.whole, &mut random);
    let draws: Vec<Tally> = (0..trials.pools)
        .map(|_| {
            let drawn = draw(&all, all.len(), &mut random);
            tally(pool, &drawn, rules, trials.of_each, &mut random)
        })
        .collect();
    let frequency = |count: &dyn Fn(&Tally) -> usize| {
        let spread = draws
            .iter()
            .map(|tally| count(tally) as f64 / trials.of_each as f64);
        with_interval(count(&whole), trials.whole, spread.collect())
    };
    Found {
        told_apart: frequency(&|tally| tally.told_apart),
        behind: (0..pool.judged.len())
            .map(|index| frequency(&|tally| tally.behind[index]))
            .collect(),
        resolves: quantile(whole.needed, rules.power).map(|logarithm| -(-logarithm).exp_m1()),
    }
}

/// What so many runs said.
struct Tally {
    told_apart: usize,
    behind: Vec<usize>,
    /// For each run, by how much a server would have had to be slower to be found so.
    needed: Vec<f64>,
}

fn tally(
    pool: &Pool,
    from: &[usize],
    rules: &Rules,
    trials: usize,
    random: &mut impl Rng,
) -> Tally {
    let mut tally = Tally {
        told_apart: 0,
        behind: vec![0; pool.judged.len()],
        needed: Vec::new(),
    };
    // The equal's mean is the little by which these restarts happen to miss 0.
    let centre = mean(&pick(&pool.judged[0], from)).unwrap_or(0.0);
    for _ in 0..trials {
        let drawn = draw(from, rules.restarts, random);
        let ratio = |of: &[f64], t: Option<f64>| ratio_with_critical(&pick(of, &drawn), t?);
        let margin = margin(ratio(&pool.again, rules.alone), rules.least_margin);
        for (index, judged) in pool.judged.iter().enumerate() {
            let Some(ratio) = ratio(judged, rules.among_all) else {
                continue;
            };
            let verdict = Verdict::of(ratio, margin, rules.least_margin);
            tally.behind[index] += usize::from(verdict == Verdict::Behind);
            if index == 0 {
                let apart = matches!(verdict, Verdict::Ahead | Verdict::Behind);
                tally.told_apart += usize::from(apart);
                tally.needed.push(ratio.high.ln() - centre + margin.ln_1p());
            }
        }
    }
    tally
}

fn draw(from: &[usize], count: usize, random: &mut impl Rng) -> Vec<usize> {
    (0..count)
        .map(|_| from[random.random_range(0..from.len())])
        .collect()
}

fn pick(of: &[f64], drawn: &[usize]) -> Vec<f64> {
    drawn.iter().map(|&restart| of[restart]).collect()
}

/// From a count, and the shares found in draws of what the trials were made from. The interval is the wider of the
/// draws' and the count's own (E. B. Wilson, Journal of the American Statistical Association 22, 1927).
fn with_interval(count: usize, trials: usize, draws: Vec<f64>) -> Frequency {
    const Z: f64 = 1.959_964;
    let n = trials as f64;
    let share = count as f64 / n;
    let centre = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half_width =
        Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let low = quantile(draws.clone(), tail).unwrap_or(share);
    let high = quantile(draws, 1.0 - tail).unwrap_or(share);
    Frequency {
        share,
        low: low.min(centre - half_width).clamp(0.0, share),
        high: high.max(centre + half_width).clamp(share, 1.0),
    }
}

/// The least value that this share of values does not exceed.
fn quantile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}
