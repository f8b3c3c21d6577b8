//! Servers that differ from another one in something, such as a release of their framework. It knows nothing of
//! how they are built.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What makes an arm a variant of another server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variant {
    /// The name in the catalogue of the server that it differs from, which is the base of its ratios.
    pub of: String,
    /// How it differs, in the words of `cargo compare ab --with` or of `servers.toml`, without such paths as are
    /// nobody's business.
    pub differences: Vec<String>,
    /// The names in the catalogue of further servers that its ratios are to. Absent where there are none, and in
    /// records of older versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<String>,
    /// The directory in `target/compare/variants` that it is built in. Absent where it is the same program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}

/// What a variant was built from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariantSource {
    /// What differs between its lock file and that of the servers.
    #[serde(default)]
    pub packages: Vec<PackageChange>,
    /// The commits of checkouts and of revisions that it was built from, by the difference that names them;
    /// with `+` behind them where there were changes besides.
    #[serde(default)]
    pub revisions: BTreeMap<String, String>,
}

/// A package in one lock file and in another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// Its versions in the servers' lock file; with `+patch` where it is one of a path.
    pub from: Vec<String>,
    /// Its versions in the variant's.
    pub to: Vec<String>,
}
