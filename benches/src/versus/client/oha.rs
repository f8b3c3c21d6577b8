//! oha: how it is told, and what its answer says.

use std::{collections::BTreeMap, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::versus::said::Said;

pub(super) fn ask(command: &mut Command, connections: usize, seconds: u64) -> &mut Command {
    command
        .args(["--no-tui", "--output-format=json"])
        // What is in flight at the end is an error otherwise.
        .arg("--wait-ongoing-requests-after-deadline")
        .arg("-c")
        .arg(connections.to_string())
        .arg("-z")
        .arg(format!("{seconds}s"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    summary: Summary,
    latency_percentiles: Percentiles,
    status_code_distribution: BTreeMap<String, u64>,
    error_distribution: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    requests_per_sec: f64,
}

#[derive(Deserialize)]
struct Percentiles {
    /// Seconds; none without requests.
    p50: Option<f64>,
}

/// Its summary, if all answers were right.
pub(super) fn read(output: &str) -> Result<Said> {
    let output: Output = serde_json::from_str(output).context("oha does not answer as expected")?;
    let (errors, statuses) = (&output.error_distribution, &output.status_code_distribution);
    ensure!(errors.is_empty(), "oha reports failures: {errors:?}");
    ensure!(
        statuses.keys().all(|status| status == "200"),
        "oha reports failures: {statuses:?}"
    );
    let median = output.latency_percentiles.p50;
    Ok(Said {
        rate: output.summary.requests_per_sec,
        median: median.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(statuses: &str, errors: &str) -> String {
        format!(
            r#"{{"summary": {{"successRate": 1.0, "requestsPerSec": 30443.5}},
                "latencyPercentiles": {{"p10": 0.001, "p50": 0.00152}},
                "statusCodeDistribution": {statuses}, "errorDistribution": {errors}}}"#
        )
    }

    #[test]
    fn the_summary_is_read() {
        let said = read(&output(r#"{"200": 30443}"#, "{}")).unwrap();
        assert_eq!(said.rate, 30_443.5);
        assert_eq!(said.median, Some(Duration::from_micros(1520)));
    }

    #[test]
    fn failures_are_refused() {
        let refused = r#"{"connection refused": 1}"#;
        for output in [
            output(r#"{"200": 30443}"#, refused),
            output(r#"{"200": 30443, "404": 1}"#, "{}"),
            String::new(),
        ] {
            assert!(read(&output).is_err(), "{output}");
        }
    }
}
