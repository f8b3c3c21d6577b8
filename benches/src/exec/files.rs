//! Which programs and files a command of the command line names.

use std::path::Path;

use quartet_conformance::servers::Server;
use quartet_record::{Exec, ExecFile};
use sha2::{Digest as _, Sha256};

use super::read;
use crate::environment::Private;

/// Where a program is: a name without a slash is looked up on the search path, as a shell does.
///
/// # Errors
/// A sentence where there is none.
pub(super) fn program(name: &str) -> Result<String, String> {
    let found = which::which(name).map_err(|_| match name.contains('/') {
        true => format!("--exec: there is no program {name}"),
        false => format!("--exec: there is no program `{name}` on the search path"),
    })?;
    // Not resolved further: what a link is called may decide what it does.
    let absolute =
        std::path::absolute(found).map_err(|error| format!("--exec: {name}: {error}"))?;
    let text = absolute.into_os_string().into_string();
    text.map_err(|path| format!("--exec: {} is not UTF-8", path.display()))
}

/// What a server is called: its program, and the file that this is to run, if it names one.
pub(super) fn name(server: &Server) -> String {
    let script = server
        .args
        .iter()
        .find(|argument| Path::new(argument).is_file());
    match script {
        Some(script) => format!("{} {}", server.name, file_name(script)),
        None => server.name.clone(),
    }
}

/// What the record says of a server's command.
pub(super) fn exec(server: &Server, private: &Private) -> Exec {
    let words = [&server.program].into_iter().chain(&server.args);
    let files = server.args.iter().filter_map(|argument| {
        let path = Path::new(argument);
        let content = path.is_file().then(|| read(path).ok()).flatten()?;
        Some(ExecFile {
            name: file_name(argument),
            sha256: hash(&content),
        })
    });
    Exec {
        command: words.map(|word| private.without(word)).collect(),
        files: files.collect(),
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn hash(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_as_a_shell_finds_them() {
        assert!(program("sh").unwrap().ends_with("/sh"));
        let missing = program("no-such-program").unwrap_err();
        assert!(
            missing.contains("`no-such-program` on the search path"),
            "{missing}"
        );
        let missing = program("./no-such-program").unwrap_err();
        assert_eq!(missing, "--exec: there is no program ./no-such-program");
    }

    #[test]
    fn a_server_is_called_after_its_program_and_its_script() {
        let place = tempfile::tempdir().unwrap();
        let script = place.path().join("app.js");
        std::fs::write(&script, "abc").unwrap();
        let line = format!("node {} --port {{port}}", script.display());
        let server = Server::of_command_line(&line).unwrap();
        assert_eq!(name(&server), "node app.js");
        let exec = exec(&server, &Private::here(place.path()));
        assert_eq!(exec.command[2..], ["--port", "{port}"]);
        assert!(exec.command[1].ends_with("…/app.js"), "{exec:?}");
        assert_eq!(exec.files[0].name, "app.js");
        // FIPS 180-2, appendix B.1.
        assert!(exec.files[0].sha256.starts_with("ba7816bf8f01cfea"));
        let server = Server::of_command_line("/opt/server {port}").unwrap();
        assert_eq!(name(&server), "server");
    }
}
