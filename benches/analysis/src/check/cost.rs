//! Whether what servers cost besides the time of their requests is possible.

use quartet_record::Record;
use quartet_record::cost::{MemoryStart, ServerCost};

use super::Misfits;

pub(super) fn check(record: &Record, misfits: &mut Misfits) {
    misfits.next();
    let Some(cost) = &record.cost else { return };
    let spawn = cost.spawn_ns.iter().min().copied();
    for restart in &record.restarts {
        for life in &restart.arms {
            let name = || record.plan.arms.get(life.arm).map_or("?", |arm| &arm.name);
            start_up(Some(life.start_up_ns), spawn, &name, misfits);
        }
    }
    for server in cost.servers.iter().chain(&cost.again) {
        let least = server.start_up_ns.iter().min().copied();
        start_up(least, spawn, &|| &server.name, misfits);
        if let Some(memory) = record.machine.memory {
            of_memory(server, memory, misfits);
        }
    }
}

/// No server starts sooner than a process that does nothing ever did.
fn start_up<'a>(
    least: Option<u64>,
    spawn: Option<u64>,
    name: &dyn Fn() -> &'a str,
    misfits: &mut Misfits,
) {
    if let (Some(least), Some(spawn)) = (least, spawn)
        && least < spawn
    {
        let name = name();
        misfits.add(format!("start-up {name}"), || {
            format!(
                "{name} started within {least} ns, sooner than a process that does nothing ({spawn} ns)"
            )
        });
    }
}

/// No process has more memory than the machine.
fn of_memory(server: &ServerCost, of_machine: u64, misfits: &mut Misfits) {
    let all = |start: &MemoryStart| [start.idle, start.loaded, start.peak, start.with_connections];
    let most = server.memory.iter().flat_map(all).max();
    if let Some(most) = most.filter(|most| *most > of_machine) {
        misfits.add("memory", || {
            let name = &server.name;
            format!("{name} had {most} bytes of memory, more than the machine ({of_machine})")
        });
    }
}
