//! Whether what servers cost besides the time of their requests is possible.

use quartet_record::Record;
use quartet_record::cost::{Cost, MemoryStart, ServerCost};

use super::Misfits;

pub(super) fn check(record: &Record, misfits: &mut Misfits) {
    misfits.next();
    let Some(cost) = &record.cost else { return };
    for server in cost.servers.iter().chain(&cost.again) {
        start_up(cost, server, misfits);
        if let Some(memory) = record.machine.memory {
            of_memory(server, memory, misfits);
        }
    }
}

/// No server starts sooner than a process that does nothing ever did.
fn start_up(cost: &Cost, server: &ServerCost, misfits: &mut Misfits) {
    let (Some(least), Some(spawn)) = (server.start_up_ns.iter().min(), cost.spawn_ns.iter().min())
    else {
        return;
    };
    if least < spawn {
        misfits.add("start-up", || {
            let name = &server.name;
            format!("{name} started within {least} ns, sooner than a process that does nothing ({spawn} ns)")
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
