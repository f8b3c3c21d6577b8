//! Whether a variant answers as the server that it is a variant of, octet by octet. It knows no record.

use anyhow::{Result, ensure};
use quartet_record::plan::Lane;

use crate::exec::difference;
use crate::host::{Host, Launch};
use crate::probe::get;
use crate::subject::Subject;

/// The lanes that every variant takes part in.
const LANES: [Lane; 2] = [Lane::Item, Lane::List];

/// The contents of a server's answers.
pub(super) struct Octets(Vec<(Lane, Vec<u8>)>);

impl Octets {
    /// Starts a server and asks it.
    ///
    /// # Errors
    /// Where it cannot be asked.
    pub(super) fn of(subject: &Subject<'_>, host: &dyn Host) -> Result<Self> {
        let started = host.start(&Launch {
            server: subject.server,
            program: &subject.artifact.program,
            workers: 1,
            locales: None,
            path: "/greetings",
        })?;
        let address = started.server.address();
        let asked = LANES
            .into_iter()
            .filter_map(|lane| Some((lane, lane.path()?)));
        let asked = asked.map(|(lane, path)| Ok((lane, get(address, path, &[])?.content)));
        let found = asked.collect::<Result<_>>();
        started.server.end()?;
        found.map(Self)
    }

    /// Makes sure that these are those of the server of this name.
    ///
    /// # Errors
    /// Where a content differs; the first difference is in the message.
    pub(super) fn equal(&self, base: &Self, name: &str) -> Result<()> {
        for ((lane, found), (_, expected)) in self.0.iter().zip(&base.0) {
            let difference = difference(found, expected).unwrap_or_default();
            ensure!(
                difference.is_empty(),
                "its content in {} is not {name}'s: {difference}",
                lane.name()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_a_difference() {
        let of = |content: &str| Octets(vec![(Lane::Item, content.into())]);
        let base = of("{\"a\":1}");
        assert!(of("{\"a\":1}").equal(&base, "b").is_ok());
        let error = of("{\"a\": 1}").equal(&base, "b").unwrap_err();
        let expected = "its content in item is not b's: 8 bytes instead of 7; at byte 6 it has \" 1}\" where \
             \"1}\" is expected";
        assert_eq!(error.to_string(), expected);
    }
}
