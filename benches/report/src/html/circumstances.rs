//! How it was measured, what this machine can detect, and what was kept out.

use quartet_analysis::calibration::sentence;
use quartet_analysis::{CPU_OF_OTHERS, FLOOR_FACTOR, LITTLE, SATURATION};
use quartet_record::Record;
use quartet_record::calibration::Calibration;
use quartet_record::plan::{LatencyPlan, Plan};

use super::block::{Block, Captioned, Item, Section};
use super::material::Material;
use crate::numbers::interval;
use crate::table::{Align, Table};
use crate::text::cores;

/// How far equals seem apart.
pub(super) fn resolution(material: &Material<'_>) -> Section {
    let mut table = Table::new([
        ("lane", Align::Left),
        ("second copy against the first (95 %)", Align::Left),
        ("margin", Align::Right),
    ]);
    for (lane, _) in material.lanes() {
        table.push(vec![
            lane.lane.name().to_owned(),
            lane.again
                .map_or_else(|| "not measured".to_owned(), interval),
            format!("{:.1} %", 100.0 * lane.margin),
        ]);
    }
    let mut blocks = vec![
        Block::Paragraph(
            "One server runs twice under two names (A/A). Any difference between the two copies \
             is measurement error. A verdict requires a difference beyond the margin: 1 %, or the \
             reach of the copies' interval if that is larger."
                .to_owned(),
        ),
        Block::Table(Captioned::new("Two copies of one server", table)),
    ];
    blocks.extend(match &material.record.calibration {
        Some(calibration) => calibrated(calibration),
        None => vec![Block::Paragraph(
            "The smallest detectable difference is unknown on this machine. Run `cargo compare \
             calibrate` to measure it."
                .to_owned(),
        )],
    });
    Section {
        id: "resolution",
        heading: "What this machine can detect",
        blocks,
    }
}

/// How often a run on this machine sees what is there, and what is not.
fn calibrated(calibration: &Calibration) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !calibration.lanes.is_empty() {
        blocks.extend(calibrated_rates(calibration));
    }
    let sentence = sentence(calibration);
    let mut characters = sentence.chars();
    let sentence = characters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), characters.as_str())
    });
    blocks.push(Block::Paragraph(sentence));
    if !calibration.latency.is_empty() {
        blocks.extend(calibrated_latency(calibration));
    }
    if !calibration.missing.is_empty() {
        blocks.push(Block::Lead("Not calibrated".to_owned()));
        let missing = calibration.missing.iter();
        let missing = missing.map(|reason| Item::from(format!("{reason}.")));
        blocks.push(Block::List(missing.collect()));
    }
    blocks
}

fn calibrated_rates(calibration: &Calibration) -> [Block; 2] {
    let mut table = Table::new([
        ("lane", Align::Left),
        ("added time per request", Align::Left),
        ("measured, % (95 %)", Align::Right),
        ("detected in (95 %)", Align::Right),
    ]);
    for lane in &calibration.lanes {
        let name = lane.lane.name();
        table.push(vec![
            name.to_owned(),
            "none (two equal servers)".to_owned(),
            "–".to_owned(),
            lane.told_apart.percent(),
        ]);
        for slowed in &lane.slowed {
            table.push(vec![
                name.to_owned(),
                format!("{} %", slowed.percent),
                slowed.measured_percent(),
                slowed.seen.percent(),
            ]);
        }
    }
    [
        Block::Paragraph(format!(
            "Copies of one server with known slowdowns were measured in {} restarts. From these, \
             {} runs of {} restarts and {} comparisons were drawn.",
            calibration.restarts,
            calibration.trials,
            calibration.run_restarts,
            calibration.comparisons
        )),
        Block::Table(Captioned::new("Detection of known slowdowns", table)),
    ]
}

fn calibrated_latency(calibration: &Calibration) -> [Block; 2] {
    let mut table = Table::new([
        ("percentile", Align::Left),
        ("every hundredth answer late by", Align::Left),
        ("measured, times the control's (95 %)", Align::Right),
        ("detected in (95 %)", Align::Right),
        ("increase detected in 9 of 10", Align::Right),
    ]);
    for latency in &calibration.latency {
        let longer = latency
            .resolves
            .map(|longer| format!("{:.0} %", 100.0 * longer));
        table.push(vec![
            latency.name(),
            "none (two equal servers)".to_owned(),
            "–".to_owned(),
            latency.told_apart.percent(),
            longer.unwrap_or_else(|| "unknown".to_owned()),
        ]);
        if let Some(late) = latency.late {
            table.push(vec![
                latency.name(),
                format!("{} µs", late.microseconds),
                late.measured_times(),
                late.seen.percent(),
            ]);
        }
    }
    [
        Block::Paragraph(format!(
            "For latency, {} runs of {} restarts were drawn from restarts of the same copies and \
             of one that holds every hundredth answer.",
            calibration.trials,
            LatencyPlan::RESTARTS
        )),
        Block::Table(Captioned::new("Detection of longer latency", table)),
    ]
}

/// What a row had to pass, which did not, and what else to know.
pub(super) fn gates(material: &Material<'_>) -> Section {
    let gates = [
        "Every answer was correct, and the program passed the conformance gate.".to_owned(),
        format!(
            "The server's core was at least {:.0} % busy.",
            100.0 * SATURATION
        ),
        format!(
            "Rate × latency is within {:.0} % of the number of connections (Little's law).",
            100.0 * LITTLE
        ),
        format!("The null server is at least {FLOOR_FACTOR} times as fast."),
        "Servers and generator had separate physical cores.".to_owned(),
        format!(
            "Unrelated processes and CPU quotas took at most {:.0} % of the cores each.",
            100.0 * CPU_OF_OTHERS
        ),
        "Its ratio to the reference did not drift during the run.".to_owned(),
    ];
    let mut blocks = vec![
        Block::Paragraph("A row is valid only if it passes every gate:".to_owned()),
        Block::List(gates.into_iter().map(Item::from).collect()),
    ];
    let exclusions = material.tables.exclusions(material.analysis);
    if exclusions.is_empty() {
        blocks.push(Block::Paragraph("No row is excluded.".to_owned()));
    } else {
        blocks.push(Block::List(
            exclusions.into_iter().map(Item::from).collect(),
        ));
    }
    let warnings = &material.analysis.warnings;
    if !warnings.is_empty() {
        blocks.push(Block::Lead("Caveats".to_owned()));
        let warnings = warnings.iter().map(|warning| Item::from(warning.as_str()));
        blocks.push(Block::List(warnings.collect()));
    }
    Section {
        id: "gates",
        heading: "Gates",
        blocks,
    }
}

/// Machine, toolchain, versions, command, and the method in short.
pub(super) fn method(material: &Material<'_>) -> Section {
    let record = material.record;
    let plan = &record.plan;
    let unknown = || "unknown".to_owned();
    let source = match (&record.source.revision, record.source.modified) {
        (Some(revision), Some(true)) => format!("{revision}, with changes"),
        (Some(revision), _) => revision.clone(),
        (None, _) => unknown(),
    };
    let terms = [
        ("Command", record.command.clone()),
        ("Begun", record.started.clone()),
        ("Machine", record.machine.sentence()),
        (
            "Load generator",
            record
                .servers_via
                .as_ref()
                .map(|via| format!("{} ({})", via.sentence(), via.command))
                .unwrap_or_default(),
        ),
        (
            "Compiler",
            record.toolchain.rustc.clone().unwrap_or_else(unknown),
        ),
        ("Build", built(record)),
        ("Kernel", kernel(record)),
        ("Revision", source),
        (
            "Plan",
            format!(
                "{} restarts of {} blocks; in each block every server has a slice of {} ms in \
                 each lane, after a warm-up of {} ms",
                plan.restarts, plan.blocks, plan.slice_ms, plan.ramp_ms
            ),
        ),
        ("Load", load(plan)),
        ("Cores", cores(record)),
        ("Seed", plan.seed.to_string()),
    ];
    // What older records have not is left out.
    let terms = terms.into_iter().filter(|(_, said)| !said.is_empty());
    let terms = terms.map(|(term, said)| (term.to_owned(), said));
    Section {
        id: "method",
        heading: "How it was measured",
        blocks: vec![
            Block::Paragraph(
                "The speed of a machine changes within tenths of a second, and each process has a \
                 constant bias. The servers therefore take turns of milliseconds, and each slice \
                 is compared with the next. Every server is started anew for each restart. \
                 Restarts are the sample. METHODOLOGY.md in the repository describes the method \
                 and its limitations."
                    .to_owned(),
            ),
            Block::Terms(terms.collect()),
            Block::Table(Captioned::new("Measured programs", programs(material))),
        ]
        .into_iter()
        .chain(pythons(record))
        .collect(),
    }
}

/// What changes programs besides their source, when they are built.
fn built(record: &Record) -> String {
    let Some(environment) = &record.environment else {
        return String::new();
    };
    let mut parts: Vec<String> = environment.host.iter().cloned().collect();
    parts.extend(
        environment
            .llvm
            .iter()
            .map(|version| format!("LLVM {version}")),
    );
    parts.extend(environment.c_library.clone());
    let settings = environment.variables.iter().chain(&environment.cargo);
    parts.extend(settings.map(|(name, value)| format!("{name} = {value}")));
    parts.join("; ")
}

/// How the kernel is set, as far as it changes how fast programs run.
fn kernel(record: &Record) -> String {
    let Some(environment) = &record.environment else {
        return String::new();
    };
    let kernel = &environment.kernel;
    let mut parts = kernel.boot_parameters.clone();
    let named = [
        ("transparent huge pages", &kernel.transparent_hugepages),
        ("frequency driver", &kernel.frequency_driver),
        ("clock source", &kernel.clock_source),
    ];
    let said = named
        .into_iter()
        .filter_map(|(name, said)| Some(format!("{name} {}", said.as_ref()?)));
    parts.extend(said);
    let flags = [("turbo", kernel.turbo), ("SMT", kernel.smt)];
    let said = flags
        .into_iter()
        .filter_map(|(name, on)| Some(format!("{name} {}", if on? { "on" } else { "off" })));
    parts.extend(said);
    parts.extend(
        kernel
            .governors
            .iter()
            .map(|governor| format!("governor {governor}")),
    );
    let mitigations = kernel.mitigations.iter();
    parts.extend(mitigations.map(|(weakness, done)| format!("{weakness}: {done}")));
    parts.join("; ")
}

/// The Python of each server that is in Python.
fn pythons(record: &Record) -> Option<Block> {
    let mut table = Table::new([
        ("server", Align::Left),
        ("Python", Align::Left),
        ("served by", Align::Left),
        ("event loop", Align::Left),
        ("HTTP parser", Align::Left),
    ]);
    for server in &record.servers {
        let Some(python) = &server.python else {
            continue;
        };
        let used = [&python.server, &python.event_loop, &python.parser];
        let used = used.map(|name| name.clone().unwrap_or_default());
        let row = [server.name.clone(), python.sentence()]
            .into_iter()
            .chain(used);
        table.push(row.collect());
    }
    let any = !table.rows().is_empty();
    any.then(|| Block::Table(Captioned::new("The Python of each original", table)))
}

/// How servers are loaded, in each way that is planned.
fn load(plan: &Plan) -> String {
    let mut ways = vec![format!(
        "{} connections, each with one request in flight (closed loop)",
        plan.connections
    )];
    ways.extend(plan.lane_loads.iter().map(|(lane, load)| {
        format!(
            "lane {} with {} in slices of {} ms",
            lane.name(),
            load.connections,
            load.slice_ms
        )
    }));
    ways.extend(plan.capacity.as_ref().map(|capacity| {
        format!(
            "requests per second by number of connections in {} restarts of its own",
            capacity.restarts
        )
    }));
    ways.extend(plan.scaling.as_ref().map(|scaling| {
        format!(
            "requests per second by number of workers in {} restarts of its own, {} connections for each worker",
            scaling.restarts, scaling.connections_per_worker
        )
    }));
    ways.extend(plan.latency.as_ref().map(|latency| {
        format!(
            "latency at equal rates in {} restarts of its own, {} blocks at each rate (open loop)",
            latency.restarts, latency.blocks
        )
    }));
    ways.join("; ")
}

fn programs(material: &Material<'_>) -> Table {
    let mut table = Table::new([
        ("server", Align::Left),
        ("framework", Align::Left),
        ("version", Align::Left),
        ("bytes", Align::Right),
        ("linker", Align::Left),
        ("allocator", Align::Left),
        ("SHA-256 begins", Align::Left),
    ]);
    for server in &material.record.servers {
        let program = server.program.as_ref();
        table.push(vec![
            server.name.clone(),
            server.framework.clone().unwrap_or_default(),
            server.version.clone().unwrap_or_default(),
            program.map_or_else(String::new, |program| program.bytes.to_string()),
            program
                .and_then(|program| program.linker.clone())
                .unwrap_or_default(),
            program
                .and_then(|program| program.allocator.clone())
                .unwrap_or_default(),
            program.map_or_else(String::new, |program| {
                program.sha256.chars().take(16).collect()
            }),
        ]);
    }
    table
}
