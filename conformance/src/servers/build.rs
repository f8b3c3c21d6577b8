//! Building a server.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use cargo_metadata::MetadataCommand;

use super::Server;

/// A server that has been built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The program to run.
    pub program: PathBuf,
}

/// Why a server could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The command could not be run.
    #[error("{server}: cannot run `{command}`: {source}")]
    Run {
        /// The server.
        server: String,
        /// The build command.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// The command failed.
    #[error("{server}: `{command}` failed ({status})\n{output}")]
    Failed {
        /// The server.
        server: String,
        /// The build command.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it printed on standard error, if that was not passed through.
        output: String,
    },
    /// Cargo does not say where it builds.
    #[error("{server}: cargo does not name its target directory: {source}")]
    Target {
        /// The server.
        server: String,
        /// What cargo said.
        source: Box<cargo_metadata::Error>,
    },
    /// The command made no such program.
    #[error("{server}: there is no program {}", program.display())]
    NoProgram {
        /// The server.
        server: String,
        /// Where it should be.
        program: PathBuf,
    },
}

impl Server {
    /// Builds the server quietly; what the command prints is in the error if it fails. `root` is
    /// the directory of `servers.toml`.
    ///
    /// # Errors
    /// If the build fails or leaves no program.
    pub fn build(&self, root: &Path) -> Result<Artifact, BuildError> {
        self.build_to(root, Stdio::piped())
    }

    /// Builds the server and passes what the command prints on to standard error.
    ///
    /// # Errors
    /// If the build fails or leaves no program.
    pub fn build_verbosely(&self, root: &Path) -> Result<Artifact, BuildError> {
        self.build_to(root, Stdio::inherit())
    }

    fn build_to(&self, root: &Path, stderr: Stdio) -> Result<Artifact, BuildError> {
        if let [program, args @ ..] = self.build.as_slice() {
            let command = self.build.join(" ");
            let output = Command::new(program)
                .args(args)
                .current_dir(root)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(stderr)
                .spawn()
                .and_then(std::process::Child::wait_with_output)
                .map_err(|source| BuildError::Run {
                    server: self.name.clone(),
                    command: command.clone(),
                    source,
                })?;
            if !output.status.success() {
                return Err(BuildError::Failed {
                    server: self.name.clone(),
                    command,
                    status: output.status,
                    output: String::from_utf8_lossy(&output.stderr).into_owned(),
                });
            }
        }
        let program = self.locate(root, &self.program)?;
        self.check(program)
    }

    /// A path with `{target}` filled in. A name without a slash is left to the search path.
    fn locate(&self, root: &Path, path: &str) -> Result<PathBuf, BuildError> {
        let mut path = path.to_owned();
        if path.contains("{target}") {
            let metadata = MetadataCommand::new()
                .current_dir(root)
                .no_deps()
                .exec()
                .map_err(|source| BuildError::Target {
                    server: self.name.clone(),
                    source: Box::new(source),
                })?;
            path = path.replace("{target}", metadata.target_directory.as_str());
        }
        if path.contains('/') {
            Ok(root.join(path + std::env::consts::EXE_SUFFIX))
        } else {
            Ok(PathBuf::from(path))
        }
    }

    fn check(&self, program: PathBuf) -> Result<Artifact, BuildError> {
        if program.components().count() == 1 {
            return Ok(Artifact { program });
        }
        match program.canonicalize() {
            Ok(program) => Ok(Artifact { program }),
            Err(_) => Err(BuildError::NoProgram {
                server: self.name.clone(),
                program,
            }),
        }
    }
}
