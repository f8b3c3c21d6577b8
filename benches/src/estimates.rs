//! What criterion estimated, and of what: the benches `dispatch`, `payload` and `originals` beside
//! the load run.
//!
//! Criterion keeps its estimates in a directory for each benchmark, and nothing of the machine.
//! The benches therefore leave a note beside them ([`note`]). What a report shows of them is in the
//! record: `cargo compare attach` puts it there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;
use quartet_record::estimates::{
    Circumstances, Estimate, Estimates, ORIGINAL_DISPATCH, ORIGINAL_PAYLOAD,
};
use quartet_record::now;
use serde::Deserialize;

use crate::machine;

/// Reads all there is. A directory that is not there holds nothing.
///
/// # Errors
/// Where a file cannot be read or is not criterion's.
pub fn read(directory: &Path) -> Result<Estimates> {
    let mut found = Estimates::default();
    let mut times = Vec::new();
    for group in directories(directory)? {
        for function in directories(&group)? {
            times.extend(add(&mut found, &function.join("new"))?);
        }
    }
    let time = |time: &SystemTime| humantime::format_rfc3339_seconds(*time).to_string();
    found.written = times
        .iter()
        .min()
        .map(time)
        .zip(times.iter().max().map(time));
    for bench in BENCHES {
        let file = note_file(directory, bench);
        if file.exists() {
            found.notes.insert(bench.to_owned(), parsed(&file)?);
        }
    }
    Ok(found)
}

/// Takes in a benchmark's last estimates, and tells when they were written. Directories of
/// other things, such as criterion's plots, hold none.
fn add(found: &mut Estimates, directory: &Path) -> Result<Option<SystemTime>> {
    #[derive(Deserialize)]
    struct Benchmark {
        group_id: String,
        function_id: Option<String>,
    }
    #[derive(Deserialize)]
    struct Saved {
        median: Median,
    }
    #[derive(Deserialize)]
    struct Median {
        point_estimate: f64,
        confidence_interval: Interval,
    }
    #[derive(Deserialize)]
    struct Interval {
        lower_bound: f64,
        upper_bound: f64,
    }
    let file = directory.join("estimates.json");
    if !file.exists() {
        return Ok(None);
    }
    let benchmark: Benchmark = parsed(&directory.join("benchmark.json"))?;
    let (group, _) = benchmark.group_id.split_once('/').unwrap_or_default();
    if !GROUPS.contains(&group) {
        return Ok(None);
    }
    let Saved { median } = parsed(&file)?;
    let estimate = Estimate {
        value: median.point_estimate,
        low: median.confidence_interval.lower_bound,
        high: median.confidence_interval.upper_bound,
    };
    found
        .medians
        .entry(benchmark.group_id)
        .or_default()
        .insert(benchmark.function_id.unwrap_or_default(), estimate);
    Ok(fs::metadata(&file).and_then(|file| file.modified()).ok())
}

/// What groups are called before their lane; any other is of no bench here.
const GROUPS: [&str; 4] = ["dispatch", ORIGINAL_DISPATCH, ORIGINAL_PAYLOAD, "payload"];

/// The benches that leave a note.
const BENCHES: [&str; 3] = ["dispatch", "originals", "payload"];

/// Where criterion keeps its estimates: `$CRITERION_HOME`, or `criterion` in cargo's target directory.
/// `root` is the workspace's.
pub fn home(root: &Path) -> PathBuf {
    home_by(root, |name| std::env::var_os(name).map(PathBuf::from))
}

/// As criterion finds it, which runs in the directory of the benches' package: what the variables
/// say is relative to that, and what cargo's configuration says, cargo knows.
fn home_by(root: &Path, variable: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    let package = root.join("benches");
    if let Some(home) = variable("CRITERION_HOME") {
        return package.join(home);
    }
    let target = match variable("CARGO_TARGET_DIR") {
        Some(target) => package.join(target),
        None => MetadataCommand::new()
            .current_dir(root)
            .no_deps()
            .exec()
            .map_or_else(
                |_| root.join("target"),
                |metadata| metadata.target_directory.into(),
            ),
    };
    target.join("criterion")
}

/// Notes what a bench was run on, for whoever reads its estimates. For benches to call at their
/// end; says on standard error where it cannot.
pub fn note(bench: &str) {
    // `cargo test --benches` and `--list` measure nothing.
    let measures = std::env::args().any(|argument| argument == "--bench");
    if !measures {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let note = Circumstances {
        measured: now(),
        machine: machine::look(),
        toolchain: machine::toolchain(&root),
        source: machine::source(&root),
    };
    if let Err(error) = write(&home(&root), bench, &note) {
        eprintln!("{error:#}");
    }
}

fn write(directory: &Path, bench: &str, note: &Circumstances) -> Result<()> {
    let file = note_file(directory, bench);
    let write = || -> Result<()> {
        fs::create_dir_all(directory)?;
        fs::write(&file, serde_json::to_vec(note)?)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", file.display()))
}

fn note_file(directory: &Path, bench: &str) -> PathBuf {
    directory.join(format!("{bench}.json"))
}

fn parsed<T: for<'a> Deserialize<'a>>(file: &Path) -> Result<T> {
    let shown = file.display();
    let text = fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    serde_json::from_slice(&text).with_context(|| format!("{shown} is not criterion's"))
}

/// The directories in a directory.
fn directories(path: &Path) -> Result<Vec<PathBuf>> {
    let shown = path.display();
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.with_context(|| format!("cannot read {shown}"))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot read {shown}"))?
            .path();
        if path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::circumstances;

    /// Writes a benchmark as criterion does.
    fn save(directory: &Path, group: &str, function: &str, [value, low, high]: [f64; 3]) {
        let place = directory
            .join(group.replace('/', "_"))
            .join(function)
            .join("new");
        fs::create_dir_all(&place).unwrap();
        let benchmark = serde_json::json!({
            "group_id": group, "function_id": function, "value_str": null,
            "full_id": format!("{group}/{function}"), "title": "",
        });
        let statistic = |value: f64| {
            serde_json::json!({
                "confidence_interval":
                    {"confidence_level": 0.95, "lower_bound": low, "upper_bound": high},
                "point_estimate": value, "standard_error": 1.0,
            })
        };
        let estimates = serde_json::json!({
            "mean": statistic(value * 2.0), "median": statistic(value), "slope": null,
        });
        fs::write(place.join("benchmark.json"), benchmark.to_string()).unwrap();
        fs::write(place.join("estimates.json"), estimates.to_string()).unwrap();
    }

    #[test]
    fn criterions_directory_is_where_criterion_puts_it() {
        let root = tempfile::tempdir().unwrap();
        let by = |variables: &'static [(&str, &str)]| {
            home_by(root.path(), |name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let benches = root.path().join("benches");
        assert_eq!(by(&[]), root.path().join("target/criterion"));
        assert_eq!(
            by(&[("CARGO_TARGET_DIR", "t")]),
            benches.join("t/criterion")
        );
        assert_eq!(by(&[("CARGO_TARGET_DIR", "/t")]), Path::new("/t/criterion"));
        let both: &[_] = &[("CARGO_TARGET_DIR", "/t"), ("CRITERION_HOME", "h")];
        assert_eq!(by(both), benches.join("h"));

        let write = |file: &str, text: &str| {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        write("Cargo.toml", "[package]\nname = 'x'\n");
        write("src/lib.rs", "");
        write(".cargo/config.toml", "[build]\ntarget-dir = 'moved'\n");
        // Of the variable that the tests themselves may run under, cargo metadata would hear.
        if std::env::var_os("CARGO_TARGET_DIR").is_none() {
            assert!(by(&[]).ends_with("moved/criterion"), "{:?}", by(&[]));
        }
    }

    #[test]
    fn medians_are_read_by_their_names() {
        let place = tempfile::tempdir().unwrap();
        save(place.path(), "dispatch/one", "axum", [900.0, 890.0, 915.0]);
        save(
            place.path(),
            "payload/one",
            "new vector",
            [60.0, 59.0, 61.0],
        );
        fs::create_dir_all(place.path().join("dispatch_one/report")).unwrap();
        write(place.path(), "dispatch", &circumstances()).unwrap();
        let found = read(place.path()).unwrap();
        let expected = Estimate {
            value: 900.0,
            low: 890.0,
            high: 915.0,
        };
        assert_eq!(found.of("dispatch/one", "axum"), Some(expected));
        assert_eq!(found.of("payload/one", "new vector").unwrap().value, 60.0);
        assert_eq!(found.of("dispatch/one", "warp"), None);
        assert!(found.written.is_some());
        assert_eq!(found.notes["dispatch"], circumstances());
    }

    #[test]
    fn nothing_there_is_nothing_found_and_what_is_damaged_is_said() {
        let place = tempfile::tempdir().unwrap();
        let none = read(&place.path().join("none")).unwrap();
        assert!(none.medians.is_empty() && none.written.is_none() && none.notes.is_empty());
        save(place.path(), "dispatch/one", "axum", [1.0; 3]);
        fs::write(
            place.path().join("dispatch_one/axum/new/estimates.json"),
            "{",
        )
        .unwrap();
        let error = read(place.path()).unwrap_err().to_string();
        assert!(
            error.ends_with("estimates.json is not criterion's"),
            "{error}"
        );
    }
}
