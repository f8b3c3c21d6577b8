//! What the figures mean and of which day they are, and the page in Markdown.

use anyhow::Result;

use super::{Published, Upkeep, grid};

impl Upkeep {
    /// What the figures mean, and of which day they are, in sentences.
    pub(crate) fn explanation(&self) -> [String; 3] {
        let (read, advisories) = (day(&self.registry.read), &self.advisories);
        let known = match (&advisories.commit, &advisories.committed) {
            (Some(commit), Some(committed)) => format!(
                "of {} (commit {})",
                day(committed),
                commit.get(..12).unwrap_or(commit)
            ),
            _ => "without a commit".to_owned(),
        };
        [
            format!(
                "Releases are those of the registry's index on {read}. A year is the 365 days before that day. Previews \
                 do not count. A release is breaking where cargo takes it for incompatible with every release before it."
            ),
            format!(
                "Advisories are those of the RustSec database {known}, read on {}. Later ones are not counted. A \
                 framework's own crates are those of its finished server that come from the framework's own repository.",
                day(&advisories.read)
            ),
            "Nothing here is a verdict: a framework that changes often may be cared for, and one that does not may be \
             finished."
                .to_owned(),
        ]
    }

    /// The advisories of a crate's column, as sentences with their pages.
    pub(crate) fn sentences(&self, crates: &[&Published]) -> Vec<(String, String)> {
        let mut shown: Vec<&str> = Vec::new();
        let mut sentences = Vec::new();
        for one in crates {
            let open = one.framework.as_deref().map(|name| self.open(name));
            for advisory in self
                .about(one)
                .into_iter()
                .chain(open.into_iter().flatten())
            {
                if !shown.contains(&advisory.id.as_str()) {
                    shown.push(&advisory.id);
                    sentences.push((advisory.sentence(), advisory.address()));
                }
            }
        }
        sentences
    }
}

/// The page in Markdown: `servers/UPKEEP.md`.
///
/// # Errors
/// Never, as far as is known: it is written to memory.
pub fn page(upkeep: &Upkeep) -> Result<String> {
    let crates: Vec<&Published> = upkeep.registry.crates.iter().collect();
    let mut page = "# How each framework is kept up\n\n".to_owned();
    for sentence in upkeep.explanation() {
        page += &format!("- {sentence}\n");
    }
    page.push('\n');
    let mut grid = grid::grid(upkeep, &crates, &|_| None);
    // They are listed below.
    let cells = grid.rows.iter_mut().flat_map(|row| &mut row.cells);
    cells.for_each(|cell| cell.links.clear());
    page += &grid.markdown()?;
    page += "\nThe advisories:\n\n";
    for (sentence, address) in upkeep.sentences(&crates) {
        let id = address.rsplit('/').next().unwrap_or_default();
        let id = id.trim_end_matches(".html");
        page += &format!("- [{id}]({address}): {sentence}\n");
    }
    page += "\n`cargo compare upkeep --write servers/UPKEEP.md` reads the index and the database and makes this page, and \
             [the same as data](UPKEEP.json) with the date of every release. Only that needs the network.\n";
    Ok(page)
}

fn day(moment: &str) -> &str {
    moment.get(..10).unwrap_or(moment)
}
