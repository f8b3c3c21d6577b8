//! Looks for what changes programs besides their source: how they are built, and what they find where they run.
//!
//! Nothing private goes into a record: see [`Private`].

mod cargo;
mod kernel;
mod private;
mod python;

use std::path::Path;

use quartet_record::environment::Environment;

use crate::machine::output;
use crate::system::System;

pub(crate) use private::LEFT_OUT;
pub use private::Private;
pub use python::python;

/// Looks for what changes programs besides their source, for programs that are built in `root`.
pub fn look(root: &Path) -> Environment {
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
    Environment {
        cargo: cargo::settings(root, cargo::home().as_deref(), &private),
        variables: variables.collect(),
        host: line("host:"),
        llvm: line("LLVM version:"),
        c_library: output(root, "getconf", &["GNU_LIBC_VERSION"]),
        kernel: kernel::look(&System::live()),
    }
}
