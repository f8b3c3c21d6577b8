//! What a variant and its base are called in sentences.

use quartet_analysis::VariantComparison;
use quartet_record::Record;
use quartet_record::plan::Arm;

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
        let count = |arm: &Arm| arm.variant.as_ref().map_or(0, |one| one.differences.len());
        // A base that is a variant itself has what differs in its name.
        let server = base.variant.as_ref().map_or(&base.name, |one| &one.of);
        // What servers.toml has in words may be another framework, whose versions are others.
        let words = |arm: &Arm| {
            let differences = arm.variant.iter().flat_map(|one| &one.differences);
            differences.into_iter().any(|text| !text.contains('='))
        };
        let alone = count(arm) == 1 && count(base) <= 1 && !words(arm);
        match (version(variant.arm), version(variant.base)) {
            (Some(new), Some(old)) if new != old && alone => Self {
                variant: format!("{server} {new}"),
                base: old,
            },
            (_, Some(old)) if base.variant.is_none() => Self {
                variant: arm.name.clone(),
                base: format!("{server} {old}"),
            },
            _ => Self {
                variant: arm.name.clone(),
                base: base.name.clone(),
            },
        }
    }
}
