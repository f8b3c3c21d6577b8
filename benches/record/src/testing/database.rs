//! A run with a lane over a database.

use crate::database::Database;
use crate::plan::{ArmRole, Lane};
use crate::record::Record;

use super::slice;

/// What a request costs PostgreSQL in [`over_database`], nanoseconds.
pub const DATABASE_NS: u64 = 10_000;

/// The same run with the lane `db-item` as well, in which a request takes each server so many times the
/// CPU time of lane item. PostgreSQL has core 2 alone. Neither reference nor floor takes part.
pub fn over_database(mut record: Record, times: f64) -> Record {
    record.plan.lanes.push(Lane::DbItem);
    for arm in &mut record.plan.arms {
        if matches!(arm.role, ArmRole::Reference | ArmRole::Floor) {
            arm.without.push(Lane::DbItem);
        }
    }
    record.database = Some(Database {
        version: "15.18".to_owned(),
        cores: vec![2],
        in_memory: true,
        settings: vec![("fsync".to_owned(), "off".to_owned())],
        rows: 7,
    });
    let plan = &record.plan;
    for restart in &mut record.restarts {
        let items = restart
            .slices
            .iter()
            .filter(|slice| slice.lane == Lane::Item);
        let items = items.filter(|slice| plan.takes_part(slice.arm, Lane::DbItem));
        let like = |of: &crate::Slice| {
            let position = of.position + plan.cells().len() as u32;
            slice(of.block, position, of.arm, Lane::DbItem, of.rate() / times)
        };
        let slices: Vec<_> = items.map(like).collect();
        for life in &mut restart.arms {
            let of_arm = slices.iter().filter(|slice| slice.arm == life.arm);
            let requests: u64 = of_arm.map(|slice| slice.total_requests).sum();
            if let Some(mut totals) = life.lanes.get(&Lane::Item).cloned() {
                totals.database_ns = Some(requests * DATABASE_NS);
                if requests > 0 {
                    life.lanes.insert(Lane::DbItem, totals);
                }
            }
        }
        restart.slices.extend(slices);
    }
    record
}
