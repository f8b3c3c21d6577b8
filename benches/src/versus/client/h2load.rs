//! h2load: how it is told, and what its answer says.

use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::versus::said::Said;

pub(super) fn ask(command: &mut Command, connections: usize, seconds: u64) -> &mut Command {
    command
        // Connections that it opens after its time has begun to run are never closed by 1.52, which
        // then does not end.
        .args(["--h1", "--threads=1", "--warm-up-time=1"])
        .arg(format!("--clients={connections}"))
        .arg(format!("--duration={seconds}"))
}

/// Its summary, if all answers were right.
pub(super) fn read(output: &str) -> Result<Said> {
    let mut rate = None;
    for line in output.lines() {
        if let Some(rest) = line.strip_prefix("finished in ") {
            let told = rest
                .split(", ")
                .nth(1)
                .and_then(|part| part.split_once(" req/s"));
            let (number, _) = told.with_context(|| format!("h2load reports no rate: {line}"))?;
            let number: f64 = number
                .parse()
                .with_context(|| format!("h2load's rate is no number: {line}"))?;
            rate = Some(number);
        }
        if let Some(counts) = line.strip_prefix("requests: ") {
            let is_right = |part: &str| {
                let is_failure = ["failed", "errored", "timeout"]
                    .iter()
                    .any(|label| part.ends_with(label));
                !is_failure || part.starts_with("0 ")
            };
            ensure!(
                counts.split(", ").all(is_right),
                "h2load reports failures: {line}"
            );
        }
    }
    match rate {
        Some(rate) => Ok(Said { rate, median: None }),
        None => bail!("h2load reports no rate:\n{output}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_read() {
        let said = read(
            "starting benchmark...\n\nfinished in 1.01s, 30443.00 req/s, 6.13MB/s\n\
            requests: 30443 total, 30507 started, 30443 done, 30443 succeeded, 0 failed, \
            0 errored, 0 timeout\n",
        );
        let rate = 30_443.0;
        assert_eq!(said.unwrap(), Said { rate, median: None });
    }

    #[test]
    fn failures_and_missing_rates_are_refused() {
        for output in [
            "finished in 1.01s, 30443.00 req/s, 6.13MB/s\nrequests: 9 total, 8 succeeded, 1 failed\n",
            "finished in 1.01s, 30443.00 req/s, 6.13MB/s\nrequests: 9 total, 10 errored\n",
            "finished in 1.01s\n",
            "finished in 1.01s, many req/s, 6.13MB/s\n",
            "",
        ] {
            assert!(read(output).is_err(), "{output}");
        }
    }
}
