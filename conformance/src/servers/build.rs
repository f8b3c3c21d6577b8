//! Building a server.

mod cargo;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use cargo_metadata::MetadataCommand;

use super::Server;
use crate::tools::{Registered, in_a_group};

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
    /// There is no such program to run it with.
    #[error("{server}: `{command}` needs {program}, which is not installed here")]
    NotInstalled {
        /// The server.
        server: String,
        /// The build command.
        command: String,
        /// Its program.
        program: String,
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
    /// The compiler refused the source.
    #[error("{server}: `{command}` failed: {error}")]
    Compile {
        /// The server.
        server: String,
        /// The build command.
        command: String,
        /// The compiler's first error, in one line.
        error: String,
    },
    /// Cargo does not say where it builds.
    #[error("{server}: cargo does not name its target directory: {source}")]
    Target {
        /// The server.
        server: String,
        /// What cargo said.
        source: Box<cargo_metadata::Error>,
    },
    /// Cargo reports no such program, or several.
    #[error("{server}: `{command}` built {found} instead of one program `{name}`")]
    NotBuilt {
        /// The server.
        server: String,
        /// The build command.
        command: String,
        /// The program's name.
        name: String,
        /// What cargo reports of that name.
        found: String,
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
        self.build_to(root, false)
    }

    /// Builds the server and passes what the command prints on to standard error.
    ///
    /// # Errors
    /// If the build fails or leaves no program.
    pub fn build_verbosely(&self, root: &Path) -> Result<Artifact, BuildError> {
        self.build_to(root, true)
    }

    fn build_to(&self, root: &Path, verbosely: bool) -> Result<Artifact, BuildError> {
        let root = self.root(root);
        let build: Vec<String> = self
            .build
            .iter()
            .map(|argument| self.in_target(root, argument))
            .collect::<Result<_, _>>()?;
        let by_cargo = self.cargo_program().filter(|_| cargo::is_cargo(&build));
        let build = match by_cargo {
            Some(_) if !verbosely => cargo::reporting(&build, cargo::REPORT),
            // What the compiler says comes in the report too, and is passed on from there.
            Some(_) if io::stderr().is_terminal() => cargo::reporting(&build, cargo::COLOURED),
            Some(_) => cargo::reporting(&build, cargo::PLAIN),
            None => build,
        };
        let mut report = cargo::Report::default();
        if let [program, args @ ..] = build.as_slice() {
            let command = build.join(" ");
            let run = |source: io::Error| match source.kind() {
                io::ErrorKind::NotFound => BuildError::NotInstalled {
                    server: self.name.clone(),
                    command: command.clone(),
                    program: program.clone(),
                },
                _ => BuildError::Run {
                    server: self.name.clone(),
                    command: command.clone(),
                    source,
                },
            };
            let mut building = Command::new(program);
            building
                .args(args)
                .current_dir(root)
                .stdin(Stdio::null())
                .stdout(match by_cargo {
                    Some(_) => Stdio::piped(),
                    None => Stdio::null(),
                })
                .stderr(match verbosely {
                    true => Stdio::inherit(),
                    false => Stdio::piped(),
                });
            cargo::forget_package(&mut building);
            if let Some(workspace) = &self.workspace {
                building.env("CARGO_TARGET_DIR", workspace.join("target"));
            }
            // An interrupt of this program alone is passed on to it; see `end_builds`.
            in_a_group(&mut building);
            let mut building = building.spawn().map_err(run)?;
            let _registered = Registered::build(building.id());
            if verbosely && let Some(output) = building.stdout.take() {
                report.read(output).map_err(run)?;
            }
            let output = building.wait_with_output().map_err(run)?;
            report.add(&output.stdout);
            if !output.status.success() {
                if let Some(error) = report.first_error() {
                    return Err(BuildError::Compile {
                        server: self.name.clone(),
                        command,
                        error,
                    });
                }
                return Err(BuildError::Failed {
                    server: self.name.clone(),
                    command,
                    status: output.status,
                    output: String::from_utf8_lossy(&output.stderr).into_owned(),
                });
            }
        }
        let program = match by_cargo {
            Some(name) => self.built(&build, &report, name)?,
            None => self.locate(root, &self.program)?,
        };
        self.check(program)
    }

    /// The name of the program, where it is one that cargo is to have built: it is given by its name,
    /// or by its path in the target directory.
    fn cargo_program(&self) -> Option<&str> {
        match self.program.rsplit_once('/') {
            None => Some(&self.program),
            Some((path, name)) => path.starts_with("{target}").then_some(name),
        }
    }

    /// Where cargo says that it built the program.
    fn built(
        &self,
        build: &[String],
        report: &cargo::Report,
        name: &str,
    ) -> Result<PathBuf, BuildError> {
        let mut found = report.programs(name);
        match (found.pop(), found.as_slice()) {
            (Some(program), []) => Ok(program),
            (last, others) => {
                let paths = others
                    .iter()
                    .chain(&last)
                    .map(|path| path.display().to_string());
                let paths: Vec<String> = paths.collect();
                Err(BuildError::NotBuilt {
                    server: self.name.clone(),
                    command: build.join(" "),
                    name: name.to_owned(),
                    found: if paths.is_empty() {
                        "none".to_owned()
                    } else {
                        paths.join(" and ")
                    },
                })
            }
        }
    }

    /// A text with `{target}` filled in.
    fn in_target(&self, root: &Path, text: &str) -> Result<String, BuildError> {
        if !text.contains("{target}") {
            return Ok(text.to_owned());
        }
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .no_deps()
            .exec()
            .map_err(|source| BuildError::Target {
                server: self.name.clone(),
                source: Box::new(source),
            })?;
        Ok(text.replace("{target}", metadata.target_directory.as_str()))
    }

    /// Where a program is. A name without a slash is left to the search path.
    fn locate(&self, root: &Path, path: &str) -> Result<PathBuf, BuildError> {
        let path = self.in_target(root, path)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::{Ready, Role};

    fn built_by(build: &[&str]) -> Result<Artifact, String> {
        let server = Server {
            build: build.iter().map(|&argument| argument.to_owned()).collect(),
            ..Server::new("x", Role::Original, "sh", Ready::Port)
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        server.build(root).map_err(|error| error.to_string())
    }

    #[test]
    fn a_program_that_is_not_installed_is_named() {
        let error = built_by(&["no-such-python", "venv.py"]).unwrap_err();
        assert_eq!(
            error,
            "x: `no-such-python venv.py` needs no-such-python, which is not installed here"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_build_command_is_told_the_target_directory() {
        assert!(built_by(&["test", "-d", "{target}"]).is_ok());
        assert!(built_by(&["test", "-d", "{target}/no-such"]).is_err());
    }
}
