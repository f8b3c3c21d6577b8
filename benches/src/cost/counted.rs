//! Instructions and allocations per request, counted by valgrind.
//!
//! They are nearly the same each time, on any machine of the same architecture, and so show what a
//! change to a server did. They do not rank servers: an instruction costs what it costs, and the
//! kernel's are not among them. Counting by hardware, where there is any, would vary with the
//! machine and could not be compared with what was counted elsewhere.
//!
//! Everything a server does besides, such as to start and to end, is in the count of a process; so
//! it is counted twice, with and without further requests, and the difference is theirs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use quartet_conformance::servers::{Process, StartOptions};
use quartet_record::cost::{FunctionGroup, GroupCost, RequestCost, TOOL};
use quartet_record::plan::Lane;

use super::groups;
use super::process::{end, wrapped};
use crate::probe::{ask, connect};
use crate::subject::Subject;

/// Requests of the shorter of two counts; the longer has twice as many.
const REQUESTS: usize = 500;

/// Has callgrind say nothing itself.
const QUIET: &str = "--log-file=/dev/null";

/// The option by which callgrind is told where to write.
const CALLGRIND_FILE: &str = "--callgrind-out-file";

/// Why allocations are not known though instructions are.
pub(super) const UNSEEN: &str = "memcheck saw none, because it replaces the C library's allocator \
     only if that is linked dynamically";

/// The most descriptors of a server under valgrind, which keeps a table of as many, and does not start
/// where that is too large; more than one connection takes.
const DESCRIPTORS: u32 = 1024;

/// Whether requests of a lane can be counted: it asks by one GET over and over.
pub(crate) fn counts(lane: Lane) -> bool {
    matches!(lane, Lane::Item | Lane::List)
}

/// Refuses to count where nothing can.
///
/// # Errors
/// Where there is no valgrind.
pub(crate) fn present() -> Result<()> {
    let asked = Command::new(TOOL)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    ensure!(
        asked.is_ok_and(|output| output.status.success()),
        "`{TOOL}`, which counts instructions, is not installed"
    );
    Ok(())
}

/// Counts for a server. None where it is not asked in this lane by one GET over and over.
///
/// # Errors
/// Where there is no valgrind, or the server does not run under it or answers wrongly.
pub(crate) fn per_request(subject: &Subject<'_>, lane: Lane) -> Result<Option<RequestCost>> {
    let Some(path) = lane.path().filter(|_| counts(lane)) else {
        return Ok(None);
    };
    present()?;
    let count = |tool: &[&str], option, requests| counted(subject, tool, option, path, requests);
    let instructions = |requests| {
        instructions(&count(
            &["--tool=callgrind", QUIET],
            CALLGRIND_FILE,
            requests,
        )?)
    };
    let allocations = |requests| {
        let tool = [
            "--tool=memcheck",
            "--leak-check=no",
            "--undef-value-errors=no",
        ];
        allocations(&count(&tool, "--log-file", requests)?)
    };
    // No program starts and answers without an allocation: a count of none is no count.
    let seen = allocations(REQUESTS)?.zip(allocations(2 * REQUESTS)?);
    Ok(Some(RequestCost {
        instructions: each(instructions(REQUESTS)?, instructions(2 * REQUESTS)?),
        allocations: seen.map(|(fewer, more)| each(fewer.0, more.0)),
        allocated_bytes: seen.map(|(fewer, more)| each(fewer.1, more.1)),
        groups: BTreeMap::new(),
    }))
}

/// Counts for a server that was built with the names of its functions from sources in `root`, by groups of them.
///
/// # Errors
/// Where the server does not run under valgrind or answers wrongly, and where callgrind's file is not what it was.
pub(super) fn by_group(
    subject: &Subject<'_>,
    path: &str,
    root: &Path,
) -> Result<BTreeMap<FunctionGroup, GroupCost>> {
    // Compilers name sources by where they really are.
    let root = fs::canonicalize(root).context("cannot find the server's sources")?;
    let callers = format!("--separate-callers={}", groups::CALLERS);
    // Callgrind's own names of Rust's functions depend on its version.
    let tool = ["--tool=callgrind", QUIET, "--demangle=no", &callers];
    let totals = |requests| {
        let report = counted(subject, &tool, CALLGRIND_FILE, path, requests)?;
        groups::totals(&report, &root)
    };
    let (fewer, more) = (totals(REQUESTS)?, totals(2 * REQUESTS)?);
    Ok(groups::per_request(&fewer, &more, REQUESTS))
}

/// What a tool reports of a server that answers so many requests.
fn counted(
    subject: &Subject<'_>,
    tool: &[&str],
    option: &str,
    path: &str,
    requests: usize,
) -> Result<String> {
    let place = tempfile::tempdir().context("cannot make a temporary directory")?;
    let report = place.path().join("count");
    let mut arguments: Vec<String> = tool.iter().map(|&word| word.to_owned()).collect();
    arguments.push(format!("{option}={}", report.display()));
    run(Path::new(TOOL), subject, arguments, path, requests)?;
    fs::read_to_string(&report).with_context(|| format!("`{TOOL}` reported nothing"))
}

/// What the longer count's further requests cost each.
fn each(fewer: u64, more: u64) -> f64 {
    (more as f64 - fewer as f64) / REQUESTS as f64
}

/// Runs the server under a tool, has it answer, and ends it.
fn run(
    tool: &Path,
    subject: &Subject<'_>,
    arguments: Vec<String>,
    path: &str,
    requests: usize,
) -> Result<()> {
    let server = wrapped(subject.server, arguments, &subject.artifact.program);
    let options = StartOptions {
        program: Some(tool.to_owned()),
        workers: Some(1),
        most_descriptors: Some(DESCRIPTORS),
        ..StartOptions::default()
    };
    let process = Process::start(&server, &options)?;
    let mut stream = connect(process.address())?;
    for _ in 0..requests {
        let (status, _) = ask(&mut stream, process.address(), path)?;
        ensure!(status == 200, "GET {path} answers {status}, not 200");
    }
    drop(stream);
    end(process)
}

/// The sum at the end of callgrind's file: `totals: 123`, or `summary: 123` of older versions.
fn instructions(report: &str) -> Result<u64> {
    let of_line = |line: &str| {
        let sum = line
            .strip_prefix("totals:")
            .or(line.strip_prefix("summary:"))?;
        sum.split_ascii_whitespace().next()?.parse().ok()
    };
    report
        .lines()
        .rev()
        .find_map(of_line)
        .context("callgrind's file has no sum")
}

/// Number and bytes, of memcheck's `total heap usage: 1,234 allocs, 1,200 frees, 5,678 bytes
/// allocated`. None where it counted none.
fn allocations(report: &str) -> Result<Option<(u64, u64)>> {
    let of_line = |line: &str| {
        let (_, usage) = line.split_once("total heap usage:")?;
        let mut numbers = usage
            .split_ascii_whitespace()
            .filter_map(|word| word.replace(',', "").parse::<u64>().ok());
        let (allocations, _, bytes) = (numbers.next()?, numbers.next()?, numbers.next()?);
        Some((allocations, bytes))
    };
    let usage = report.lines().find_map(of_line);
    let usage = usage.context("memcheck's report has no heap usage")?;
    Ok(Some(usage).filter(|&(allocations, _)| allocations > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callgrinds_sum_is_read() {
        let report = "events: Ir\nfn=main\n1 20\nsummary: 21\n\ntotals: 2104567\n";
        assert_eq!(instructions(report).unwrap(), 2_104_567);
        assert_eq!(instructions("events: Ir\nsummary: 21\n").unwrap(), 21);
        assert!(instructions("events: Ir\n").is_err());
    }

    #[test]
    fn memchecks_sums_are_read() {
        let report = "==7== HEAP SUMMARY:\n==7==     in use at exit: 1,024 bytes in 9 blocks\n\
                      ==7==   total heap usage: 12,345 allocs, 12,336 frees, 6,789,012 bytes \
                      allocated\n";
        assert_eq!(allocations(report).unwrap(), Some((12_345, 6_789_012)));
        let none = "==7==   total heap usage: 0 allocs, 0 frees, 0 bytes allocated\n";
        assert_eq!(allocations(none).unwrap(), None);
        assert!(allocations("==7== killed\n").is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_tool_has_few_descriptors_whatever_the_limit_is() {
        use crate::testing::stand_in::{HELLO, StandIn, response};
        let server = StandIn::answering(|_| response(200, "application/json", HELLO));
        // In the tool's place, a shell that says what it may open.
        let arguments = ["-c", "ulimit -Sn >&2; ulimit -Hn >&2; exit 7"];
        let arguments = arguments.map(str::to_owned).to_vec();
        let run = run(
            Path::new("sh"),
            &server.subject(),
            arguments,
            "/greetings/en",
            1,
        );
        let said = format!("{:#}", run.unwrap_err());
        assert!(said.trim_end().ends_with("1024\n1024"), "{said:?}");
    }

    #[test]
    fn requests_share_the_difference() {
        assert!((each(1_000_000, 1_000_000 + 21_384 * REQUESTS as u64) - 21_384.0).abs() < 1e-9);
        assert!(each(10, 5) < 0.0);
    }
}
