//! What cargo and the compiler are told besides a server's own package.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::private::Private;

/// Where cargo keeps its own configuration.
pub(super) fn home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}

/// Whether a variable of the environment changes what is built, or how it runs.
pub(super) fn matters(name: &str) -> bool {
    const NAMES: [&str; 20] = [
        "RUSTFLAGS",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_BOOTSTRAP",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "AR",
        "CC",
        "CXX",
        "CFLAGS",
        "CXXFLAGS",
        "LDFLAGS",
        "LD_PRELOAD",
        "LD_BIND_NOW",
        "GLIBC_TUNABLES",
        "RUST_BACKTRACE",
        "RUST_LIB_BACKTRACE",
        "RUST_MIN_STACK",
        "JEMALLOC_SYS_WITH_MALLOC_CONF",
    ];
    const BEGINNINGS: [&str; 12] = [
        "CARGO_BUILD_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CARGO_UNSTABLE_",
        "CC_",
        "CFLAGS_",
        "MALLOC_",
        "MIMALLOC_",
        "_RJEM_",
        "TOKIO_",
        "QUARTET_",
        "SANIC_",
    ];
    // Where to build, by how many at once, and what is a secret.
    const OTHERS: [&str; 6] = [
        "CARGO_TARGET_DIR",
        "CARGO_TARGET_TMPDIR",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_BUILD_BUILD_DIR",
        "CARGO_BUILD_JOBS",
        "QUARTET_API_KEY_FILE",
    ];
    let begins = BEGINNINGS
        .iter()
        .any(|beginning| name.starts_with(beginning));
    (NAMES.contains(&name) || begins) && !OTHERS.contains(&name)
}

/// What the manifest in `root` and cargo's configuration files say that reaches a release build: files in
/// `root` and above it, and the one in cargo's `home`. The nearer one counts.
pub(super) fn settings(
    root: &Path,
    home: Option<&Path>,
    private: &Private,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let manifest = read(&root.join("Cargo.toml"));
    if let Some(profile) = manifest
        .as_ref()
        .and_then(|manifest| manifest.get("profile"))
    {
        add("profile", profile, &mut found);
    }
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut folders: Vec<PathBuf> = root.ancestors().map(|above| above.join(".cargo")).collect();
    if let Some(home) = home.filter(|home| !folders.iter().any(|folder| folder == home)) {
        folders.push(home.to_owned());
    }
    for folder in folders.iter().rev() {
        // Cargo prefers the name without an ending.
        let files = ["config", "config.toml"].map(|name| folder.join(name));
        let file = files.iter().find(|file| file.is_file());
        for (key, value) in file.and_then(|file| read(file)).unwrap_or_default() {
            add(&key, &value, &mut found);
        }
    }
    let found = found.into_iter().filter(|(key, _)| reaches(key));
    found
        .map(|(key, value)| (private.without(&key), private.without(&value)))
        .collect()
}

fn read(file: &Path) -> Option<Table> {
    fs::read_to_string(file).ok()?.parse().ok()
}

/// Adds a setting, the parts of a table each by its own key. A list goes on with what it had farther away.
fn add(key: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Table(parts) => {
            for (part, value) in parts {
                add(&format!("{key}.{part}"), value, found);
            }
        }
        Value::Array(values) => {
            let known = found.remove(key).into_iter();
            let all: Vec<String> = known.chain(values.iter().map(text)).collect();
            found.insert(key.to_owned(), all.join(" "));
        }
        value => {
            found.insert(key.to_owned(), text(value));
        }
    }
}

/// Whether a setting reaches what is built by `--release`.
fn reaches(key: &str) -> bool {
    const BEGINNINGS: [&str; 12] = [
        "profile.release.",
        "build.incremental",
        "build.rustc",
        "build.rustflags",
        "build.target.",
        "patch.",
        "paths",
        "include",
        "unstable.",
        "host.",
        "resolver.",
        "target-applies-to-host",
    ];
    let of_target = key.starts_with("target.")
        && [".linker", ".rustflags", ".ar"]
            .iter()
            .any(|end| key.ends_with(end));
    let of_environment = key.strip_prefix("env.").is_some_and(|rest| {
        let name = rest.split('.').next();
        name.is_some_and(matters)
    });
    key == "build.target"
        || of_target
        || of_environment
        || BEGINNINGS
            .iter()
            .any(|beginning| key.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_a_build_is_found_at_every_level_and_the_nearest_counts() {
        let place = tempfile::tempdir().unwrap();
        let home = place.path().join("home");
        let root = place.path().join("a/b");
        let write = |file: PathBuf, text: &str| {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        write(
            home.join("config.toml"),
            "[build]\nrustflags = ['-C', 'target-cpu=native']\njobs = 2\nrustc-wrapper = '/home/x/bin/sccache'\n\
             [net]\noffline = true\n[registries.secret]\nindex = 'x'\n[profile.release]\nlto = 'fat'\n",
        );
        write(
            place.path().join("a/.cargo/config.toml"),
            "[build]\nrustflags = ['--cfg', 'x']\n[target.'cfg(unix)']\nlinker = 'clang'\nrunner = 'y'\n\
             [env]\nCFLAGS = { value = '-O1', force = true }\nTOKEN = 'secret'\n",
        );
        write(
            root.join(".cargo/config.toml"),
            "[alias]\ncompare = 'run'\n[profile.release]\nopt-level = 1\n[profile.dev]\nopt-level = 3\n",
        );
        write(
            root.join("Cargo.toml"),
            "[profile.release]\nlto = 'thin'\npanic = 'unwind'\n[profile.release.package.z]\nopt-level = 1\n",
        );
        let private = Private::here(&root);
        let found = settings(&root, Some(&home), &private);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .filter(|(key, _)| !key.starts_with("patch"))
            .collect();
        assert_eq!(
            found,
            [
                ("build.rustc-wrapper", "…/sccache"),
                ("build.rustflags", "-C target-cpu=native --cfg x"),
                ("env.CFLAGS.force", "true"),
                ("env.CFLAGS.value", "-O1"),
                ("profile.release.lto", "fat"),
                ("profile.release.opt-level", "1"),
                ("profile.release.package.z.opt-level", "1"),
                ("profile.release.panic", "unwind"),
                ("target.cfg(unix).linker", "clang"),
            ]
        );
    }

    #[test]
    fn variables_matter_that_change_programs() {
        for name in [
            "RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "LD_PRELOAD",
            "MALLOC_ARENA_MAX",
        ] {
            assert!(matters(name), "{name}");
        }
        for name in [
            "HOME",
            "CARGO_TARGET_DIR",
            "CARGO_HOME",
            "PATH",
            "QUARTET_API_KEY_FILE",
        ] {
            assert!(!matters(name), "{name}");
        }
    }
}
