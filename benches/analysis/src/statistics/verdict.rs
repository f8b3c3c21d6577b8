//! What intervals say: who is ahead, who is equal, and what a run leaves open.
//!
//! Two margins are not the same question. That two servers *differ* may only be said of a difference larger than what
//! two copies of one server show in the same run, so the margin for it widens with them. That they are *equal for every
//! practical purpose* is a claim about a fixed least margin, and noise must not make it easier: a run whose equals may be
//! further apart than that says no tie at all (equivalence is shown by an interval inside fixed bounds: D. J.
//! Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987).

use quartet_record::ratio::Ratio;
use serde::{Deserialize, Serialize};

use super::descriptive::{mean, standard_deviation};
use super::intervals::{CONFIDENCE, critical_t};

/// A difference in rates smaller than this, as a ratio less one, is of no practical account.
pub const LEAST_MARGIN: f64 = 0.01;

/// The same of a difference in latencies at an equal rate.
pub const LEAST_LATENCY_MARGIN: f64 = 0.05;

/// More restarts than anyone would run; [`restarts_needed`] gives up here.
const MOST_RESTARTS: u32 = 10_000;

/// How far apart two servers must be to differ, as a ratio less one: `least`, or how far two copies of one server may
/// be apart in this run, if farther.
pub fn margin(again: Option<Ratio>, least: f64) -> f64 {
    again.map_or(least, |again| again.reach().max(least))
}

/// What one server's interval against another says, given a margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval lies above the margin.
    Ahead,
    /// The whole interval lies below the margin.
    Behind,
    /// The whole interval lies within the least margin, and so does that of two equals: equal for every practical
    /// purpose.
    Tie,
    /// None of these: this run cannot tell.
    Undecided,
}

impl Verdict {
    /// Reads `ratio` against a [`margin`] and the least that it could be, ratios less one (0.01 for one percent).
    ///
    /// The margin is symmetric on the scale of logarithms: 1.01 above, 1/1.01 below.
    pub fn of(ratio: Ratio, margin: f64, least: f64) -> Self {
        match Self::within(ratio, margin) {
            Self::Tie if margin > least => Self::Undecided,
            verdict => verdict,
        }
    }

    /// Reads `ratio` against bounds that are fixed beforehand, a ratio less one: then it is a tie inside of any.
    pub fn within(ratio: Ratio, bound: f64) -> Self {
        let upper = 1.0 + bound;
        if ratio.low > upper {
            Self::Ahead
        } else if ratio.high < upper.recip() {
            Self::Behind
        } else if ratio.reach() < bound {
            Self::Tie
        } else {
            Self::Undecided
        }
    }

    /// The same verdict from the other side.
    pub fn inverse(self) -> Self {
        match self {
            Self::Ahead => Self::Behind,
            Self::Behind => Self::Ahead,
            Self::Tie | Self::Undecided => self,
        }
    }
}

/// About how many restarts would decide a comparison, were its mean and spread, and those of two equals (`again`,
/// empty where there are none), what these restarts say, and the least margin as given.
///
/// None where even 10,000 would not: the true difference sits at the margin's edge, or equals differ.
pub fn restarts_needed(
    log_ratios: &[f64],
    again: &[f64],
    confidence: f64,
    least: f64,
) -> Option<u32> {
    let centre = mean(log_ratios)?.abs();
    let spread = standard_deviation(log_ratios)?;
    let equals = mean(again).zip(standard_deviation(again));
    let least = least.ln_1p();
    let half_width = |restarts: u32, confidence: f64, spread: f64| {
        let t = critical_t(confidence, restarts as usize - 1)?;
        Some(t * spread / f64::from(restarts).sqrt())
    };
    let resolved = |restarts: u32| {
        let reach = equals.map_or(Some(0.0), |(centre, spread)| {
            Some(centre.abs() + half_width(restarts, CONFIDENCE, spread)?)
        });
        let widths = half_width(restarts, confidence, spread).zip(reach);
        widths.is_some_and(|(half_width, reach)| {
            centre - half_width > reach.max(least)
                || (reach <= least && centre + half_width < least)
        })
    };
    // Half-widths only fall as restarts rise, so the first that resolves is found by bisection.
    if !resolved(MOST_RESTARTS) {
        return None;
    }
    let (mut too_few, mut enough) = (1, MOST_RESTARTS);
    while enough - too_few > 1 {
        let middle = u32::midpoint(too_few, enough);
        if resolved(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

/// A server's rank among those it was compared with; 1 is first.
///
/// `best` counts those shown to be ahead, so that a tie shares a rank; `worst` adds those that this run cannot tell
/// from it. Where the two differ, the run leaves the rank open between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// The rank if nothing undecided turns out to be ahead.
    pub best: usize,
    /// The rank if everything undecided turns out to be ahead.
    pub worst: usize,
}

impl Rank {
    /// The rank of a server with these verdicts against each of the others.
    pub fn of(verdicts: &[Verdict]) -> Self {
        let count = |wanted| {
            verdicts
                .iter()
                .filter(|&&verdict| verdict == wanted)
                .count()
        };
        let best = 1 + count(Verdict::Behind);
        Self {
            best,
            worst: best + count(Verdict::Undecided),
        }
    }
}
