//! Which rows are excluded, and why.

use quartet_analysis::Analysis;

use super::page::Page;

impl Page<'_> {
    pub(crate) fn exclusions(&self, analysis: &Analysis) -> Vec<String> {
        /// The arms that a reason holds for, each with the lanes.
        type Arms<'a> = Vec<(usize, Vec<&'a str>)>;
        let mut reasons: Vec<(&str, Arms<'_>)> = Vec::new();
        let rows = analysis
            .lanes
            .iter()
            .flat_map(|lane| lane.rows.iter().map(move |row| (lane, row)));
        for (lane, row, reason) in rows.flat_map(|(lane, row)| {
            row.excluded
                .iter()
                .map(move |reason| (lane.lane, row, reason))
        }) {
            let arms = entry(&mut reasons, reason.as_str());
            entry(arms, row.arm).push(lane.name());
        }
        let rows: usize = analysis.lanes.iter().map(|lane| lane.rows.len()).sum();
        let everything = |arms: &[(usize, Vec<&str>)]| {
            arms.iter().map(|(_, found)| found.len()).sum::<usize>() == rows
        };
        let mut exclusions = Vec::new();
        for (reason, arms) in &reasons {
            if everything(arms) {
                exclusions.push(format!("all rows excluded: {reason}"));
                continue;
            }
            for (arm, found) in arms {
                let name = self.name(*arm);
                exclusions.push(format!(
                    "excluded: {name}, {}: {reason}",
                    found.join(" and ")
                ));
            }
        }
        if !exclusions.is_empty() {
            exclusions.push(
                "An excluded row failed a check, so its figures say nothing about the server. Its \
                 samples are in the record."
                    .to_owned(),
            );
        }
        exclusions
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
