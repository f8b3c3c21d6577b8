//! Histograms, by their counts.
//!
//! What a bucket counts is a random number around what its neighbours count. Counts are therefore sorted
//! by two running means of the counts before them in their histogram, which whoever reads them knows too,
//! into streams of about equal numbers each. An entropy coder then needs little more than the noise: two
//! thirds of what the histograms take one by one, deflated.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use pco::{ChunkConfig, DeltaSpec, ModeSpec};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::buckets::Buckets;
use super::column::{Stream, bytes, coded, decoded};
use crate::histogram::{Summary, decode, encode};

/// What stands in a histogram's place: which it is.
const MARK: &str = "$histogram";

/// All histograms of a record. Each list but the last has an entry for each.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct PackedHistograms<'a> {
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
    #[serde(borrow)]
    streams: BTreeMap<usize, Text<'a>>,
    /// Absent in records from before 2026-11-29, and where a total is too large.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    totals: Option<PackedTotals<'a>>,
}

/// What histograms count, as columns: it follows from the counts, but not fast.
#[derive(Serialize, Deserialize)]
struct PackedTotals<'a> {
    /// How much each counts.
    #[serde(borrow)]
    counts: Text<'a>,
    /// The sum of the values of each, every value taken for the middle of its bucket.
    #[serde(borrow)]
    sums: Text<'a>,
}

/// A column, where it was read.
#[derive(Serialize, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

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

    /// Whether another 0 leaves them as they are.
    fn is_zero(self) -> bool {
        self.short == 0 && self.long == 0
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

/// What a histogram counts.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Total {
    count: u64,
    /// Of values, as [`PackedTotals`] has it.
    sum: u128,
}

impl Total {
    fn add(&mut self, middle: u64, count: u64) {
        self.count = self.count.saturating_add(count);
        let product = u128::from(middle) * u128::from(count);
        self.sum = self.sum.saturating_add(product);
    }

    fn text(self) -> String {
        let mean = match self.count {
            0 => 0.0,
            count => self.sum as f64 / count as f64,
        };
        Summary {
            count: self.count,
            mean,
        }
        .text()
    }
}

/// Histograms that are taken out of a document.
#[derive(Default)]
pub(super) struct Histograms {
    packed: PackedHistograms<'static>,
    streams: BTreeMap<usize, Vec<u64>>,
    totals: Vec<Total>,
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
        let (mut means, mut total) = (Means::default(), Total::default());
        let (mut value, mut buckets) = (first, 0);
        while value <= histogram.max() {
            let count = histogram.count_at(value);
            self.streams.entry(means.stream()).or_default().push(count);
            means.add(count);
            total.add(histogram.median_equivalent(value), count);
            buckets += 1;
            value = histogram.next_non_equivalent(value);
        }
        self.packed.low.push(histogram.low());
        self.packed.high.push(histogram.high());
        self.packed.digits.push(histogram.sigfig());
        self.packed.first.push(first);
        self.packed.buckets.push(buckets);
        self.totals.push(total);
    }

    pub(super) fn pack(mut self) -> Result<PackedHistograms<'static>> {
        let config = ChunkConfig::default()
            .with_mode_spec(ModeSpec::Classic)
            .with_delta_spec(DeltaSpec::NoOp);
        for (number, counts) in self.streams {
            let stream = coded(&counts, &config)?;
            self.packed.streams.insert(number, Text(stream.into()));
        }
        let counts: Vec<u64> = self.totals.iter().map(|total| total.count).collect();
        let sums = self
            .totals
            .iter()
            .map(|total| u64::try_from(total.sum).ok());
        if let Some(sums) = sums.collect::<Option<Vec<_>>>() {
            let column = |numbers: &[u64]| -> Result<Text<'static>> {
                Ok(Text(coded(numbers, &ChunkConfig::default())?.into()))
            };
            self.packed.totals = Some(PackedTotals {
                counts: column(&counts)?,
                sums: column(&sums)?,
            });
        }
        Ok(self.packed)
    }
}

impl PackedHistograms<'_> {
    /// Puts every histogram of a document back, or what it counts.
    ///
    /// # Errors
    /// Where they are damaged, or a document has one more.
    pub(super) fn put_back(&self, document: &mut Value, detail: Detail) -> Result<()> {
        let totals = self.totals()?;
        let texts = match (detail, &totals) {
            (Detail::Summary, Some(totals)) => totals.iter().map(|total| total.text()).collect(),
            _ => self.texts(document, totals.as_deref(), detail)?,
        };
        restore(&texts, document)
    }

    /// What each counts, where that is known without its counts.
    fn totals(&self) -> Result<Option<Vec<Total>>> {
        let Some(packed) = &self.totals else {
            return Ok(None);
        };
        let counts = decoded(&packed.counts.0).context("totals")?;
        let sums = decoded(&packed.sums.0).context("totals")?;
        let all = self.low.len();
        ensure!(
            counts.len() == all && sums.len() == all,
            "there are not as many totals as histograms"
        );
        let total = |(count, sum): (u64, u64)| Total {
            count,
            sum: sum.into(),
        };
        Ok(Some(counts.into_iter().zip(sums).map(total).collect()))
    }

    /// Of each histogram that is wanted in a document, what stands there. The counts of the others are passed over.
    fn texts(
        &self,
        document: &Value,
        totals: Option<&[Total]>,
        detail: Detail,
    ) -> Result<Vec<String>> {
        let mut wanted = BTreeSet::new();
        marked(document, &mut wanted);
        let columns = self.streams.iter();
        let columns: Vec<(usize, Vec<u8>)> = columns
            .map(|(&number, text)| Ok((number, bytes(&text.0)?)))
            .collect::<Result<_>>()?;
        // By number, because there are millions of counts.
        let mut streams: Vec<Option<Stream<'_>>> = Vec::new();
        for (number, bytes) in &columns {
            ensure!(
                *number <= Means::most_streams(),
                "there is no stream {number}"
            );
            streams.resize_with(streams.len().max(number + 1), || None);
            streams[*number] = Some(Stream::of(bytes)?);
        }
        let mut texts = Vec::new();
        for (number, &low) in self.low.iter().enumerate() {
            let parts = (
                self.high.get(number),
                self.digits.get(number),
                self.first.get(number),
                self.buckets.get(number),
            );
            let (Some(&high), Some(&digits), Some(&first), Some(&buckets)) = parts else {
                anyhow::bail!("histogram {number} is not whole");
            };
            let wanted = wanted.contains(&number);
            let whole = wanted && detail == Detail::Whole;
            let bounds = || Histogram::<u64>::new_with_bounds(low, high, digits);
            let mut histogram = whole
                .then(bounds)
                .transpose()
                .with_context(|| format!("histogram {number} has no such bounds"))?;
            let geometry = Buckets::new(low, digits);
            let geometry =
                geometry.with_context(|| format!("histogram {number} has no such bounds"))?;
            let mut total = Total::default();
            let index = geometry.index(first);
            each(&mut streams, buckets, |bucket, count| {
                let value = index.checked_add(bucket).and_then(|it| geometry.value(it));
                let value = value.context("a value is beyond all bounds")?;
                total.add(geometry.middle(value), count);
                if let Some(histogram) = &mut histogram {
                    histogram.record_n(value, count)?;
                }
                Ok(())
            })
            .with_context(|| format!("histogram {number}"))?;
            let told = totals.and_then(|totals| totals.get(number));
            ensure!(
                told.is_none_or(|told| *told == total),
                "histogram {number} does not count its total"
            );
            texts.push(match &histogram {
                Some(histogram) => encode(histogram)?,
                None if wanted => total.text(),
                None => String::new(),
            });
        }
        for stream in streams.iter_mut().flatten() {
            ensure!(stream.next()?.is_none(), "counts are left over");
        }
        Ok(texts)
    }
}

/// Does something for each bucket of the next histogram, of so many, that counts something.
///
/// # Errors
/// Where a count is missing or cannot be decoded, and what is done.
fn each(
    streams: &mut [Option<Stream<'_>>],
    buckets: usize,
    mut each: impl FnMut(usize, u64) -> Result<()>,
) -> Result<()> {
    let quiet = Means::default().stream();
    let mut means = Means::default();
    let mut bucket = 0;
    while bucket < buckets {
        if means.is_zero() {
            // Two thirds of all counts are zeros after zeros, and do not change what follows.
            if let Some(Some(stream)) = streams.get_mut(quiet) {
                bucket += stream.skip_zeros(buckets - bucket)?;
                if bucket == buckets {
                    break;
                }
            }
        }
        let stream = streams.get_mut(means.stream()).and_then(Option::as_mut);
        let count = stream.map(Stream::next).transpose()?.flatten();
        let count = count.context("it is too short")?;
        means.add(count);
        if count > 0 {
            each(bucket, count)?;
        }
        bucket += 1;
    }
    Ok(())
}

/// Puts texts in the places of histograms.
///
/// # Errors
/// Where there is none for a place.
fn restore(texts: &[String], value: &mut Value) -> Result<()> {
    if let Some(number) = value.get(MARK).and_then(Value::as_u64) {
        let text = usize::try_from(number)
            .ok()
            .and_then(|number| texts.get(number));
        let text = text.with_context(|| format!("there is no histogram {number}"))?;
        *value = Value::String(text.clone());
        return Ok(());
    }
    match value {
        Value::Object(fields) => fields
            .values_mut()
            .try_for_each(|value| restore(texts, value)),
        Value::Array(values) => values
            .iter_mut()
            .try_for_each(|value| restore(texts, value)),
        _ => Ok(()),
    }
}
