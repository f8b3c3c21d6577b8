//! The server that is driven: one started here, or one that runs already.

use std::{
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use quartet_conformance::end_with_this_program;

use crate::accounting::ProcessTree;

const READY_WITHIN: Duration = Duration::from_secs(10);

/// A server. The process of one that was started here is ended when this is dropped.
pub(super) struct Server {
    process: Option<Child>,
    address: SocketAddr,
}

impl Server {
    /// Starts `program` with one worker on a free port, and waits until it says that it listens.
    pub(super) fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["--listen", "127.0.0.1:0", "--workers", "1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        end_with_this_program(&mut command);
        let mut process = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = process.stdout.take().context("the server has no stdout")?;
        let mut server = Self {
            process: Some(process),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        server.address = ready_address(stdout)
            .with_context(|| format!("{} did not start to listen", program.display()))?;
        Ok(server)
    }

    /// One that runs already.
    pub(super) fn elsewhere(address: SocketAddr) -> Self {
        Self {
            process: None,
            address,
        }
    }

    /// CPU time it has used so far. None of one that was not started here, and where the platform
    /// does not tell.
    pub(super) fn cpu(&self) -> Result<Option<Duration>> {
        let Some(process) = &self.process else {
            return Ok(None);
        };
        let used = ProcessTree::of(process.id())?.cpu()?;
        Ok(used.map(|cpu| Duration::from_nanos(cpu.total)))
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn ready_address(stdout: ChildStdout) -> Result<SocketAddr> {
    let (sender, line) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let mut stdout = BufReader::new(stdout);
        let read = stdout.read_line(&mut line);
        // Sending fails where nobody waits any longer.
        let _ = sender.send(read.map(|_| line));
        // A server that says more must find its output open; what it says matters to nobody.
        let _ = io::copy(&mut stdout, &mut io::sink());
    });
    let line = line
        .recv_timeout(READY_WITHIN)
        .with_context(|| format!("it printed nothing within {READY_WITHIN:?}"))??;
    line.strip_prefix("listening on http://")
        .and_then(|address| address.trim_end().parse().ok())
        .with_context(|| format!("its first line is {line:?}, not `listening on http://ADDR:PORT`"))
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended already, which is what is wanted.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
