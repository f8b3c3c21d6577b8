//! A server's program that answers every request with constant content.

use std::path::Path;

use super::{Artifact, BuildError, Server};

impl Server {
    /// Builds that program and passes what the command prints on to standard error.
    ///
    /// # Errors
    /// If the build fails or leaves no program.
    pub fn build_for_content(&self, root: &Path) -> Result<Artifact, BuildError> {
        self.with_content_program().build_verbosely(root)
    }

    /// The server that answers every request with the content of a file. None where the stanza does not say
    /// how.
    pub fn serving_content(&self, file: &Path) -> Option<Self> {
        let file = file.to_str()?;
        let told = self.content_args.as_ref()?.iter();
        let mut server = self.with_content_program();
        server
            .args
            .extend(told.map(|it| it.replace("{file}", file)));
        Some(server)
    }

    /// The same server, whose program is the one that serves content.
    fn with_content_program(&self) -> Self {
        let mut server = self.clone();
        if let Some(program) = &self.content_program {
            server.program.clone_from(program);
            server.build.clone_from(&self.content_build);
        }
        server
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::{Ready, Role};

    #[test]
    fn arguments_tell_it_the_content() {
        let server = Server {
            args: vec!["--port".to_owned(), "0".to_owned()],
            ..Server::new("x", Role::Baseline, "x", Ready::Line)
        };
        assert!(server.serving_content(Path::new("f")).is_none());
        let usual = Server {
            content_args: Some(vec!["--content={file}".to_owned()]),
            ..server
        };
        let told = usual.serving_content(Path::new("f")).unwrap();
        assert_eq!(told.args, ["--port", "0", "--content=f"]);
        assert_eq!(told.program, "x");
        let apart = Server {
            content_program: Some("y".to_owned()),
            content_build: vec!["make".to_owned()],
            ..usual
        };
        let told = apart.serving_content(Path::new("f")).unwrap();
        assert_eq!(
            (told.program.as_str(), told.build.as_slice()),
            ("y", &["make".to_owned()][..])
        );
    }
}
