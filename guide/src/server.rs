//! Starts the five applications.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::{Context as _, Result, bail};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{Column, folder};

/// A running application. The original's process ends when this is dropped; the four are threads
/// of this process, and end with it.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    process: Option<Child>,
}

/// Starts one of the five. The original needs the `python` of its environment.
///
/// # Errors
///
/// If it cannot be started.
pub fn start(column: Column, python: &Path) -> Result<Server> {
    if column == Column::FastApi {
        return start_original(python);
    }
    let runtime = Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        let served = runtime.block_on(async {
            match column {
                Column::Axum => quartet_guide_axum::serve(listener).await,
                Column::ActixWeb => quartet_guide_actix_web::serve(listener.into_std()?).await,
                Column::Warp => quartet_guide_warp::serve(listener).await,
                Column::Salvo | Column::FastApi => quartet_guide_salvo::serve(listener).await,
            }
        });
        if let Err(error) = served {
            eprintln!("{column}: {error}");
        }
    });
    Ok(Server {
        address,
        process: None,
    })
}

fn start_original(python: &Path) -> Result<Server> {
    let mut process = Command::new(python)
        .args([
            "-B",
            "-m",
            "uvicorn",
            "app:app",
            "--port",
            "0",
            "--no-access-log",
            "--app-dir",
        ])
        .arg(folder().join("python"))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", python.display()))?;
    let messages = process.stderr.take();
    let mut said = String::new();
    for line in BufReader::new(messages.context("no standard error")?).lines() {
        let line = line?;
        if let Some((_, rest)) = line.split_once("running on http://") {
            let address = rest.split_whitespace().next().unwrap_or_default();
            let address = address.parse().context("uvicorn's address")?;
            let process = Some(process);
            return Ok(Server { address, process });
        }
        said.push_str(&line);
        said.push('\n');
    }
    process.wait()?;
    bail!("uvicorn does not start: {said}")
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The original's `python` in a target folder, if its environment was made there.
#[must_use]
pub fn python(target: &Path) -> Option<PathBuf> {
    let environment = target.join("python/guide");
    // What baselines/venv.py writes last.
    let is_made = environment.join("made-of").is_file();
    is_made.then(|| environment.join("bin/python"))
}
