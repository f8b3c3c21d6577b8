//! A server's program that reads the greetings from PostgreSQL.

use std::path::{Path, PathBuf};

use super::{Artifact, BuildError, Server};

impl Server {
    /// Whether it has a program that reads the greetings from a database.
    pub fn takes_database(&self) -> bool {
        self.database_program.is_some()
            && (self.database_args.is_some() || self.database_url_env.is_some())
    }

    /// Builds that program and passes what the command prints on to standard error.
    ///
    /// # Errors
    /// If the build fails or leaves no program.
    pub fn build_for_database(&self, root: &Path) -> Result<Artifact, BuildError> {
        self.with_database_program().build_verbosely(root)
    }

    /// The server that reads the greetings from the database at this URL, and what to start as its
    /// program, which was built to `program`. None where the stanza does not say how.
    ///
    /// What the stanza says of other ways to start it is left out: they would take the place of what
    /// tells it the database.
    pub fn over_database(&self, program: &Path, url: &str) -> Option<(Self, PathBuf)> {
        let mut server = Self {
            data_args: None,
            port_env_args: None,
            listen_args: None,
            option_env: None,
            ..self.with_database_program()
        };
        server.args.extend(self.database_arguments(url));
        match (&self.database_url_env, &self.database_args) {
            (Some(name), _) => {
                // It becomes the program, in the same process.
                let told = [format!("{name}={url}"), program.to_str()?.to_owned()];
                server.args = told.into_iter().chain(server.args).collect();
                Some((server, PathBuf::from("env")))
            }
            (None, Some(_)) => Some((server, program.to_owned())),
            (None, None) => None,
        }
    }

    /// Whether its arguments or its environment name a database, whose greetings it then reads.
    pub fn is_told_database(&self) -> bool {
        let told = self.args.iter().chain(self.environment.values());
        let is_url = |it: &String| it.contains("postgres://") || it.contains("postgresql://");
        told.into_iter().any(is_url)
    }

    /// The server whose process fills the database at this URL with the greetings of a file, and ends.
    /// None where it cannot.
    pub fn filling_database(&self, url: &str, file: &Path) -> Option<Self> {
        let file = file.to_str()?;
        let fill = |it: &String| it.replace("{url}", url).replace("{file}", file);
        let template = self.database_seed_args.as_ref()?;
        let is_told = template.iter().any(|it| it.contains("{url}"));
        let told = self.database_args.iter().filter(|_| !is_told).flatten();
        Some(Self {
            args: told.chain(template).map(fill).collect(),
            ..self.with_database_program()
        })
    }

    /// The further arguments that tell it the database at this URL.
    pub(crate) fn database_arguments(&self, url: &str) -> Vec<String> {
        let template = self.database_args.iter().flatten();
        template.map(|it| it.replace("{url}", url)).collect()
    }

    /// The same server, whose program is the one that serves the greetings of a database.
    pub(crate) fn with_database_program(&self) -> Self {
        let mut server = self.clone();
        // Without one of its own it is the usual program that takes a database.
        if let Some(program) = &self.database_program {
            server.program.clone_from(program);
            server.build.clone_from(&self.database_build);
        }
        server
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::{Ready, Role};

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn server() -> Server {
        Server {
            args: words("--port 0"),
            data_args: Some(words("--greetings {file}")),
            database_program: Some("x-database".to_owned()),
            ..Server::new("x", Role::Framework, "x", Ready::Line)
        }
    }

    #[test]
    fn arguments_tell_it_the_database() {
        let server = Server {
            database_args: Some(words("--database {url}")),
            database_seed_args: Some(words("seed {file}")),
            ..server()
        };
        assert!(server.takes_database());
        let (over, program) = server.over_database(Path::new("/b"), "url").unwrap();
        assert_eq!(over.args, words("--port 0 --database url"));
        assert_eq!((over.data_args, program), (None, PathBuf::from("/b")));
        let filling = server.filling_database("url", Path::new("f")).unwrap();
        assert_eq!(filling.args, words("--database url seed f"));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_tells_it_the_database() {
        let server = Server {
            database_url_env: Some("WHERE".to_owned()),
            database_args: Some(words("--from-there")),
            ..server()
        };
        let (over, program) = server.over_database(Path::new("/b"), "url").unwrap();
        assert_eq!(over.args, words("WHERE=url /b --port 0 --from-there"));
        assert_eq!(program, PathBuf::from("env"));
        assert!(server.filling_database("url", Path::new("f")).is_none());
    }

    #[test]
    fn a_url_among_arguments_or_variables_is_a_database() {
        let url = "postgres://host/name";
        let told = words(&format!("--database {url}"));
        assert!(
            Server {
                args: told,
                ..server()
            }
            .is_told_database()
        );
        let environment = [("WHERE".to_owned(), url.to_owned())].into();
        assert!(
            Server {
                environment,
                ..server()
            }
            .is_told_database()
        );
        assert!(!server().is_told_database());
    }

    #[test]
    fn a_server_of_memory_alone_takes_none() {
        assert!(!server().takes_database());
        assert!(server().over_database(Path::new("/b"), "url").is_none());
    }
}
