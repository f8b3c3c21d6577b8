//! What the programs of `cargo compare features` have more of than their base. It knows nothing of what that costs.

use serde::Serialize;

use super::Arm;

/// What a program has more of, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Middleware around the route that is asked for, each of which passes the request on.
    Middleware(u32),
    /// Routes that are registered before the one that is asked for.
    Routes(u32),
}

impl Feature {
    /// All that is measured, in the order of tables.
    pub const ALL: [Self; 5] = [
        Self::Middleware(1),
        Self::Middleware(10),
        Self::Middleware(100),
        Self::Routes(100),
        Self::Routes(1000),
    ];

    /// How many.
    pub fn count(self) -> u32 {
        match self {
            Self::Middleware(count) | Self::Routes(count) => count,
        }
    }

    /// How a program is told, as a difference of a variant: `env.MIDDLEWARE=10`.
    pub fn difference(self) -> String {
        match self {
            Self::Middleware(count) => format!("env.MIDDLEWARE={count}"),
            Self::Routes(count) => format!("env.ROUTES={count}"),
        }
    }

    /// What an arm has more of than its base. None where that is something else, or nothing.
    pub fn of(arm: &Arm) -> Option<Self> {
        let [difference] = arm.variant.as_ref()?.differences.as_slice() else {
            return None;
        };
        let mut all = Self::ALL.into_iter();
        all.find(|feature| feature.difference() == *difference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;
    use crate::variant::Variant;

    #[test]
    fn an_arm_has_the_feature_that_it_was_told() {
        let mut arm = record().plan.arms.remove(0);
        assert_eq!(Feature::of(&arm), None);
        for feature in Feature::ALL {
            arm.variant = Some(Variant {
                of: "base".to_owned(),
                differences: vec![feature.difference()],
                against: Vec::new(),
                directory: None,
            });
            assert_eq!(Feature::of(&arm), Some(feature));
        }
        for other in [&["env.MIDDLEWARE=2"][..], &["env.ROUTES=100", "mimalloc"]] {
            let differences = other.iter().map(|text| (*text).to_owned());
            arm.variant.as_mut().unwrap().differences = differences.collect();
            assert_eq!(Feature::of(&arm), None, "{other:?}");
        }
    }
}
