//! wrk: how it is told, and what its answer says.

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};

use crate::versus::said::Said;

pub(super) fn ask(command: &mut Command, connections: usize, seconds: u64) -> &mut Command {
    command
        .args(["--threads=1", "--latency"])
        .arg(format!("--connections={connections}"))
        .arg(format!("--duration={seconds}s"))
}

/// Its summary, if it has no errors to report.
pub(super) fn read(output: &str) -> Result<Said> {
    let mut median = None;
    for line in output.lines().map(str::trim) {
        let is_failure = ["Socket errors:", "Non-2xx or 3xx responses:"]
            .iter()
            .any(|label| line.starts_with(label));
        ensure!(!is_failure, "wrk reports failures: {line}");
        if let Some(latency) = line.strip_prefix("50%") {
            median = Some(duration(latency.trim())?);
        }
        if let Some(rate) = line.strip_prefix("Requests/sec:") {
            let rate = rate
                .trim()
                .parse()
                .with_context(|| format!("wrk's rate is no number: {line}"))?;
            return Ok(Said { rate, median });
        }
    }
    bail!("wrk reports no rate:\n{output}")
}

/// A duration as wrk writes it: `353.63us`, `1.52ms`, `2.00s`.
fn duration(text: &str) -> Result<Duration> {
    let (number, unit) = text.split_at(text.find(char::is_alphabetic).unwrap_or(text.len()));
    let unit = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => bail!("wrk's latency has no known unit: {text}"),
    };
    let seconds = number.parse::<f64>().ok().map(|number| number * unit);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .with_context(|| format!("wrk's latency is no duration: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "Running 2s test @ http://127.0.0.1:8000/greetings/en\n  \
        1 threads and 64 connections\n  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    \
        Latency   353.63us  186.67us   7.31ms   98.04%\n    Req/Sec   174.40k    12.13k  \
        191.41k    70.00%\n  Latency Distribution\n     50%  331.00us\n     75%  374.00us\n     \
        90%    1.02ms\n     99%    4.38ms\n  347214 requests in 2.00s, 69.87MB read\n";

    #[test]
    fn the_summary_is_read() {
        let output = format!("{SUMMARY}Requests/sec: 173547.27\nTransfer/sec:     34.92MB\n");
        let said = read(&output).unwrap();
        assert_eq!(said.rate, 173_547.27);
        assert_eq!(said.median, Some(Duration::from_micros(331)));
    }

    #[test]
    fn failures_and_missing_rates_are_refused() {
        for line in [
            "  Socket errors: connect 0, read 5, write 0, timeout 0\nRequests/sec: 1.0\n",
            "  Non-2xx or 3xx responses: 347214\nRequests/sec: 1.0\n",
            "Requests/sec: fast\n",
            "",
        ] {
            assert!(read(&format!("{SUMMARY}{line}")).is_err(), "{line}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("1.52ms").unwrap(), Duration::from_micros(1520));
        assert_eq!(duration("2.00s").unwrap(), Duration::from_secs(2));
        for text in ["1.52", "ms", "1.52 parsecs", "-1us", ""] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
