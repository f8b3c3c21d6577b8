//! Which records are of one machine.

use quartet_record::machine::Machine;
use serde::Serialize;

use super::contribution::Contribution;

/// What counts as one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// Processors of one name on one platform, with as many cores, virtual or not. Memory and the kernel's release do
    /// not count: either changes while the machine stays. Two machines that agree in all of this are taken for one, so
    /// that the interval is rather too wide than too narrow. A processor without a name is one of its own.
    #[default]
    Machine,
    /// Each record.
    Record,
}

/// A machine, and the records that are of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PooledMachine {
    /// What it is called; unique in a pool.
    pub name: String,
    /// What it is, as its first record describes it.
    pub machine: Machine,
    /// Who made its processor, as far as the name tells.
    pub vendor: Option<&'static str>,
    /// Indices of its records.
    pub records: Vec<usize>,
}

/// Makers of processors, and the word of a processor's name that tells of them.
const VENDORS: [(&str, &str); 9] = [
    ("AMD", "AMD"),
    ("Intel", "Intel"),
    ("Apple", "Apple"),
    ("Ampere", "Ampere"),
    ("Graviton", "AWS"),
    ("Neoverse", "Arm"),
    ("Cortex", "Arm"),
    ("POWER", "IBM"),
    ("Qualcomm", "Qualcomm"),
];

/// The machines, in the order of their first records.
pub(super) fn machines(contributions: &[Contribution], by: Grouping) -> Vec<PooledMachine> {
    let mut machines: Vec<PooledMachine> = Vec::new();
    for (index, contribution) in contributions.iter().enumerate() {
        let machine = &contribution.machine;
        let same = |known: &&mut PooledMachine| {
            by == Grouping::Machine && are_one(&known.machine, machine)
        };
        match machines.iter_mut().find(same) {
            Some(known) => known.records.push(index),
            None => machines.push(PooledMachine {
                name: match by {
                    Grouping::Machine => name(machine),
                    Grouping::Record => contribution.name.clone(),
                },
                machine: machine.clone(),
                vendor: vendor(machine),
                records: vec![index],
            }),
        }
    }
    for index in 0..machines.len() {
        let namesakes = machines[..index].iter();
        let base = machines[index].name.clone();
        let same = |known: &&PooledMachine| {
            known.name == base || known.name.starts_with(&format!("{base} ("))
        };
        let before = namesakes.filter(same).count();
        if before > 0 {
            machines[index].name = format!("{base} ({})", before + 1);
        }
    }
    machines
}

fn are_one(one: &Machine, other: &Machine) -> bool {
    let identity = |machine: &Machine| {
        (
            machine.processor.clone(),
            machine.cores,
            machine.platform.clone(),
            machine.virtual_machine,
        )
    };
    one.processor.is_some() && identity(one) == identity(other)
}

fn name(machine: &Machine) -> String {
    let processor = machine
        .processor
        .as_deref()
        .unwrap_or("an unnamed processor");
    let processor = processor.replace("(R)", "").replace("(TM)", "");
    let plural = if machine.cores == 1 { "" } else { "s" };
    format!("{processor}, {} core{plural}", machine.cores)
}

fn vendor(machine: &Machine) -> Option<&'static str> {
    let processor = machine.processor.as_deref()?;
    let known = VENDORS.iter().find(|(word, _)| processor.contains(word));
    known.map(|(_, vendor)| *vendor)
}
