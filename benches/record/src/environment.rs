//! What changes programs besides their source: how they are built, and what they find where they run. It
//! knows nothing of how that is found out.

mod kernel;
mod python;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use kernel::Kernel;
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
