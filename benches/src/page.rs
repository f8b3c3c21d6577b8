//! What the page of a record has besides what is in the record.

use std::path::Path;

use quartet_conformance::cases;
use quartet_conformance::report::html::BASE_STYLE;
use quartet_conformance::servers::Catalogue;
use quartet_report::defaults::Defaults;
use quartet_report::html::{Background, Suite};
use quartet_report::upkeep::{self, Upkeep};

/// The suite that servers are held to here, and what is known of the frameworks in the repository at `root`. What is
/// not readable there is said on standard error, and left out.
pub(crate) fn background(root: Option<&Path>) -> Background<'static> {
    let defaults = root.map_or(Ok(None), Defaults::read);
    let defaults = defaults.unwrap_or_else(|error| {
        eprintln!("what frameworks do by default is left out: {error:#}");
        None
    });
    let upkeep = root.map_or(Ok(None), |root| Upkeep::read(&root.join(upkeep::FILE)));
    let upkeep = upkeep.unwrap_or_else(|error| {
        eprintln!("how frameworks are kept up is left out: {error:#}");
        None
    });
    Background {
        suite: suite(),
        defaults,
        upkeep,
        home: None,
    }
}

/// The same, of the repository that the command is run in, if it is run in one.
pub(crate) fn background_here() -> Background<'static> {
    let catalogue = Catalogue::find().ok();
    background(catalogue.as_ref().map(Catalogue::root))
}

/// The suite that servers are held to here.
pub(crate) fn suite() -> Suite<'static> {
    Suite {
        cases: cases::all()
            .map(|case| (case.id, case.requirement))
            .collect(),
        style: BASE_STYLE,
    }
}
