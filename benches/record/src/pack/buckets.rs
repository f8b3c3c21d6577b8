//! Which values the buckets of an HdrHistogram have, by number: its crate only tells the next one's.

/// The buckets of a histogram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buckets {
    /// The width of the narrowest bucket, as a power of two.
    unit: u32,
    /// How many buckets have each width but the narrowest, which twice as many have, as a power of two.
    half: u32,
}

impl Buckets {
    /// Those of a histogram whose lowest value that is told from 0 is `low`, with so many significant digits; none where there is no
    /// such histogram.
    pub(super) fn new(low: u64, digits: u8) -> Option<Self> {
        let told_apart = 2 * 10_u64
            .checked_pow(u32::from(digits))
            .filter(|_| digits <= 5)?;
        Some(Self {
            unit: low.checked_ilog2()?,
            half: told_apart.next_power_of_two().ilog2() - 1,
        })
    }

    /// The number of a value's bucket.
    pub(super) fn index(self, value: u64) -> usize {
        let value = value >> self.unit;
        let bits = u64::BITS - value.leading_zeros();
        let doublings = bits.saturating_sub(self.half + 1);
        let index = (u64::from(doublings) << self.half) + (value >> doublings);
        usize::try_from(index).unwrap_or(usize::MAX)
    }

    /// The lowest value of a bucket; none where that is too large for 64 bits.
    #[inline]
    pub(super) fn value(self, index: usize) -> Option<u64> {
        let index = u64::try_from(index).ok()?;
        let doublings = (index >> self.half).saturating_sub(1);
        let value = index - (doublings << self.half);
        let shift = u32::try_from(doublings).ok()?.checked_add(self.unit)?;
        (shift <= value.leading_zeros()).then(|| value << shift)
    }

    /// The middle of the bucket that has this lowest value.
    #[inline]
    pub(super) fn middle(self, value: u64) -> u64 {
        let bits = u64::BITS - (value >> self.unit).leading_zeros();
        let width = 1_u64 << (self.unit + bits.saturating_sub(self.half + 1));
        value.saturating_add(width >> 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::Histogram;

    #[test]
    fn buckets_are_those_of_the_crate() {
        for (low, high, digits) in [
            (1, u64::MAX / 2, 3),
            (2, 1_000, 2),
            (1_000, 1 << 40, 1),
            (1, 1 << 30, 0),
        ] {
            let histogram = Histogram::<u64>::new_with_bounds(low, high, digits).unwrap();
            let buckets = Buckets::new(low, digits).unwrap();
            let mut value = 0;
            let mut index = 0;
            while value <= high {
                assert_eq!(buckets.value(index), Some(value), "{low} {digits} {index}");
                assert_eq!(buckets.index(value), index);
                let last = histogram.highest_equivalent(value);
                assert_eq!(buckets.index(last), index);
                assert_eq!(buckets.middle(value), histogram.median_equivalent(value));
                value = histogram.next_non_equivalent(value);
                index += 1;
            }
            assert!(index > 10);
        }
    }

    #[test]
    fn what_no_histogram_has_is_none() {
        assert!(Buckets::new(0, 3).is_none());
        assert!(Buckets::new(1, 6).is_none());
        let buckets = Buckets::new(1, 3).unwrap();
        assert_eq!(buckets.value(usize::MAX), None);
        assert_eq!(buckets.value(55 << 10), None);
        assert!(buckets.value((55 << 10) - 1).is_some());
    }
}
