//! Choosing cases by area and id.

use crate::{Case, cases};

/// Some of the cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(Vec<String>);

/// A name that is neither an area nor a case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no area or case is named {0:?}; `conformance --list` lists the cases")]
pub struct UnknownCase(String);

/// Why no case is chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// A name is neither.
    #[error(transparent)]
    Unknown(#[from] UnknownCase),
    /// Every case is left out.
    #[error("--skip excludes every case")]
    Nothing,
}

/// The cases that `--only` names, or all, without those that `--skip` names.
///
/// # Errors
/// If a name is neither an area nor a case, or if nothing is left.
pub fn select(only: &[String], skip: &[String]) -> Result<Vec<&'static Case>, SelectionError> {
    let (chosen, left_out) = (Selection::new(only)?, Selection::new(skip)?);
    let is_selected = |case: &&Case| (only.is_empty() || chosen.has(case)) && !left_out.has(case);
    let selected: Vec<&Case> = cases::all().filter(is_selected).collect();
    match selected.is_empty() {
        true => Err(SelectionError::Nothing),
        false => Ok(selected),
    }
}

impl Selection {
    /// The cases with these ids and those of these areas.
    ///
    /// # Errors
    /// If one is neither.
    pub fn new<S: AsRef<str>>(names: &[S]) -> Result<Self, UnknownCase> {
        let names: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        for name in &names {
            if !cases::all().any(|case| case.id == name || case.area() == name) {
                return Err(UnknownCase(name.clone()));
            }
        }
        Ok(Self(names))
    }

    /// Whether a case is among them.
    pub fn has(&self, case: &Case) -> bool {
        self.0
            .iter()
            .any(|name| case.id == name || case.area() == name)
    }
}
