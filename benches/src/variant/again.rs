//! The variants of a run that is gone on with, by what its record and the notes beside their workspaces say.

use std::fs;

use quartet_conformance::servers::Catalogue;
use quartet_record::plan::Arm;
use quartet_record::variant::Variant as Known;

use super::{NOTE, Variant, variants};
use crate::environment::LEFT_OUT;

/// Adds to the catalogue the variants that a run was begun with.
///
/// # Errors
/// A sentence where it is not known any more what they are.
pub(crate) fn enter_again(catalogue: &mut Catalogue, arms: &[Arm]) -> Result<(), String> {
    for arm in arms {
        let Some(known) = &arm.variant else { continue };
        if enter_described(catalogue, arm, known)? {
            continue;
        }
        let texts: Vec<String> = match &known.directory {
            None if known.differences.iter().any(|text| text.contains(LEFT_OUT)) => {
                return Err(format!(
                    "the record leaves out a part of what differs in `{}`; start a new run",
                    arm.server
                ));
            }
            None => known.differences.clone(),
            Some(directory) => {
                let place = variants(catalogue.root()).join(directory);
                let note = fs::read_to_string(place.join(NOTE))
                    .map_err(|_| format!("{} is gone; start a new run", place.display()))?;
                note.lines().map(str::to_owned).collect()
            }
        };
        let variant = Variant::of(catalogue, &known.of, &texts, catalogue.root())?;
        let variant = Variant {
            name: arm.server.clone(),
            ..variant
        };
        variant
            .enter(catalogue)
            .map_err(|error| format!("{error:#}"))?;
    }
    Ok(())
}

/// Adds to the catalogue the variant of an arm, if a stanza describes it by its keys, and tells whether one does.
///
/// # Errors
/// A sentence where it is another than the run was begun with.
fn enter_described(catalogue: &mut Catalogue, arm: &Arm, known: &Known) -> Result<bool, String> {
    let variant = Variant::named(catalogue, &arm.server, catalogue.root());
    let Ok(Some(variant)) = variant else {
        return Ok(false);
    };
    let Some(of) = variant
        .described
        .as_ref()
        .and_then(|it| it.variant.as_ref())
    else {
        return Ok(false);
    };
    if (&of.name, &of.differences, &of.against) != (&known.of, &known.differences, &known.against) {
        return Err(format!(
            "`{}` is another variant in servers.toml than in the record; start a new run",
            arm.server
        ));
    }
    let entered = variant.enter(catalogue);
    entered.map_err(|error| format!("{error:#}"))?;
    Ok(true)
}
