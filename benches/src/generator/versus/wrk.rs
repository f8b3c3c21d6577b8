use std::{fmt, io::ErrorKind, net::SocketAddr, process::Command};

use anyhow::{Context as _, Result, bail, ensure};

/// The `wrk` on PATH.
#[derive(Debug)]
pub(super) struct Wrk {
    version: String,
}

impl Wrk {
    /// Finds it, or says how to install it.
    pub(super) fn find() -> Result<Self> {
        // Asked for its version, wrk prints it, then its usage, and exits with 1.
        let output = match Command::new("wrk").arg("--version").output() {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(
                "wrk is not on PATH, and the comparison needs it: `apt install wrk`, \
                 `brew install wrk`, or build it from https://github.com/wg/wrk"
            ),
            Err(error) => return Err(error).context("cannot start wrk"),
        };
        let said = String::from_utf8_lossy(&output.stdout);
        let version = said.split(" [").next().unwrap_or_default();
        ensure!(
            version.starts_with("wrk "),
            "`wrk --version` does not answer as wrk does"
        );
        Ok(Self {
            version: version.to_owned(),
        })
    }

    /// Runs it on one thread, where the calling thread may run, and returns requests per second.
    pub(super) fn rate(
        &self,
        address: SocketAddr,
        path: &str,
        connections: usize,
        seconds: u64,
    ) -> Result<f64> {
        let output = Command::new("wrk")
            .arg("--threads=1")
            .arg(format!("--connections={connections}"))
            .arg(format!("--duration={seconds}s"))
            .arg(format!("http://{address}{path}"))
            .output()
            .context("cannot start wrk")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "wrk failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        rate_in(&said)
    }
}

impl fmt::Display for Wrk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.version)
    }
}

/// Requests per second in the output of `wrk`, if it has no errors to report.
fn rate_in(output: &str) -> Result<f64> {
    for line in output.lines().map(str::trim) {
        let is_failure = ["Socket errors:", "Non-2xx or 3xx responses:"]
            .iter()
            .any(|label| line.starts_with(label));
        ensure!(!is_failure, "wrk reports failures: {line}");
        if let Some(rate) = line.strip_prefix("Requests/sec:") {
            return rate
                .trim()
                .parse()
                .with_context(|| format!("wrk's rate is no number: {line}"));
        }
    }
    bail!("wrk reports no rate:\n{output}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "Running 2s test @ http://127.0.0.1:8000/greetings/en\n  \
        1 threads and 64 connections\n  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    \
        Latency   353.63us  186.67us   7.31ms   98.04%\n    Req/Sec   174.40k    12.13k  \
        191.41k    70.00%\n  347214 requests in 2.00s, 69.87MB read\n";

    #[test]
    fn the_rate_is_read_from_the_summary() {
        let output = format!("{SUMMARY}Requests/sec: 173547.27\nTransfer/sec:     34.92MB\n");
        assert_eq!(rate_in(&output).unwrap(), 173_547.27);
    }

    #[test]
    fn failures_and_missing_rates_are_refused() {
        for line in [
            "  Socket errors: connect 0, read 5, write 0, timeout 0\nRequests/sec: 1.0\n",
            "  Non-2xx or 3xx responses: 347214\nRequests/sec: 1.0\n",
            "Requests/sec: fast\n",
            "",
        ] {
            assert!(rate_in(&format!("{SUMMARY}{line}")).is_err(), "{line}");
        }
    }
}
