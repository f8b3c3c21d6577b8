//! Two copies of one server: how far apart others must be to differ beside them.

use crate::statistics::{CONFIDENCE, Ratio, Verdict, margin, ratio_over_restarts, restarts_needed};

/// How far apart two copies of one server are.
pub(crate) struct Equals {
    /// How far apart two servers must be to differ, as a ratio less one.
    pub(crate) margin: f64,
    /// The second copy over the first, with a 95 % interval. Where it is not known, none can be called equal.
    pub(crate) apart: Option<Ratio>,
    /// The logarithm of that of each restart.
    log_ratios: Vec<f64>,
    /// The least that is of account, as a ratio less one.
    least: f64,
}

/// What the ratios of two servers say beside those of two equals.
pub(crate) struct Judged {
    pub(crate) ratio: Ratio,
    /// That the first is ahead says that the ratio is greater than 1.
    pub(crate) verdict: Verdict,
    /// About how many restarts would decide, where these do not.
    pub(crate) restarts_needed: Option<u32>,
}

impl Equals {
    /// Of each restart the logarithm of the second copy over the first; none where there are no copies.
    pub(crate) fn of(log_ratios: Vec<f64>, least: f64) -> Self {
        let apart = ratio_over_restarts(&log_ratios, CONFIDENCE);
        Self {
            margin: margin(apart, least),
            apart,
            log_ratios,
            least,
        }
    }

    /// Of each restart the logarithm of one server over another. None of too few restarts.
    pub(crate) fn judge(&self, log_ratios: &[f64], confidence: f64) -> Option<Judged> {
        let ratio = ratio_over_restarts(log_ratios, confidence)?;
        let verdict = match Verdict::of(ratio, self.margin, self.least) {
            Verdict::Tie if self.apart.is_none() => Verdict::Undecided,
            verdict => verdict,
        };
        let needed = || restarts_needed(log_ratios, &self.log_ratios, confidence, self.least);
        Some(Judged {
            ratio,
            verdict,
            restarts_needed: (verdict == Verdict::Undecided).then(needed).flatten(),
        })
    }
}
