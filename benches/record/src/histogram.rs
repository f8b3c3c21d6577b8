//! Histograms as a record holds them.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2Serializer};

/// A histogram as a record holds it: HdrHistogram V2 in base64. Not compressed, for the whole record is.
///
/// # Errors
/// Where it is too large for its form, which takes 2^63 counts.
pub fn encode(histogram: &Histogram<u64>) -> Result<String> {
    let mut bytes = Vec::new();
    V2Serializer::new()
        .serialize(histogram, &mut bytes)
        .context("cannot encode a histogram")?;
    Ok(BASE64_STANDARD.encode(bytes))
}

/// The histogram a record holds, compressed or not. It grows as others are added to it.
///
/// # Errors
/// Where the text is not one.
pub fn decode(text: &str) -> Result<Histogram<u64>> {
    let bytes = BASE64_STANDARD
        .decode(text)
        .context("a histogram is not base64")?;
    let mut histogram = Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .map_err(|error| anyhow::anyhow!("a histogram is damaged: {error}"))?;
    histogram.auto(true);
    Ok(histogram)
}

/// How a histogram is told from its summary.
const SUMMARY: &str = "sum ";

/// What of a histogram is enough to check it against its slices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// What it counts.
    pub count: u64,
    /// The mean of its values.
    pub mean: f64,
}

impl Summary {
    /// Of what a record holds as a histogram, or as a summary where the record was read without histograms.
    ///
    /// # Errors
    /// Where the text is neither.
    pub fn of(text: &str) -> Result<Self> {
        let Some(parts) = text.strip_prefix(SUMMARY) else {
            let histogram = decode(text)?;
            return Ok(Self {
                count: histogram.len(),
                mean: histogram.mean(),
            });
        };
        let (count, mean) = parts.split_once(' ').context("a summary is not whole")?;
        Ok(Self {
            count: count.parse()?,
            mean: mean.parse()?,
        })
    }

    /// As it stands in a record in a histogram's place.
    pub(crate) fn text(self) -> String {
        format!("{SUMMARY}{} {}", self.count, self.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::V2DeflateSerializer;

    #[test]
    fn a_summary_is_that_of_the_histogram_and_is_read_again() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        histogram.record_n(400_000, 3).unwrap();
        histogram.record(900_000).unwrap();
        let whole = Summary::of(&encode(&histogram).unwrap()).unwrap();
        assert_eq!((whole.count, whole.mean), (4, histogram.mean()));
        assert_eq!(Summary::of(&whole.text()).unwrap(), whole);
        assert!(Summary::of("sum 4").is_err());
        assert!(Summary::of("????").is_err());
    }

    #[test]
    fn histograms_survive() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        histogram.record_n(400_000, 1_000).unwrap();
        histogram.record(900_000).unwrap();
        let mut decoded = decode(&encode(&histogram).unwrap()).unwrap();
        assert_eq!(decoded, histogram);
        let mut slower = Histogram::<u64>::new(3).unwrap();
        slower.record(60_000_000_000).unwrap();
        decoded.add(&slower).unwrap();
        assert_eq!(decoded.len(), 1_002);
        assert!(decode("????").is_err());
        assert!(decode("AAAA").is_err());
    }

    #[test]
    fn compressed_ones_of_older_records_are_read() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        histogram.record_n(400_000, 1_000).unwrap();
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&histogram, &mut bytes)
            .unwrap();
        let text = BASE64_STANDARD.encode(bytes);
        assert_eq!(decode(&text).unwrap(), histogram);
    }
}
