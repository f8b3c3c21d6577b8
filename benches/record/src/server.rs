//! The servers of a run: which programs they were, and what the conformance gate found of them. It knows
//! nothing of what was measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cases::CaseFinding;
use crate::environment::Python;
use crate::variant::VariantSource;

/// One server as it was built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerRecord {
    /// Its name in the catalogue.
    pub name: String,
    /// The framework it stands on, if any.
    pub framework: Option<String>,
    /// That framework's exact version.
    pub version: Option<String>,
    /// How much more time an answer takes it than the control, percent; where it is there for
    /// calibration.
    #[serde(default)]
    pub slowed_by: Option<f64>,
    /// The command that built it, without such paths. Empty in records from before
    /// 2026-11-28, and where nothing is built.
    #[serde(default)]
    pub build: Vec<String>,
    /// For how long it holds every hundredth answer, microseconds; where it is there for calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_by: Option<u32>,
    /// What it was built from, where it is a variant of another server. Absent in records from before
    /// 2026-11-28.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantSource>,
    /// The program that was measured.
    pub program: Option<Program>,
    /// The Python it runs on, where it is in Python. Absent in records from before 2026-11-28.
    #[serde(default)]
    pub python: Option<Python>,
    /// What the conformance gate found. Absent where the server could not be built or started.
    pub conformance: Option<Conformance>,
    /// The program that was measured in the lanes over a database. Absent where there were none, and
    /// in records from before 2026-11-28.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_database: Option<OverDatabase>,
    /// How it was started, where the command line gave it (`--exec`). Absent where `servers.toml` did, and
    /// in records from before 2026-11-29.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec: Option<Exec>,
    /// The program that serves the content of the lane `custom`, where it is a process apart from the one
    /// that serves the greetings. Absent likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentProgram>,
}

/// How a server of the command line was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exec {
    /// Its command, with placeholders, and without paths that are nobody's business.
    pub command: Vec<String>,
    /// Its arguments that are files, such as a script: what runs may be more than they.
    pub files: Vec<ExecFile>,
}

/// A file that a command names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExecFile {
    /// Its name, without directories.
    pub name: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// A server's program that serves constant content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContentProgram {
    /// The command that built it, without paths that are nobody's business.
    pub build: Vec<String>,
    /// The program.
    pub program: Program,
}

/// A server's program that reads the greetings from PostgreSQL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverDatabase {
    /// The command that built it, without paths that are nobody's business.
    pub build: Vec<String>,
    /// The program. Absent where it could not be built.
    pub program: Option<Program>,
    /// The Python it runs on, where it is in Python.
    #[serde(default)]
    pub python: Option<Python>,
    /// What the conformance gate found of it, over PostgreSQL.
    pub conformance: Option<Conformance>,
}

/// A program that was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// SHA-256 of the executable, in hexadecimal.
    pub sha256: String,
    /// Its size, without debugging symbols.
    pub bytes: u64,
    /// Whether it is a script, whose size tells nothing of the program's.
    #[serde(default)]
    pub is_script: bool,
    /// Crates compiled into it or for it, each counted once; the project's own left out.
    pub crates: Option<usize>,
    /// What linked it, where that left its name in it, as LLD and mold do.
    #[serde(default)]
    pub linker: Option<String>,
    /// The allocator that it has messages of: `jemalloc` or `mimalloc`. Absent where it has none, which
    /// is presumably that of the C library.
    #[serde(default)]
    pub allocator: Option<String>,
}

/// What the conformance gate found: how many must-cases had which verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conformance {
    /// Cases the server conforms to.
    pub conforms: usize,
    /// Cases it deviates from in a way that is listed as known.
    pub known_deviations: usize,
    /// Cases it answers legally, but not as the others do.
    pub differs: usize,
    /// Cases that do not apply to it.
    pub not_applicable: usize,
    /// Cases it fails, or that could not be decided, by name.
    pub failed: Vec<String>,
    /// Every case that was asked, in the suite's order.
    #[serde(default)]
    pub cases: Vec<CaseFinding>,
}

impl Conformance {
    /// Cases that were decided one way or the other.
    pub fn decided(&self) -> usize {
        self.passed() + self.known_deviations + self.failed.len()
    }

    /// Cases it answers as it may, of those decided.
    pub fn passed(&self) -> usize {
        self.conforms + self.differs
    }
}
