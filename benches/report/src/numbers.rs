//! Numbers as tables show them.

use quartet_analysis::Range;
use quartet_analysis::statistics::Ratio;

/// A whole number in groups of three digits: 150,123.
pub fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with one digit after the point, never of less than nothing by rounding: 12.0.
pub fn tenths(value: f64) -> String {
    // What is rounded to a negative zero is none.
    format!("{:.1}", (10.0 * value).round() / 10.0 + 0.0)
}

/// A change in percent, with its sign: +1.2, -0.3, and 0.0 for what is rounded to it.
pub(crate) fn signed(percent: f64) -> String {
    match tenths(percent).as_str() {
        "0.0" => "0.0".to_owned(),
        _ => format!("{percent:+.1}"),
    }
}

/// 0.848 (0.841 to 0.855).
pub(crate) fn interval(ratio: Ratio) -> String {
    format!(
        "{:.3} ({:.3} to {:.3})",
        ratio.estimate, ratio.low, ratio.high
    )
}

/// Nanoseconds as microseconds.
pub(crate) fn microseconds(nanoseconds: f64) -> String {
    format!("{:.2}", nanoseconds / 1e3)
}

/// Nanoseconds as milliseconds.
pub(crate) fn milliseconds(nanoseconds: f64) -> String {
    format!("{:.1}", nanoseconds / 1e6)
}

/// Nanoseconds as seconds.
pub(crate) fn seconds(nanoseconds: u64) -> String {
    format!("{:.1}", nanoseconds as f64 / 1e9)
}

/// Bytes as millions of bytes.
pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{:.1}", bytes / 1e6)
}

/// Bytes of several starts as millions of bytes, with the lowest and the highest where these show:
/// 5.42 (5.31–5.60).
pub(crate) fn megabytes_of(range: Range) -> String {
    let [median, lowest, highest] =
        [range.median, range.lowest, range.highest].map(|bytes| format!("{:.2}", bytes / 1e6));
    if lowest == highest {
        median
    } else {
        format!("{median} ({lowest}–{highest})")
    }
}

/// A quantile in percent, without needless decimals: 99.9.
pub(crate) fn percent_of(quantile: f64) -> String {
    let percent = format!("{:.3}", 100.0 * quantile);
    percent
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// A share that somebody typed in percent, such as `3 %`.
pub fn percentage(share: f64) -> String {
    format!("{} %", (1e6 * share).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!(thousands(0.0), "0");
        assert_eq!(thousands(999.4), "999");
        assert_eq!(thousands(1000.0), "1,000");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }

    #[test]
    fn quantiles_are_written_as_percent() {
        let quantiles = [0.5, 0.9, 0.99, 0.999];
        assert_eq!(quantiles.map(percent_of), ["50", "90", "99", "99.9"]);
    }

    #[test]
    fn units_are_scaled() {
        assert_eq!(microseconds(6_543.0), "6.54");
        assert_eq!(milliseconds(3_040_000.0), "3.0");
        assert_eq!(seconds(34_960_000_000), "35.0");
        assert_eq!(megabytes(1_550_000.0), "1.6");
        let range = |lowest, highest| Range {
            median: 1_550_000.0,
            lowest,
            highest,
            starts: 5,
        };
        assert_eq!(
            megabytes_of(range(1_540_000.0, 1_610_000.0)),
            "1.55 (1.54–1.61)"
        );
        assert_eq!(megabytes_of(range(1_549_000.0, 1_551_000.0)), "1.55");
        let ratio = Ratio {
            estimate: 0.8481,
            low: 0.84,
            high: 0.8555,
        };
        assert_eq!(interval(ratio), "0.848 (0.840 to 0.856)");
    }
}
