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

const READY_WITHIN: Duration = Duration::from_secs(10);

/// A server process, ended when this is dropped.
pub(super) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts `program` with one worker on a free port, and waits until it says that it listens.
    pub(super) fn start(program: &Path) -> Result<Self> {
        let process = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--workers", "1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let stdout = server
            .process
            .stdout
            .take()
            .context("the server has no stdout")?;
        server.address = ready_address(stdout)
            .with_context(|| format!("{} did not start to listen", program.display()))?;
        Ok(server)
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
        .with_context(|| format!("it said nothing within {READY_WITHIN:?}"))??;
    line.strip_prefix("listening on http://")
        .and_then(|address| address.trim_end().parse().ok())
        .with_context(|| format!("its first line is {line:?}, not `listening on http://ADDR:PORT`"))
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
