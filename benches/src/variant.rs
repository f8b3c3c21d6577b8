//! Servers in which something differs: a release or a checkout of a crate, the compiler's flags, the allocator, and
//! so on.
//!
//! A variant is built in a workspace of its own below `target/compare/variants`: see [`workspace`].

mod again;
mod cargo;
mod checkout;
mod difference;
mod git;
mod lock;
mod manifest;
mod mirror;
mod name;
mod program;
mod published;
mod resolve;
mod workspace;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use quartet_conformance::servers::{Catalogue, Server, VariantOf};
use quartet_record::variant::VariantSource;
use sha2::{Digest as _, Sha256};

use crate::environment::{self, Private};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::runs::runs;
use crate::selection;
pub(crate) use again::enter_again;
use difference::Difference;
pub(crate) use difference::short;
#[cfg(test)]
pub(crate) use git::testing;
pub(crate) use git::{Commit, history};
use name::Name;
pub(crate) use published::{Release, locked, missing, present, releases};

/// Beside a variant's workspace: what differs, one a line, with whole paths, for whoever goes on with a run.
const NOTE: &str = "variant.differences";

/// A server in which something differs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant {
    /// What reports call it.
    name: String,
    /// The server that it is otherwise.
    base: Server,
    differences: Vec<Difference>,
    /// The server as a stanza describes it by its keys, in place of differences.
    described: Option<Server>,
}

impl Variant {
    /// The variant of a server of the catalogue that differs in this, as `--with` has it.
    ///
    /// # Errors
    /// A sentence for the one who asked.
    pub(crate) fn of(
        catalogue: &Catalogue,
        server: &str,
        with: &[String],
        here: &Path,
    ) -> Result<Self, String> {
        let base = base(catalogue, server)?;
        let differences = with.iter().map(|text| Difference::parse(text, here));
        Self::new(base, differences.collect::<Result<_, _>>()?, None)
    }

    /// The pair of a server, which may be a variant itself, and what differs from it in this, as `--with` has it. What
    /// `--with` is about takes the place of what the server has of it.
    ///
    /// # Errors
    /// A sentence for the one who asked.
    fn from(
        catalogue: &Catalogue,
        server: &str,
        with: &[String],
        here: &Path,
    ) -> Result<(Option<Self>, Self), String> {
        let Some(first) = Self::named(catalogue, server, here)? else {
            let second = Self::of(catalogue, server, with, here)?;
            return Ok((None, second));
        };
        if first.described.is_some() {
            return Err(format!(
                "`{server}` differs by keys of its own; name the server that it inherits from"
            ));
        }
        let with = with.iter().map(|text| Difference::parse(text, here));
        let with = with.collect::<Result<Vec<_>, _>>()?;
        let mut differences = first.differences.clone();
        for new in with {
            let about = |one: &&mut Difference| one.subject() == new.subject();
            match differences.iter_mut().find(about) {
                Some(known) => *known = new,
                None => differences.push(new),
            }
        }
        if differences == first.differences {
            return Err(format!("`{server}` does not differ from itself"));
        }
        let second = Self::new(&first.base, differences, None)?;
        Ok((Some(first), second))
    }

    /// The variant that a name stands for, as in a list of servers. None where it is a server's.
    ///
    /// # Errors
    /// A sentence for the one who asked.
    fn named(catalogue: &Catalogue, name: &str, here: &Path) -> Result<Option<Self>, String> {
        if let Some(stanza) = catalogue
            .variants()
            .iter()
            .find(|stanza| stanza.name == name)
        {
            let base = base(catalogue, &stanza.inherits)?;
            if let Some(server) = stanza.server(base) {
                return Ok(Some(Self {
                    name: name.to_owned(),
                    base: base.clone(),
                    differences: Vec::new(),
                    described: Some(server),
                }));
            }
            let differences = stanza.with.iter();
            let differences = differences.map(|text| Difference::parse(text, catalogue.root()));
            let differences = differences.collect::<Result<_, _>>();
            let differences = differences.map_err(|error| format!("variant `{name}`: {error}"))?;
            return Self::new(base, differences, Some(name)).map(Some);
        }
        let Some(parts) = Name::of(name) else {
            return Ok(None);
        };
        let base = base(catalogue, parts.server)?;
        let differences = parts.differences(base.framework.as_deref(), here)?;
        Self::new(base, differences, None).map(Some)
    }

    fn new(
        base: &Server,
        differences: Vec<Difference>,
        name: Option<&str>,
    ) -> Result<Self, String> {
        let framework = base.framework.as_deref();
        let labels = differences.iter().map(|one| one.label(framework));
        let mut labels: Vec<String> = labels.collect();
        // A release of the framework comes first, as in a list of servers.
        labels.sort_by_key(|label| !label.starts_with('@'));
        let name = match name {
            Some(name) => name.to_owned(),
            None => base.name.clone() + &labels.concat(),
        };
        if differences.is_empty() {
            return Err(format!(
                "`{name}` differs in nothing; write {}",
                difference::FORMS
            ));
        }
        for (index, one) in differences.iter().enumerate() {
            let same = |other: &&Difference| other.subject() == one.subject();
            if let Some(other) = differences.iter().skip(index + 1).find(same) {
                let (one, other) = (one.text(), other.text());
                return Err(format!("`{name}`: {one} and {other} exclude each other"));
            }
        }
        if differences.iter().any(Difference::is_built) && !is_built_by_cargo(base) {
            return Err(format!(
                "`{}` is not a package that cargo builds; only env.NAME=VALUE can differ",
                base.name
            ));
        }
        Ok(Self {
            name,
            base: base.clone(),
            differences,
            described: None,
        })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Adds it to the catalogue, and notes beside its workspace what differs.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub(crate) fn enter(&self, catalogue: &mut Catalogue) -> Result<()> {
        let place = self.place(catalogue.root())?;
        if let Some(place) = &place {
            fs::create_dir_all(place)
                .with_context(|| format!("cannot write {}", place.display()))?;
            let texts = self.differences.iter().map(Difference::text);
            let texts: Vec<String> = texts.collect();
            mirror::put(&place.join(NOTE), &texts.join("\n"))?;
        }
        let stanza = self.stanza(catalogue.root(), place)?;
        let namesake = catalogue.get(&self.name);
        ensure!(
            namesake.is_none_or(|known| *known == stanza),
            "two variants would be called `{}`; name them by [[variant]] in servers.toml",
            self.name
        );
        catalogue.add(stanza);
        Ok(())
    }

    /// Where it is built; none where it is the same program.
    fn place(&self, root: &Path) -> Result<Option<PathBuf>> {
        if !self.differences.iter().any(Difference::is_built) {
            return Ok(None);
        }
        let mut hash = Sha256::new_with_prefix(&self.base.name);
        for difference in &self.differences {
            hash.update("\n");
            hash.update(difference.text());
        }
        let hash = hash.finalize();
        let in_name =
            |character: char| character.is_ascii_alphanumeric() || "-_.@+=~".contains(character);
        let readable = self.name.chars().take(60);
        let readable = readable.map(|character| if in_name(character) { character } else { '_' });
        let [first, second, third, fourth] = [hash[0], hash[1], hash[2], hash[3]];
        let hash = format!("{first:02x}{second:02x}{third:02x}{fourth:02x}");
        let directory = readable.collect::<String>() + "-" + &hash;
        Ok(Some(std::path::absolute(variants(root).join(directory))?))
    }

    /// The server as it is built and started.
    fn stanza(&self, root: &Path, place: Option<PathBuf>) -> Result<Server> {
        if let Some(server) = &self.described {
            return Ok(server.clone());
        }
        let private = Private::here(root);
        let shown = |one: &Difference| private.without(&one.text());
        let mut server = Server {
            name: self.name.clone(),
            variant: Some(VariantOf {
                name: self.base.name.clone(),
                differences: self.differences.iter().map(shown).collect(),
                against: Vec::new(),
            }),
            workspace: place,
            ..self.base.clone()
        };
        let mut options = Vec::new();
        for difference in &self.differences {
            match difference {
                Difference::Profile { key, value } => {
                    options.extend(["--config".to_owned(), format!("{key}={value}")]);
                }
                Difference::Rustflags(flags) => {
                    let key = rustflags_key(root)?;
                    let flags = toml::Value::from(flags.clone());
                    options.extend(["--config".to_owned(), format!("{key}={flags}")]);
                }
                Difference::Features(names) => {
                    options.extend(["--features".to_owned(), names.clone()]);
                }
                Difference::Environment { name, value } => {
                    server.environment.insert(name.clone(), value.clone());
                }
                Difference::Release { .. }
                | Difference::Checkout { .. }
                | Difference::Allocator(_)
                | Difference::CurrentThread
                | Difference::Revision(_) => {}
            }
        }
        let end = server.build.iter().position(|argument| argument == "--");
        let end = end.unwrap_or(server.build.len());
        server.build.splice(end..end, options);
        Ok(server)
    }
}

/// Adds to the catalogue a server, where it is a variant, and what differs from it in this. Gives the names of both.
///
/// # Errors
/// A sentence for the one who asked.
pub(crate) fn enter_pair(
    catalogue: &mut Catalogue,
    server: &str,
    with: &[String],
    here: &Path,
) -> Result<[String; 2], String> {
    let (first, second) = Variant::from(catalogue, server, with, here)?;
    for variant in first.iter().chain([&second]) {
        let entered = variant.enter(catalogue);
        entered.map_err(|error| format!("{error:#}"))?;
    }
    let first = first.map_or_else(|| server.to_owned(), |first| first.name);
    Ok([first, second.name])
}

/// Adds to the catalogue the variants among these names, and gives all names as the catalogue has them. A word such
/// as `originals` stands for several.
///
/// # Errors
/// A sentence for the one who asked.
pub(crate) fn enter(
    catalogue: &mut Catalogue,
    names: &[String],
    here: &Path,
) -> Result<Vec<String>, String> {
    let mut entered = Vec::new();
    for name in selection::named_by(catalogue, names) {
        match Variant::named(catalogue, &name, here)? {
            None => entered.push(name),
            Some(variant) => {
                variant
                    .enter(catalogue)
                    .map_err(|error| format!("{error:#}"))?;
                entered.push(variant.name().to_owned());
            }
        }
    }
    Ok(entered)
}

/// What the variants among servers are built from, by their names. It makes ready their workspaces, so that what
/// cannot be had is known before anything is built.
///
/// # Errors
/// [`Failure::Usage`] where what differs cannot be had, in one line; [`Failure::Interrupted`] where it was asked to
/// stop; another one where a file or the registry cannot be read or written.
pub(crate) fn sources<'a>(
    catalogue: &Catalogue,
    names: impl IntoIterator<Item = &'a str>,
    interrupt: &Interrupt,
) -> Result<BTreeMap<String, VariantSource>, Failure> {
    let mut found = BTreeMap::new();
    for server in names.into_iter().filter_map(|name| catalogue.get(name)) {
        if found.contains_key(&server.name) {
            continue;
        }
        let ready = ready(catalogue, server, interrupt);
        if interrupt.requested() {
            return Err(Failure::Interrupted);
        }
        let source = ready.with_context(|| server.name.clone());
        let source =
            source.map_err(
                |error| match error.chain().any(|one| one.is::<io::Error>()) {
                    true => Failure::Other(error),
                    false => Failure::usage(&error),
                },
            )?;
        if let Some(source) = source {
            found.insert(server.name.clone(), source);
        }
    }
    Ok(found)
}

/// Makes ready the workspace of a server that is a variant, and gives what it is built from. None where the server
/// is none.
fn ready(
    catalogue: &Catalogue,
    server: &Server,
    interrupt: &Interrupt,
) -> Result<Option<VariantSource>> {
    let Some(variant) = &server.variant else {
        return Ok(None);
    };
    let Some(place) = &server.workspace else {
        return Ok(Some(VariantSource::default()));
    };
    let base = base(catalogue, &variant.name).map_err(anyhow::Error::msg)?;
    let root = catalogue.root();
    let note = place.join(NOTE);
    let note =
        fs::read_to_string(&note).with_context(|| format!("cannot read {}", note.display()))?;
    let differences = note.lines().map(|line| Difference::parse(line, root));
    let differences: Vec<Difference> = differences
        .collect::<Result<_, _>>()
        .map_err(anyhow::Error::msg)?;
    workspace::make(root, base, &differences, place, interrupt).map(Some)
}

/// The server that a name stands for, or the one that this is a variant of.
///
/// # Errors
/// A sentence for the one who asked.
pub(crate) fn base_of(catalogue: &Catalogue, name: &str, here: &Path) -> Result<Server, String> {
    match Variant::named(catalogue, name, here)? {
        Some(variant) => Ok(variant.base),
        None => base(catalogue, name).cloned(),
    }
}

/// The server of this name, or the one that it is a variant of.
fn base<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a Server, String> {
    let found = selection::named(catalogue, name)?;
    match &found.variant {
        None => Ok(found),
        Some(of) => selection::named(catalogue, &of.name),
    }
}

fn variants(root: &Path) -> PathBuf {
    runs(root).join("variants")
}

/// Whether a server's program is what `cargo build` makes of its package.
fn is_built_by_cargo(server: &Server) -> bool {
    let by_cargo = server
        .build
        .first()
        .is_some_and(|program| program == "cargo");
    by_cargo && server.package.is_some() && !server.program.contains('/')
}

/// Where further flags for the compiler are put so that they come to those there are. Cargo takes flags from one
/// place alone: the environment, or else a target's settings, or else those of all builds.
///
/// # Errors
/// Where that is the environment.
pub(crate) fn rustflags_key(root: &Path) -> Result<String> {
    let set = ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"];
    if let Some(name) = set
        .into_iter()
        .find(|name| std::env::var_os(name).is_some())
    {
        anyhow::bail!(
            "rustflags cannot differ while {name} is set, because cargo takes flags from there alone"
        );
    }
    let found = environment::look(root);
    let of_target = |key: &String| key.starts_with("target.") && key.ends_with(".rustflags");
    let Some(host) = found.host.filter(|_| found.cargo.keys().any(of_target)) else {
        return Ok("build.rustflags".to_owned());
    };
    Ok(format!("target.{host}.rustflags"))
}

#[cfg(test)]
mod tests;
