//! What changes programs besides their source: how they are built, and what they find where they run.
//!
//! Nothing private goes into a record: see [`Private`].

mod cargo;
mod kernel;
mod private;
mod python;

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::output;
use crate::system::System;

pub use kernel::Kernel;
pub use private::Private;
pub use python::Python;

/// What changes programs besides their source. What is not known, or as it is by default, is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// What cargo is told by the workspace's manifest and its own configuration files at every level, by
    /// the key that cargo's documentation has for it: `profile.release.lto`, `build.rustflags`,
    /// `target.….linker`. Lists that stand in several files are joined, as cargo joins them.
    pub cargo: BTreeMap<String, String>,
    /// Variables that change what is built or how it runs, by name: `RUSTFLAGS`, `CARGO_PROFILE_…`,
    /// `LD_PRELOAD`, `MALLOC_…` and others. They count for more than `cargo`.
    pub variables: BTreeMap<String, String>,
    /// The target triple that is built for, unless cargo is told another.
    pub host: Option<String>,
    /// The version of LLVM in the compiler.
    pub llvm: Option<String>,
    /// The C library and its version, where it is GNU's.
    pub c_library: Option<String>,
    /// How the kernel is set.
    pub kernel: Kernel,
}

impl Environment {
    /// Looks for all of it, for programs that are built in `root`.
    pub fn look(root: &Path) -> Self {
        let private = Private::here(root);
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            cargo::matters(&name).then(|| (private.without(&name), private.without(&value)))
        });
        let compiler = output(root, "rustc", &["-vV"]).unwrap_or_default();
        let line = |label: &str| {
            let mut lines = compiler.lines();
            lines.find_map(|line| Some(line.strip_prefix(label)?.trim().to_owned()))
        };
        Self {
            cargo: cargo::settings(root, cargo::home().as_deref(), &private),
            variables: variables.collect(),
            host: line("host:"),
            llvm: line("LLVM version:"),
            c_library: output(root, "getconf", &["GNU_LIBC_VERSION"]),
            kernel: Kernel::look(&System::live()),
        }
    }
}
