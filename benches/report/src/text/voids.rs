//! Which rows are void, and why.

use quartet_analysis::Analysis;

use super::page::Page;

impl Page<'_> {
    pub(crate) fn voids(&self, analysis: &Analysis) -> Vec<String> {
        /// The arms that a reason holds for, each with the lanes.
        type Arms<'a> = Vec<(usize, Vec<&'a str>)>;
        let mut reasons: Vec<(&str, Arms<'_>)> = Vec::new();
        let rows = analysis
            .lanes
            .iter()
            .flat_map(|lane| lane.rows.iter().map(move |row| (lane, row)));
        for (lane, row, reason) in
            rows.flat_map(|(lane, row)| row.void.iter().map(move |reason| (lane.lane, row, reason)))
        {
            let arms = entry(&mut reasons, reason.as_str());
            entry(arms, row.arm).push(lane.name());
        }
        let lanes = analysis.lanes.len();
        let everything = |arms: &[(usize, Vec<&str>)]| {
            arms.len() == self.record.plan.arms.len()
                && arms.iter().all(|(_, found)| found.len() == lanes)
        };
        let mut voids = Vec::new();
        for (reason, arms) in &reasons {
            if everything(arms) {
                voids.push(format!("void, all of it: {reason}"));
                continue;
            }
            for (arm, found) in arms {
                let name = self.name(*arm);
                voids.push(format!("void: {name}, {}: {reason}", found.join(" and ")));
            }
        }
        if !voids.is_empty() {
            voids.push(
                "A void row failed a check without which its figures say nothing of the server; \
                 what was measured of it is in the record."
                    .to_owned(),
            );
        }
        voids
    }
}

/// The value that belongs to a key, in order of first mention.
fn entry<K: PartialEq, V: Default>(entries: &mut Vec<(K, V)>, key: K) -> &mut V {
    let index = entries
        .iter()
        .position(|(known, _)| *known == key)
        .unwrap_or_else(|| {
            entries.push((key, V::default()));
            entries.len() - 1
        });
    &mut entries[index].1
}
