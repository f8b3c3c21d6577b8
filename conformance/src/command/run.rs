//! What the command does between reading its options and printing.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::options::Options;
use crate::deviations::Deviations;
use crate::examination::{Examination, Plan};
use crate::judgement::Judged;
use crate::report::{Report, TargetReport};
use crate::servers::{Catalogue, Role, Server};
use crate::{BaseUrl, Case, Model, Scale, Suite, Target, Workbench};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// A wrong option, or a file that cannot be used.
    #[error("{0}")]
    Usage(String),
    /// A server cannot be built, started or reached.
    #[error("{0}")]
    Unreachable(String),
}

fn usage(error: impl std::fmt::Display) -> RunError {
    RunError::Usage(error.to_string())
}

fn unreachable(error: impl std::fmt::Display) -> RunError {
    RunError::Unreachable(error.to_string())
}

pub(super) fn run(options: &Options, selected: &[&'static Case]) -> Result<Report, RunError> {
    let run = Run {
        options,
        selected,
        deviations: read_deviations(options)?,
        model: read_model(options)?,
    };
    // What cases start for one target serves the next.
    let _workbench = Workbench::get();
    let mut targets = Vec::new();
    if options.urls.is_empty() || !options.servers.is_empty() {
        let catalogue = Catalogue::find().map_err(usage)?;
        for server in chosen(options, &catalogue)? {
            targets.push(run.test_server(&catalogue, server)?);
        }
    }
    let mut document = None;
    for url in &options.urls {
        targets.push(run.test_url(url, &mut document)?);
    }
    Ok(Report {
        seed: options.seed,
        targets,
    })
}

fn chosen<'a>(options: &Options, catalogue: &'a Catalogue) -> Result<Vec<&'a Server>, RunError> {
    if options.servers.is_empty() {
        return Ok(catalogue.with_role(Role::Framework).collect());
    }
    let find = |name: &String| {
        catalogue.get(name).ok_or_else(|| {
            let names: Vec<&str> = catalogue
                .servers()
                .iter()
                .map(|s| s.name.as_str())
                .collect();
            usage(format!(
                "there is no server {name:?}; there are {}",
                names.join(", ")
            ))
        })
    };
    options.servers.iter().map(find).collect()
}

fn read_deviations(options: &Options) -> Result<Deviations, RunError> {
    let Some(file) = &options.deviations else {
        return Deviations::embedded().map_err(usage);
    };
    let text = read(file)?;
    Deviations::parse(&text, file).map_err(usage)
}

/// The greetings to expect, or nothing where whatever the server lists is right.
fn read_model(options: &Options) -> Result<Option<Model>, RunError> {
    if options.any_data {
        return Ok(None);
    }
    let Some(file) = &options.greetings else {
        return Ok(Some(Model::embedded()));
    };
    Model::from_json(&read(file)?)
        .map(Some)
        .map_err(|error| usage(format!("{}: {error}", file.display())))
}

fn read(file: &Path) -> Result<String, RunError> {
    std::fs::read_to_string(file).map_err(|error| usage(format!("{}: {error}", file.display())))
}

struct Run<'a> {
    options: &'a Options,
    selected: &'a [&'static Case],
    deviations: Deviations,
    model: Option<Model>,
}

impl Run<'_> {
    fn test_server(
        &self,
        catalogue: &Catalogue,
        server: &Server,
    ) -> Result<TargetReport, RunError> {
        let held_to = |case: &&Case| server.is_held_to(case);
        let cases: Vec<&'static Case> = self.selected.iter().copied().filter(held_to).collect();
        let progress = progress(&server.name, cases.len());
        stage(&progress, "building");
        let artifact = server.build(catalogue.root()).map_err(unreachable)?;
        stage(&progress, "testing");
        let plan = Plan {
            program: artifact.program,
            model: self.model.clone(),
            provides: self.options.needs_met().collect(),
            seed: self.options.seed,
        };
        let examination = Examination::start(server, &plan).map_err(unreachable)?;
        let examination = examination.at_scale(Scale::Full);
        let judged = examination.judge(&cases, &self.deviations, |_| progress.inc(1));
        progress.finish_and_clear();
        Ok(TargetReport {
            name: server.name.clone(),
            version: catalogue.framework_version(server),
            judged,
        })
    }

    /// `document` is the OpenAPI document that all targets of a run must share: the first one's.
    fn test_url(
        &self,
        url: &BaseUrl,
        document: &mut Option<(String, Vec<u8>)>,
    ) -> Result<TargetReport, RunError> {
        let name = format!("{}{}", url.authority(), url.prefix());
        let mut target = Target::new(&name, url.clone());
        target.provides.extend(self.options.needs_met());
        target.hold(self.model.clone());
        let fetched = target.fetch("/openapi.json").map_err(unreachable)?;
        target.document = document.clone();
        if document.is_none() && fetched.status == 200 {
            *document = Some((name.clone(), fetched.body));
        }
        let progress = progress(&name, self.selected.len());
        stage(&progress, "testing");
        let findings =
            Suite::new(target, self.options.seed).run_all(self.selected, |_| progress.inc(1));
        progress.finish_and_clear();
        let judge = |finding| Judged::new(finding, &name, &self.deviations);
        Ok(TargetReport {
            judged: findings.into_iter().map(judge).collect(),
            version: None,
            name,
        })
    }
}

/// Says what is being done, also where no bar is drawn: a build can take minutes.
fn stage(bar: &ProgressBar, doing: &'static str) {
    bar.set_message(doing);
    if bar.is_hidden() {
        eprintln!("{doing} {}", bar.prefix());
    }
}

/// A bar on standard error; none is drawn where that is no terminal.
fn progress(name: &str, cases: usize) -> ProgressBar {
    let bar = ProgressBar::new(cases as u64).with_prefix(name.to_owned());
    // A template that does not parse leaves the default, which says the same less well.
    if let Ok(style) = ProgressStyle::with_template("{prefix} {msg} {bar:30} {pos}/{len}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
