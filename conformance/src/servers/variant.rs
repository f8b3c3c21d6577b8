//! `[[variant]]`: a server of the file that differs in something. It knows no difference of `cargo compare ab`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Server, VariantOf};

/// A `[[variant]]`: a server of the file that differs in something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantStanza {
    /// What reports call it.
    pub name: String,
    /// The server that it is otherwise.
    pub inherits: String,
    /// What differs, in the words of `cargo compare ab --with`.
    #[serde(default)]
    pub with: Vec<String>,
    /// What differs by the keys below, in a few words. With one of them it is required.
    pub difference: Option<String>,
    /// The names of further servers that its ratios are to.
    #[serde(default)]
    pub against: Vec<String>,
    /// In place of [`Server::framework`].
    pub framework: Option<String>,
    /// In place of [`Server::requirements`].
    pub requirements: Option<PathBuf>,
    /// In place of [`Server::build`].
    pub build: Option<Vec<String>>,
    /// In place of [`Server::program`].
    pub program: Option<String>,
    /// In place of [`Server::args`].
    pub args: Option<Vec<String>>,
    /// In place of [`Server::directory`]. Absolute once read.
    pub directory: Option<PathBuf>,
    /// Variables of its environment, besides those of [`Server::environment`].
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

impl VariantStanza {
    /// The server that it is, where what differs is in the keys of the stanza: another than `base` in these alone.
    /// It is held to the cases of the base. None where the stanza has none of these keys.
    pub fn server(&self, base: &Server) -> Option<Server> {
        let difference = self.difference.clone()?;
        let mut server = Server {
            name: self.name.clone(),
            variant: Some(VariantOf {
                name: base.known_as().to_owned(),
                differences: vec![difference],
                against: self.against.clone(),
            }),
            ..base.clone()
        };
        replace(&mut server.build, self.build.as_ref());
        replace(&mut server.program, self.program.as_ref());
        replace(&mut server.args, self.args.as_ref());
        for (place, new) in [
            (&mut server.requirements, &self.requirements),
            (&mut server.directory, &self.directory),
        ] {
            *place = new.clone().or_else(|| place.take());
        }
        server.framework = self.framework.clone().or(server.framework);
        server.environment.extend(self.environment.clone());
        Some(server)
    }

    /// What is wrong with it, among these servers.
    pub(super) fn mistake(&self, servers: &[Server]) -> Option<String> {
        let known = |name: &String| servers.iter().any(|server| server.name == *name);
        let mut named = std::iter::once(&self.inherits).chain(&self.against);
        if let Some(unknown) = named.find(|&name| !known(name)) {
            return Some(format!("no server `{unknown}`"));
        }
        let keys = Self {
            name: self.name.clone(),
            inherits: self.inherits.clone(),
            with: self.with.clone(),
            difference: self.difference.clone(),
            against: self.against.clone(),
            ..Self::default()
        };
        match (&self.difference, *self == keys) {
            (Some(_), true) => Some("`difference` says what no key of it has".to_owned()),
            (None, false) => Some("`difference` is to say what differs, in words".to_owned()),
            (Some(_), false) if !self.with.is_empty() => {
                Some("`with` and `difference` exclude each other".to_owned())
            }
            (None, true) if self.with.is_empty() => Some("it differs in nothing".to_owned()),
            _ => None,
        }
    }
}

fn replace<T: Clone>(place: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        place.clone_from(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::{Ready, Role};

    #[test]
    fn what_its_keys_do_not_say_is_the_servers() {
        let base = Server {
            args: vec!["app".to_owned()],
            framework: Some("web".to_owned()),
            directory: Some("/there".into()),
            environment: BTreeMap::from([("X".to_owned(), "1".to_owned())]),
            cases: Some(vec!["contract/list-exact".to_owned()]),
            ..Server::new("a", Role::Original, "x", Ready::Port)
        };
        let stanza = VariantStanza {
            name: "a-on-y".to_owned(),
            inherits: "a".to_owned(),
            difference: Some("on y".to_owned()),
            against: vec!["b".to_owned()],
            program: Some("y".to_owned()),
            environment: BTreeMap::from([("Y".to_owned(), "2".to_owned())]),
            ..VariantStanza::default()
        };
        let server = stanza.server(&base).unwrap();
        let expected = Server {
            name: "a-on-y".to_owned(),
            program: "y".to_owned(),
            environment: BTreeMap::from(
                [("X", "1"), ("Y", "2")].map(|(name, value)| (name.to_owned(), value.to_owned())),
            ),
            variant: Some(VariantOf {
                name: "a".to_owned(),
                differences: vec!["on y".to_owned()],
                against: vec!["b".to_owned()],
            }),
            ..base.clone()
        };
        assert_eq!(server, expected);
        let other = VariantStanza {
            args: Some(Vec::new()),
            framework: Some("other".to_owned()),
            requirements: Some("pins".into()),
            directory: Some("/here".into()),
            build: Some(vec!["make".to_owned()]),
            ..stanza
        };
        let other = other.server(&base).unwrap();
        assert_eq!(other.args, Vec::<String>::new());
        assert_eq!(other.framework.as_deref(), Some("other"));
        assert_eq!(other.requirements, Some("pins".into()));
        assert_eq!(other.directory, Some("/here".into()));
        assert_eq!(other.build, ["make"]);
        assert_eq!(other.cases, base.cases);
    }
}
