//! From values to places, and where an axis has its numbers.

/// Whether equal steps on an axis are equal differences or equal ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Equal differences.
    Linear,
    /// Equal ratios.
    Logarithmic,
}

/// Maps values to places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    values: (f64, f64),
    places: (f64, f64),
    spread: Spread,
}

impl Scale {
    /// A scale from `values` to `places`; either may run backwards. Values of no extent are given
    /// some, and a logarithmic scale begins above zero.
    pub(crate) fn new(spread: Spread, values: (f64, f64), places: (f64, f64)) -> Self {
        let (mut low, mut high) = values;
        if spread == Spread::Logarithmic {
            low = low.max(f64::MIN_POSITIVE);
            high = high.max(low);
        }
        if (high - low).abs() <= f64::EPSILON * high.abs() {
            high = if low == 0.0 { 1.0 } else { low + low.abs() };
        }
        Self {
            values: (low, high),
            places,
            spread,
        }
    }

    /// The place of a value. What is off the scale is put at its end.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let turned = |value: f64| match self.spread {
            Spread::Linear => value,
            Spread::Logarithmic => value.max(f64::MIN_POSITIVE).ln(),
        };
        let (low, high) = (turned(self.values.0), turned(self.values.1));
        let share = ((turned(value) - low) / (high - low)).clamp(0.0, 1.0);
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// Whether a value is on the scale.
    pub(crate) fn holds(&self, value: f64) -> bool {
        (self.values.0..=self.values.1).contains(&value)
    }

    /// Round values on the scale, about `wanted` of them: for equal differences multiples of 1, 2
    /// or 5 times a power of ten; for equal ratios 1, 2 and 5 times each, or powers of ten alone.
    pub(crate) fn ticks(&self, wanted: usize) -> Vec<f64> {
        let (low, high) = self.values;
        match self.spread {
            Spread::Linear => {
                let step = round_step((high - low) / wanted.max(1) as f64);
                // Half a step in hand keeps a rounding error from dropping the last one.
                let count = ((high - low) / step) as usize + 2;
                let first = (low / step - 1e-9).ceil();
                (0..count)
                    .map(|index| (first + index as f64) * step)
                    .filter(|&tick| tick <= high + step * 1e-9)
                    .collect()
            }
            Spread::Logarithmic => {
                let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
                let among = |factors: &[f64]| -> Vec<f64> {
                    (first..=last)
                        .flat_map(|power| factors.iter().map(move |f| f * 10_f64.powi(power)))
                        .filter(|tick| (low..=high).contains(tick))
                        .collect()
                };
                let fine = among(&[1.0, 2.0, 5.0]);
                if fine.len() <= wanted {
                    fine
                } else {
                    among(&[1.0])
                }
            }
        }
    }

    /// How many decimals tell [`ticks`](Self::ticks) of a linear scale apart.
    pub(crate) fn decimals(&self, wanted: usize) -> usize {
        let (low, high) = self.values;
        let step = round_step((high - low) / wanted.max(1) as f64);
        (-(step.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below a step.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= step * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_mapped_to_places() {
        let scale = Scale::new(Spread::Linear, (10.0, 20.0), (0.0, 100.0));
        assert_eq!(
            (scale.at(10.0), scale.at(15.0), scale.at(99.0)),
            (0.0, 50.0, 100.0)
        );
        let down = Scale::new(Spread::Linear, (0.0, 4.0), (200.0, 0.0));
        assert_eq!(down.at(1.0), 150.0);
        let ratios = Scale::new(Spread::Logarithmic, (1.0, 100.0), (0.0, 100.0));
        assert!((ratios.at(10.0) - 50.0).abs() < 1e-9);
        assert_eq!(ratios.at(0.0), 0.0);
    }

    #[test]
    fn a_scale_of_one_value_is_still_one() {
        for spread in [Spread::Linear, Spread::Logarithmic] {
            for value in [0.0, 3.0] {
                let scale = Scale::new(spread, (value, value), (0.0, 100.0));
                assert!(scale.at(value).is_finite());
                assert!(scale.ticks(5).len() < 20);
            }
        }
    }

    #[test]
    fn ticks_are_round_and_on_the_scale() {
        let ticks =
            |spread, low, high, wanted| Scale::new(spread, (low, high), (0.0, 1.0)).ticks(wanted);
        assert_eq!(
            ticks(Spread::Linear, 0.0, 20.0, 4),
            [0.0, 5.0, 10.0, 15.0, 20.0]
        );
        let tenths = ticks(Spread::Linear, 0.57, 1.03, 5);
        assert_eq!(tenths.len(), 5);
        assert!((tenths[0] - 0.6).abs() < 1e-9 && (tenths[4] - 1.0).abs() < 1e-9);
        assert_eq!(
            ticks(Spread::Logarithmic, 3.0, 60.0, 6),
            [5.0, 10.0, 20.0, 50.0]
        );
        assert_eq!(
            ticks(Spread::Logarithmic, 0.5, 2e5, 6),
            [1.0, 1e1, 1e2, 1e3, 1e4, 1e5]
        );
    }

    #[test]
    fn decimals_tell_ticks_apart() {
        let decimals =
            |high, wanted| Scale::new(Spread::Linear, (0.0, high), (0.0, 1.0)).decimals(wanted);
        assert_eq!(
            (decimals(20.0, 4), decimals(0.5, 5), decimals(0.1, 5)),
            (0, 1, 2)
        );
    }
}
