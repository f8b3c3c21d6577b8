//! What a variant and its base are called in sentences.

use quartet_analysis::VariantComparison;
use quartet_record::Record;

/// The two names.
pub(super) struct Names {
    /// The variant's.
    pub(super) variant: String,
    /// The base's, as it stands behind "than".
    pub(super) base: String,
}

impl Names {
    /// By their versions where these are all that differs; or else by their names.
    pub(super) fn of(record: &Record, variant: &VariantComparison) -> Self {
        let arms = &record.plan.arms;
        let version = |arm| record.server_of(arm)?.version.clone();
        let (arm, base) = (&arms[variant.arm], &arms[variant.base]);
        let differences = arm
            .variant
            .as_ref()
            .map_or(0, |variant| variant.differences.len());
        match (version(variant.arm), version(variant.base)) {
            (Some(new), Some(old)) if new != old && differences == 1 => Self {
                variant: format!("{} {new}", base.name),
                base: old,
            },
            (_, Some(old)) => Self {
                variant: arm.name.clone(),
                base: format!("{} {old}", base.name),
            },
            (_, None) => Self {
                variant: arm.name.clone(),
                base: base.name.clone(),
            },
        }
    }
}
