//! What may differ between a server and its variant, as it is written.

use std::path::{Path, PathBuf};

use cargo_metadata::semver;
use toml::{Table, Value};

use super::git;

/// Something in which a variant differs from its server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Difference {
    /// Another release of a crate.
    Release {
        /// The crate.
        name: String,
        /// Its version.
        version: String,
    },
    /// A crate from a checkout, with every other package of its workspace.
    Checkout {
        /// The crate.
        name: String,
        /// The checkout, an absolute path.
        path: PathBuf,
        /// The commit of it, in full; none for the files as they are.
        commit: Option<String>,
    },
    /// Further flags for the compiler.
    Rustflags(Vec<String>),
    /// Another allocator.
    Allocator(Allocator),
    /// tokio's runtime of one thread in place of the one of several.
    CurrentThread,
    /// A setting of cargo's profile.
    Profile {
        /// Its key, `profile.release.lto`.
        key: String,
        /// Its value.
        value: Value,
    },
    /// Further features of the server's package.
    Features(String),
    /// Another revision of this repository.
    Revision(String),
    /// A variable of the server's environment.
    Environment {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// What allocates memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allocator {
    /// The C library's, which is every server's own.
    System,
    /// <https://github.com/microsoft/mimalloc>
    Mimalloc,
    /// <https://github.com/jemalloc/jemalloc>
    Jemalloc,
}

impl Allocator {
    const ALL: [Self; 3] = [Self::System, Self::Mimalloc, Self::Jemalloc];

    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Mimalloc => "mimalloc",
            Self::Jemalloc => "jemalloc",
        }
    }
}

/// The forms there are, for help and for errors.
pub(crate) const FORMS: &str = "CRATE=VERSION, CRATE=PATH, CRATE=PATH@REVISION, rustflags=FLAGS, allocator=NAME, \
    runtime=current-thread, profile.release.KEY=VALUE, features=NAMES, rev=REVISION or env.NAME=VALUE";

impl Difference {
    /// Reads one as `--with` has it. Paths are seen from `here`.
    ///
    /// # Errors
    /// A sentence for the one who wrote it.
    pub(crate) fn parse(text: &str, here: &Path) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no difference; write {FORMS}");
        let (key, value) = text.split_once('=').ok_or_else(wrong)?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || value.is_empty() {
            return Err(wrong());
        }
        match key {
            "rustflags" => Ok(Self::Rustflags(
                value.split_ascii_whitespace().map(str::to_owned).collect(),
            )),
            "allocator" => allocator(value).map(Self::Allocator).ok_or_else(|| {
                format!("`{text}`: the allocators are system, mimalloc and jemalloc")
            }),
            "runtime" if value == CURRENT_THREAD => Ok(Self::CurrentThread),
            "runtime" => Err(format!("`{text}`: the other runtime is {CURRENT_THREAD}")),
            "features" => Ok(Self::Features(value.to_owned())),
            "rev" => Ok(Self::Revision(value.to_owned())),
            _ => match key.split_once('.') {
                Some(("profile", rest)) => profile(rest, value).ok_or_else(|| {
                    format!("`{text}`: servers are built with profile.release.KEY=VALUE")
                }),
                Some(("env", name)) if !name.is_empty() => Ok(Self::Environment {
                    name: name.to_owned(),
                    value: value.to_owned(),
                }),
                Some(_) => Err(wrong()),
                None => of_crate(key, value, here).map_err(|why| format!("`{text}`: {why}")),
            },
        }
    }

    /// As it is written, with whole paths.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Release { name, version } => format!("{name}={version}"),
            Self::Checkout { name, path, commit } => {
                let commit = commit.iter().map(|commit| format!("@{commit}"));
                format!("{name}={}{}", path.display(), commit.collect::<String>())
            }
            Self::Rustflags(flags) => format!("rustflags={}", flags.join(" ")),
            Self::Allocator(allocator) => format!("allocator={}", allocator.name()),
            Self::CurrentThread => format!("runtime={CURRENT_THREAD}"),
            Self::Profile { key, value } => format!("{key}={value}"),
            Self::Features(names) => format!("features={names}"),
            Self::Revision(revision) => format!("rev={revision}"),
            Self::Environment { name, value } => format!("env.{name}={value}"),
        }
    }

    /// What it adds to the name of a server on this framework.
    pub(crate) fn label(&self, framework: Option<&str>) -> String {
        let is_framework = |name: &str| framework == Some(name);
        match self {
            Self::Release { name, version } if is_framework(name) => format!("@{version}"),
            Self::Release { name, version } => format!("+{name}={version}"),
            Self::Checkout { name, commit, .. } => {
                let commit = commit.iter().map(|commit| format!("@{}", short(commit)));
                let patch = "patch".to_owned() + &commit.collect::<String>();
                match is_framework(name) {
                    true => format!("+{patch}"),
                    false => format!("+{name}={patch}"),
                }
            }
            Self::Allocator(allocator) => format!("+{}", allocator.name()),
            Self::CurrentThread => format!("+{CURRENT_THREAD}"),
            Self::Profile { key, value } => format!("+{key}={}", bare(value)),
            Self::Environment { .. }
            | Self::Rustflags(_)
            | Self::Features(_)
            | Self::Revision(_) => {
                format!("+{}", self.text())
            }
        }
    }

    /// What it is about: two that are about the same exclude each other.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Release { name, .. } | Self::Checkout { name, .. } => name.clone(),
            Self::Profile { key, .. } => key.clone(),
            Self::Environment { name, .. } => format!("env.{name}"),
            Self::Rustflags(_) => "rustflags".to_owned(),
            Self::Allocator(_) => "allocator".to_owned(),
            Self::CurrentThread => "runtime".to_owned(),
            Self::Features(_) => "features".to_owned(),
            Self::Revision(_) => "rev".to_owned(),
        }
    }

    /// Whether the program itself is another.
    pub(crate) fn is_built(&self) -> bool {
        !matches!(self, Self::Environment { .. })
    }

    /// Whether packages of the workspace have other sources, and depend on the same.
    pub(super) fn changes_sources(&self) -> bool {
        matches!(self, Self::Revision(_) | Self::CurrentThread)
    }
}

/// The word for tokio's runtime of one thread.
const CURRENT_THREAD: &str = "current-thread";

/// A difference that is written as a word alone, as in `salvo+mimalloc`.
pub(crate) fn of_word(word: &str) -> Option<Difference> {
    if word == CURRENT_THREAD {
        return Some(Difference::CurrentThread);
    }
    allocator(word).map(Difference::Allocator)
}

fn allocator(name: &str) -> Option<Allocator> {
    Allocator::ALL
        .into_iter()
        .find(|allocator| allocator.name() == name)
}

/// A setting of the profile that servers are built with. A shell may have taken the quotes off a text.
fn profile(key: &str, value: &str) -> Option<Difference> {
    let is_key = |part: &str| {
        let in_key =
            |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        !part.is_empty() && part.chars().all(in_key)
    };
    let mut parts = key.strip_prefix("release.")?.split('.');
    if !parts.all(is_key) {
        return None;
    }
    let read = toml::from_str::<Table>(&format!("value = {value}"));
    let read = read.ok().and_then(|mut table| table.remove("value"));
    Some(Difference::Profile {
        key: format!("profile.{key}"),
        value: read.unwrap_or_else(|| Value::String(value.to_owned())),
    })
}

/// A value without the quotes of a text.
fn bare(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn of_crate(name: &str, value: &str, here: &Path) -> Result<Difference, String> {
    let in_name = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let name = match name.chars().all(in_name) {
        true => name.to_owned(),
        false => return Err(format!("`{name}` is no name of a crate")),
    };
    if semver::Version::parse(value).is_ok() {
        let version = value.to_owned();
        return Ok(Difference::Release { name, version });
    }
    let directory = |path: &str| {
        let path = here.join(path).canonicalize().ok()?;
        path.is_dir().then_some(path)
    };
    if let Some(path) = directory(value) {
        return match path.join("Cargo.toml").is_file() {
            true => Ok(Difference::Checkout {
                name,
                path,
                commit: None,
            }),
            false => Err(format!("there is no Cargo.toml in {value}")),
        };
    }
    let (path, revision) = value.rsplit_once('@').unwrap_or((value, ""));
    match directory(path) {
        Some(path) if !revision.is_empty() => {
            let commit = git::commit(&path, revision);
            Ok(Difference::Checkout {
                name,
                commit: Some(commit.map_err(|error| format!("{error:#}"))?),
                path,
            })
        }
        Some(_) => Err(format!("{value} has no revision after @")),
        None if here.join(path).is_file() => {
            Err(format!("{path} is a file: name the checkout's directory"))
        }
        None if path.contains('/') || path.starts_with('.') => {
            Err(format!("there is no directory {path}"))
        }
        _ => Err(format!(
            "{value} is neither a version such as 1.0.0 nor a directory"
        )),
    }
}

/// How much of a commit's name is shown.
const SHOWN: usize = 10;

/// A commit's name as it is shown.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..SHOWN).unwrap_or(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Difference, String> {
        Difference::parse(text, Path::new(env!("CARGO_MANIFEST_DIR")))
    }

    #[test]
    fn each_form_is_read_written_and_named() {
        for (text, written, label) in [
            ("salvo=1.0.0", "salvo=1.0.0", "@1.0.0"),
            ("hyper=1.11.0", "hyper=1.11.0", "+hyper=1.11.0"),
            (
                "rustflags=-C  target-cpu=native",
                "rustflags=-C target-cpu=native",
                "+rustflags=-C target-cpu=native",
            ),
            ("allocator=mimalloc", "allocator=mimalloc", "+mimalloc"),
            (
                "runtime=current-thread",
                "runtime=current-thread",
                "+current-thread",
            ),
            (
                "profile.release.lto=fat",
                "profile.release.lto=\"fat\"",
                "+profile.release.lto=fat",
            ),
            (
                "profile.release.lto=\"fat\"",
                "profile.release.lto=\"fat\"",
                "+profile.release.lto=fat",
            ),
            (
                "profile.release.codegen-units=16",
                "profile.release.codegen-units=16",
                "+profile.release.codegen-units=16",
            ),
            ("features=a,b", "features=a,b", "+features=a,b"),
            ("rev=HEAD~3", "rev=HEAD~3", "+rev=HEAD~3"),
            (
                "env.MALLOC_ARENA_MAX=1",
                "env.MALLOC_ARENA_MAX=1",
                "+env.MALLOC_ARENA_MAX=1",
            ),
        ] {
            let read = parse(text).unwrap();
            assert_eq!(read.text(), written);
            assert_eq!(read.label(Some("salvo")), label);
            assert_eq!(parse(&read.text()).unwrap(), read);
        }
    }

    #[test]
    fn a_checkout_is_a_directory_with_a_manifest_seen_from_here() {
        let read = parse("salvo=../benches/../benches").unwrap();
        let Difference::Checkout { name, path, .. } = &read else {
            panic!("{read:?}");
        };
        assert_eq!(name, "salvo");
        assert!(path.is_absolute() && path.ends_with("benches"), "{path:?}");
        assert_eq!(read.label(Some("salvo")), "+patch");
        assert_eq!(read.label(Some("axum")), "+salvo=patch");
    }

    #[test]
    fn a_checkout_may_be_taken_at_a_revision() {
        let place = tempfile::Builder::new().prefix("a place").tempdir();
        let place = place.unwrap();
        git::testing::repository(place.path());
        let hash = git::testing::commit_all(place.path(), "a");
        let here = place.path();
        let read = Difference::parse("salvo=.@HEAD", here).unwrap();
        let Difference::Checkout { commit, .. } = &read else {
            panic!("{read:?}");
        };
        assert_eq!(commit.as_ref(), Some(&hash));
        let label = format!("+patch@{}", &hash[..10]);
        assert_eq!(read.label(Some("salvo")), label);
        assert_eq!(parse(&read.text()).unwrap(), read);
        for (wrong, why) in [
            ("salvo=.@no-such", "git knows no revision `no-such`"),
            ("salvo=./nowhere@HEAD", "there is no directory ./nowhere"),
            ("salvo=.@", "no revision after @"),
            ("salvo=.", "no Cargo.toml in ."),
        ] {
            let error = Difference::parse(wrong, here).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_path_may_have_spaces() {
        let place = tempfile::Builder::new()
            .prefix("a place")
            .tempdir()
            .unwrap();
        std::fs::write(place.path().join("Cargo.toml"), "").unwrap();
        let text = format!("salvo={}", place.path().display());
        let read = parse(&text).unwrap();
        assert_eq!(parse(&read.text()).unwrap(), read);
    }

    #[test]
    fn what_is_none_is_refused_with_what_there_is() {
        for (wrong, why) in [
            ("salvo", "CRATE=VERSION"),
            ("=1.0.0", "CRATE=VERSION"),
            ("salvo=", "CRATE=VERSION"),
            ("a.b=1.0.0", "CRATE=VERSION"),
            ("salvo=1.0", "neither a version"),
            ("salvo=v1.0.0", "neither a version"),
            ("salvo=../no-such", "there is no directory ../no-such"),
            ("salvo=Cargo.toml", "is a file"),
            ("sal vo=1.0.0", "no name of a crate"),
            ("allocator=dlmalloc", "mimalloc and jemalloc"),
            ("runtime=async-std", "current-thread"),
            ("profile.dev.lto=off", "profile.release"),
            ("profile.release.a b=1", "profile.release"),
            ("env.=1", "CRATE=VERSION"),
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
            assert_eq!(error.lines().count(), 1);
        }
    }
}
