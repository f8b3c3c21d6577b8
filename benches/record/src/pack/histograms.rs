//! Histograms, by their counts.
//!
//! What a bucket counts is a random number around what its neighbours count. Counts are therefore sorted
//! by two running means of the counts before them in their histogram, which whoever reads them knows too,
//! into streams of about equal numbers each. An entropy coder then needs little more than the noise: two
//! thirds of what the histograms take one by one, deflated.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use pco::{ChunkConfig, DeltaSpec, ModeSpec};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::column::{coded, decoded};
use crate::histogram::{Summary, decode, encode};

/// What stands in a histogram's place: which it is.
const MARK: &str = "$histogram";

/// All histograms of a record. Each list but the last has an entry for each.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct PackedHistograms {
    /// The lowest value that is told from 0.
    low: Vec<u64>,
    /// The highest value that can be counted.
    high: Vec<u64>,
    /// Significant digits of values.
    digits: Vec<u8>,
    /// The lowest value of the first bucket that counts something.
    first: Vec<u64>,
    /// Buckets from that to the last that counts something.
    buckets: Vec<usize>,
    /// Counts, in the order of buckets and histograms, by [`Means::stream`]: each stream is a standalone
    /// pco file in base64.
    streams: BTreeMap<usize, String>,
}

/// What is put back in a histogram's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The histogram.
    Whole,
    /// How much it counts, and the mean.
    Summary,
}

/// The mean of the counts before a bucket, in 64ths: once of about the last two and once of about the last eight.
#[derive(Clone, Copy, Default)]
struct Means {
    short: u64,
    long: u64,
}

impl Means {
    /// Beyond it counts are alike.
    const MOST: u64 = 1 << 40;

    fn add(&mut self, count: u64) {
        let count = count.min(Self::MOST) * 64;
        self.short = (self.short + count) / 2;
        self.long = (self.long * 7 + count) / 8;
    }

    /// No count is in a stream of a higher number.
    fn most_streams() -> usize {
        let highest = Self {
            short: Self::MOST * 64,
            long: Self::MOST * 64,
        };
        highest.stream() + 3
    }

    /// Which stream the next count is in: four steps for each doubling of the long mean, and within each
    /// step four by how the short mean compares with it.
    fn stream(self) -> usize {
        let level = self.long / 4;
        let step = if level < 8 {
            level
        } else {
            let doublings = u64::from(level.ilog2()) - 3;
            8 + 4 * doublings + ((level >> (doublings + 1)) & 3)
        };
        // 2 × short ÷ long, at most 3: without a division, which takes as long as all the rest.
        let (short, long) = (2 * (self.short + 16), self.long + 16);
        let slope = [long, 2 * long, 3 * long];
        let slope: u64 = slope.into_iter().map(|step| u64::from(short >= step)).sum();
        usize::try_from(4 * step + slope).unwrap_or(usize::MAX)
    }
}

/// The numbers of the histograms that stand in a document.
fn marked(value: &Value, numbers: &mut BTreeSet<usize>) {
    match value {
        Value::Object(fields) => match fields.get(MARK).and_then(Value::as_u64) {
            Some(number) => numbers.extend(usize::try_from(number)),
            None => fields.values().for_each(|value| marked(value, numbers)),
        },
        Value::Array(values) => values.iter().for_each(|value| marked(value, numbers)),
        _ => {}
    }
}

/// The counts of histograms, one after the other.
struct Counts<'a> {
    streams: &'a mut [std::vec::IntoIter<u64>],
    means: Means,
}

impl Counts<'_> {
    /// The next one of the same histogram; none where its stream is at its end.
    #[inline]
    fn next(&mut self) -> Option<u64> {
        let count = self.streams.get_mut(self.means.stream())?.next()?;
        self.means.add(count);
        Some(count)
    }
}

/// A histogram from its lowest bucket on, as it stands in a document; none where a count is missing. An empty one is given.
///
/// # Errors
/// Where a value is beyond its bounds.
fn text(
    histogram: &mut Histogram<u64>,
    first: u64,
    counts: &mut impl Iterator<Item = Option<u64>>,
    detail: Detail,
) -> Result<Option<String>> {
    let mut value = first;
    let (mut sum, mut all) = (0.0, 0_u64);
    for count in counts {
        let Some(count) = count else {
            return Ok(None);
        };
        match detail {
            _ if count == 0 => {}
            Detail::Whole => histogram.record_n(value, count)?,
            Detail::Summary => {
                sum += histogram.median_equivalent(value) as f64 * count as f64;
                all = all.saturating_add(count);
            }
        }
        value = histogram.next_non_equivalent(value);
    }
    let text = match detail {
        Detail::Whole => encode(histogram)?,
        Detail::Summary => Summary {
            count: all,
            mean: if all == 0 { 0.0 } else { sum / all as f64 },
        }
        .text(),
    };
    Ok(Some(text))
}

/// Histograms that are taken out of a document, or put back.
#[derive(Default)]
pub(super) struct Histograms {
    texts: Vec<String>,
    packed: PackedHistograms,
    streams: BTreeMap<usize, Vec<u64>>,
}

impl Histograms {
    /// Takes every histogram out of a document.
    pub(super) fn take(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| self.take(value)),
            Value::Array(values) => values.iter_mut().for_each(|value| self.take(value)),
            // The cookies of HdrHistogram V2, in base64, begin so.
            Value::String(text) if text.starts_with("HIST") => {
                // What is no histogram stays as it is.
                if let Some(histogram) = decode(text).ok().filter(|found| !found.is_empty()) {
                    *value = json!({ MARK: self.packed.low.len() });
                    self.add(&histogram);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, histogram: &Histogram<u64>) {
        let first = histogram.lowest_equivalent(histogram.min());
        let mut means = Means::default();
        let (mut value, mut buckets) = (first, 0);
        while value <= histogram.max() {
            let count = histogram.count_at(value);
            self.streams.entry(means.stream()).or_default().push(count);
            means.add(count);
            buckets += 1;
            value = histogram.next_non_equivalent(value);
        }
        self.packed.low.push(histogram.low());
        self.packed.high.push(histogram.high());
        self.packed.digits.push(histogram.sigfig());
        self.packed.first.push(first);
        self.packed.buckets.push(buckets);
    }

    pub(super) fn pack(mut self) -> Result<PackedHistograms> {
        let config = ChunkConfig::default()
            .with_mode_spec(ModeSpec::Classic)
            .with_delta_spec(DeltaSpec::NoOp);
        for (number, counts) in self.streams {
            let stream = coded(&counts, &config)?;
            self.packed.streams.insert(number, stream);
        }
        Ok(self.packed)
    }

    /// Unpacks those that are still wanted in a document. The counts of the others are passed over.
    pub(super) fn unpack(
        packed: &PackedHistograms,
        document: &Value,
        detail: Detail,
    ) -> Result<Self> {
        let mut wanted = BTreeSet::new();
        marked(document, &mut wanted);
        // By number, because there are millions of counts.
        let mut streams: Vec<std::vec::IntoIter<u64>> = Vec::new();
        for (&number, text) in &packed.streams {
            ensure!(
                number <= Means::most_streams(),
                "there is no stream {number}"
            );
            streams.resize_with(streams.len().max(number + 1), Default::default);
            streams[number] = decoded(text)?.into_iter();
        }
        let mut texts = Vec::new();
        for (number, &low) in packed.low.iter().enumerate() {
            let parts = (
                packed.high.get(number),
                packed.digits.get(number),
                packed.first.get(number),
                packed.buckets.get(number),
            );
            let (Some(&high), Some(&digits), Some(&first), Some(&buckets)) = parts else {
                anyhow::bail!("histogram {number} is not whole");
            };
            let mut counts = Counts {
                streams: &mut streams,
                means: Means::default(),
            };
            let mut all = (0..buckets).map(|_| counts.next());
            let text = if wanted.contains(&number) {
                let bounds = Histogram::<u64>::new_with_bounds(low, high, digits);
                let mut histogram =
                    bounds.with_context(|| format!("histogram {number} has no such bounds"))?;
                text(&mut histogram, first, &mut all, detail)?
            } else {
                // Where the next one begins is known from these alone.
                all.all(|count| count.is_some()).then(String::new)
            };
            texts.push(text.with_context(|| format!("histogram {number} is too short"))?);
        }
        ensure!(
            streams.iter().all(|stream| stream.len() == 0),
            "counts are left over"
        );
        Ok(Self {
            texts,
            ..Self::default()
        })
    }

    /// Puts every histogram back.
    pub(super) fn restore(&self, value: &mut Value) -> Result<()> {
        let mark = value.get(MARK).and_then(Value::as_u64);
        if let Some(number) = mark {
            let text = usize::try_from(number)
                .ok()
                .and_then(|number| self.texts.get(number));
            let text = text.with_context(|| format!("there is no histogram {number}"))?;
            *value = Value::String(text.clone());
            return Ok(());
        }
        match value {
            Value::Object(fields) => fields
                .values_mut()
                .try_for_each(|value| self.restore(value)),
            Value::Array(values) => values.iter_mut().try_for_each(|value| self.restore(value)),
            _ => Ok(()),
        }
    }
}
