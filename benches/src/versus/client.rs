//! The load generators that others wrote.

use std::{
    fmt,
    io::ErrorKind,
    net::SocketAddr,
    process::{Command, Output},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;

use super::said::Said;

mod h2load;
mod oha;
mod wrk;

/// A load generator to hold ours against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Client {
    /// <https://github.com/wg/wrk>: C, its own HTTP parser, epoll
    Wrk,
    /// <https://github.com/hatoo/oha>: Rust, hyper on Tokio
    Oha,
    /// <https://nghttp2.org/documentation/h2load.1.html>: C, libev; tells no median
    H2load,
}

/// A client that is on `PATH`.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) client: Client,
    /// Its name and version, as it says them itself.
    version: String,
}

impl Client {
    fn program(self) -> &'static str {
        match self {
            Self::Wrk => "wrk",
            Self::Oha => "oha",
            Self::H2load => "h2load",
        }
    }

    fn how_to_install(self) -> &'static str {
        match self {
            Self::Wrk => {
                "`apt install wrk`, `brew install wrk`, or build it from https://github.com/wg/wrk"
            }
            Self::Oha => "`cargo install oha` or `brew install oha`",
            Self::H2load => "`apt install nghttp2-client` or `brew install nghttp2`",
        }
    }

    /// Finds it, or says how to install it.
    pub(super) fn find(self) -> Result<Installed> {
        let program = self.program();
        // Asked for its version, wrk prints it, then its usage, and exits with 1.
        let output = self.run(Command::new(program).arg("--version"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        // wrk says more on the line, after a bracket.
        let line = said.lines().next().unwrap_or_default();
        let version = line.split(" [").next().unwrap_or_default().trim_end();
        ensure!(
            version.starts_with(&format!("{program} ")),
            "`{program} --version` does not answer as {program} does"
        );
        Ok(Installed {
            client: self,
            version: version.to_owned(),
        })
    }

    fn run(self, command: &mut Command) -> Result<Output> {
        match command.output() {
            Ok(output) => Ok(output),
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(
                "{} is needed, but not on PATH: {}",
                self.program(),
                self.how_to_install()
            ),
            Err(error) => Err(error).with_context(|| format!("cannot start {}", self.program())),
        }
    }
}

impl Installed {
    /// Lets it load the server for so long from one thread, where the calling thread may run.
    pub(super) fn load(
        &self,
        address: SocketAddr,
        path: &str,
        connections: usize,
        seconds: u64,
    ) -> Result<Said> {
        let program = self.client.program();
        let mut command = Command::new(program);
        match self.client {
            Client::Wrk => wrk::ask(&mut command, connections, seconds),
            Client::Oha => oha::ask(&mut command, connections, seconds),
            Client::H2load => h2load::ask(&mut command, connections, seconds),
        };
        command.arg(format!("http://{address}{path}"));
        let output = self.client.run(&mut command)?;
        ensure!(
            output.status.success(),
            "{program} failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        let said = String::from_utf8_lossy(&output.stdout);
        match self.client {
            Client::Wrk => wrk::read(&said),
            Client::Oha => oha::read(&said),
            Client::H2load => h2load::read(&said),
        }
    }
}

impl fmt::Display for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.version)
    }
}
