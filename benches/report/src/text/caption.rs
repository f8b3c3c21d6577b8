//! How it was measured, in sentences.

use quartet_analysis::Analysis;
use quartet_record::Record;
use quartet_record::cores::Core;

use super::page::{Form, Page};
use super::rates::{commands, custom_caption, rate_caption};

impl Page<'_> {
    pub(crate) fn caption(&self, analysis: &Analysis) -> String {
        let record = self.record;
        let plan = &record.plan;
        let mut sentences = vec![
            format!(
                "Requests per second with the server's core{} saturated, on {} connections.",
                if plan.busy_cores() == 1 { "" } else { "s" },
                plan.connections
            ),
            format!(
                "The ratio is calculated from the differences between neighbouring slices of {} \
                 ms, without the time in which something else had the core. Its interval is over \
                 {}.",
                plan.slice_ms,
                restarts(analysis.restarts)
            ),
            "The mean latency at saturation is the number of connections divided by the rate, so \
             latency is not an independent result."
                .to_owned(),
        ];
        if analysis.latency.is_some() {
            sentences.push(
                "p99.9 at given rates is over all requests in slices that are not excluded. It \
                 depends on the machine as much as on the server."
                    .to_owned(),
            );
        }
        sentences.extend(rate_caption(record));
        sentences.extend(custom_caption(record));
        sentences.extend(commands(record));
        sentences.push(format!("Cores: {}.", cores(record)));
        sentences.extend(Page::footprint_caption(analysis));
        let revision = match &record.source.revision {
            Some(revision) => format!(", revision {}", revision.get(..12).unwrap_or(revision)),
            None => String::new(),
        };
        let rustc = record
            .toolchain
            .rustc
            .as_deref()
            .unwrap_or("an unknown compiler");
        let variables = record.environment.iter().flat_map(|found| &found.variables);
        let variables: String = variables
            .map(|(name, value)| format!(", {name}={value}"))
            .collect();
        let machine = record.machine.sentence();
        let date = record.started.get(..10).unwrap_or(&record.started);
        let command = match self.form {
            Form::Text => record.command.clone(),
            Form::Markdown => format!("`{}`", record.command),
        };
        sentences.push(format!(
            "Measured {date} by {command} on {machine}; {rustc}{variables}{revision}."
        ));
        if let Some(via) = &record.servers_via {
            sentences.push(format!("On that machine {}.", via.sentence()));
        }
        match self.form {
            Form::Text => sentences.join("\n") + "\n",
            Form::Markdown => self.title("Notes".to_owned()) + "\n" + &self.list(&sentences),
        }
    }
}

/// Which cores servers and generator were confined to, and of which kind they are where the machine may
/// have several.
pub(crate) fn cores(record: &Record) -> String {
    let plan = &record.plan;
    // Where nothing but a capacity of 1024 is known, there is but one kind.
    let tells = |core: &Core| core.pmu.is_some() || core.max_khz.is_some();
    let slower = |core: &Core| core.capacity.is_some_and(|capacity| capacity < 1024);
    let mut kinds: Vec<String> = Vec::new();
    if record.cores.iter().any(|core| tells(core) || slower(core)) {
        kinds.extend(record.cores.iter().filter_map(Core::kind));
        kinds.dedup();
    }
    let kinds = match kinds.as_slice() {
        [] => String::new(),
        kinds => format!(" ({})", kinds.join("; ")),
    };
    let list = |cores: &[usize]| {
        let cores: Vec<String> = cores.iter().map(usize::to_string).collect();
        if cores.is_empty() {
            "any".to_owned()
        } else {
            cores.join(", ")
        }
    };
    format!(
        "servers on {} with {} worker{} each, generator on {}{kinds}",
        list(&plan.server_cores),
        plan.workers,
        if plan.workers == 1 { "" } else { "s" },
        list(&plan.generator_cores)
    )
}

fn restarts(count: usize) -> String {
    format!("{count} restart{}", if count == 1 { "" } else { "s" })
}
