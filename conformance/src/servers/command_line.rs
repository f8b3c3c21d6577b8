//! A server of which no more is known than how it is started.

use std::path::Path;

use super::{Ready, Role, Server};

/// What stands for the port to listen on.
const WHERE: [&str; 2] = ["{port}", "{address}"];

impl Server {
    /// The server that this command starts, as one would type it: quotes work as in a shell, and it runs
    /// without one, in a process group that ends with it.
    ///
    /// `{port}` stands for the port to listen on, `{host}` for the address 127.0.0.1, `{address}` for both with a
    /// colon, and `{workers}` for the number of worker threads. It is called after its program.
    ///
    /// # Errors
    /// In a sentence: if a quote is not closed, or the command is empty or has no port.
    pub fn of_command_line(command: &str) -> Result<Self, String> {
        let words = shlex::split(command).ok_or("a quote is not closed")?;
        let Some((program, arguments)) = words.split_first() else {
            return Err("the command is empty".to_owned());
        };
        let names = |argument: &String| WHERE.iter().any(|place| argument.contains(place));
        if !arguments.iter().any(names) {
            return Err(
                "the command must contain {port}, the port to listen on, or {address}".to_owned(),
            );
        }
        let name = Path::new(program);
        let name = name.file_name().unwrap_or(name.as_os_str());
        Ok(Self {
            args: arguments.to_vec(),
            leads_group: true,
            ..Self::new(&name.to_string_lossy(), Role::Exec, program, Ready::Port)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_taken_apart_without_a_shell() {
        let line = "/opt/run.sh --listen '127.0.0.1:{port}' \"a b\" $HOME";
        let server = Server::of_command_line(line).unwrap();
        assert_eq!(server.name, "run.sh");
        assert_eq!(server.program, "/opt/run.sh");
        assert_eq!(
            server.args,
            ["--listen", "127.0.0.1:{port}", "a b", "$HOME"]
        );
    }

    #[test]
    fn what_cannot_be_started_is_refused() {
        let refused = |line: &str| Server::of_command_line(line).unwrap_err();
        assert_eq!(refused("a '{port}"), "a quote is not closed");
        assert_eq!(refused(" "), "the command is empty");
        assert!(refused("server 8000").contains("must contain {port}"));
        assert!(refused("{port}").contains("must contain {port}"));
        assert!(Server::of_command_line("server {address}").is_ok());
    }
}
