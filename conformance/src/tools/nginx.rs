//! nginx before a server, below a path that it strips.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::child::Child;
use super::scratch::Scratch;
use super::{ToolError, find};
use crate::BaseUrl;
use crate::ports::free_port;

const TEMPLATE: &str = include_str!("nginx.conf");

/// With this the prefix without its slash is passed on: it comes before nginx's own redirect.
const EXACT_LOCATION: &str = "\
        location = {prefix} {
            proxy_pass http://api{upstream_prefix}/;
        }
";

/// How long nginx may take until it accepts connections.
const STARTUP: Duration = Duration::from_secs(10);

/// How often its port is tried meanwhile.
const POLL: Duration = Duration::from_millis(5);

/// How many ports are tried, each of which another program may take first.
const PORTS: u32 = 3;

/// The `Host` that nginx sends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// The server's own.
    Server,
    /// The client's.
    Client,
}

/// What nginx does with the prefix where its slash is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bare {
    /// It redirects to the prefix with the slash, as it does by itself.
    Redirected,
    /// It passes it on as `/`, as proxies do that strip whatever starts with the prefix.
    PassedOn,
}

/// An nginx that passes on to a server what comes for a path, without that path. It ends with this.
#[derive(Debug)]
pub(crate) struct Nginx {
    // Ends before the directory goes that it works in.
    _child: Child,
    _directory: TempDir,
    _scratch: Scratch,
    base: BaseUrl,
}

/// Whether there is an nginx that runs.
pub(super) fn is_installed() -> bool {
    installed().is_some()
}

struct Installed {
    program: PathBuf,
    /// How it was built: `nginx -V`.
    configuration: String,
}

fn installed() -> Option<&'static Installed> {
    static INSTALLED: OnceLock<Option<Installed>> = OnceLock::new();
    let look = || {
        let program = find("nginx")?;
        let output = Command::new(&program).arg("-V").output().ok()?;
        let configuration = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(Installed {
            program,
            configuration,
        })
    };
    INSTALLED.get_or_init(look).as_ref()
}

impl Nginx {
    /// Starts one on a free port of 127.0.0.1: what comes for `prefix` goes to `upstream`.
    /// `socket` is where that listens.
    ///
    /// # Errors
    /// If it is not there, or does not accept connections within ten seconds.
    pub(crate) fn start(
        upstream: &BaseUrl,
        socket: SocketAddr,
        prefix: &str,
        host: Host,
        bare: Bare,
    ) -> Result<Self, ToolError> {
        let mut tries = 1;
        loop {
            match Self::try_start(upstream, socket, prefix, host, bare) {
                Err(ToolError::NotReady { output, .. })
                    if output.contains("Address already in use") && tries < PORTS =>
                {
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    fn try_start(
        upstream: &BaseUrl,
        socket: SocketAddr,
        prefix: &str,
        host: Host,
        bare: Bare,
    ) -> Result<Self, ToolError> {
        let failed = |source| ToolError::Start {
            tool: "nginx",
            source,
        };
        let installed = installed().ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let scratch = Scratch::get().map_err(failed)?;
        let directory = TempDir::with_prefix_in("nginx-", scratch.path()).map_err(failed)?;
        let port = free_port(Ipv4Addr::LOCALHOST.into()).map_err(failed)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let host = match host {
            Host::Server => upstream.authority(),
            Host::Client => "$http_host".to_owned(),
        };
        let exact = match bare {
            Bare::Redirected => "",
            Bare::PassedOn => EXACT_LOCATION,
        };
        let configuration = TEMPLATE
            .replace("{exact_location}", exact)
            .replace("{other_temp_paths}", &installed.other_temp_paths())
            .replace("{directory}", &directory.path().to_string_lossy())
            .replace("{upstream}", &socket.to_string())
            .replace("{upstream_prefix}", upstream.prefix())
            .replace("{port}", &port.to_string())
            .replace("{prefix}", prefix)
            .replace("{host}", &host);
        let file = directory.path().join("nginx.conf");
        let complaints = directory.path().join("stderr");
        fs::write(&file, configuration).map_err(failed)?;
        let mut child = Child::spawn(
            Command::new(&installed.program)
                .arg("-p")
                .arg(directory.path())
                .arg("-c")
                .arg(&file)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&complaints).map_err(failed)?),
        )
        .map_err(failed)?;
        wait_until_ready(&mut child, address, &complaints)?;
        let base = format!("http://{address}{prefix}/");
        Ok(Self {
            _child: child,
            _directory: directory,
            _scratch: scratch,
            base: BaseUrl::parse(&base).map_err(|error| failed(io::Error::other(error)))?,
        })
    }

    /// Where the server is to be found through it.
    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }
}

impl Installed {
    /// Where the modules that are built in would write, which each makes sure of at start.
    fn other_temp_paths(&self) -> String {
        let is_built_in = |module: &&str| {
            !self
                .configuration
                .contains(&format!("--without-http_{module}_module"))
        };
        ["fastcgi", "uwsgi", "scgi"]
            .iter()
            .filter(|module| is_built_in(module))
            .map(|module| format!("    {module}_temp_path {{directory}}/{module};\n"))
            .collect()
    }
}

fn wait_until_ready(
    child: &mut Child,
    address: SocketAddr,
    complaints: &Path,
) -> Result<(), ToolError> {
    let deadline = Instant::now() + STARTUP;
    let mut ended = false;
    while !ended && Instant::now() < deadline {
        // Asked first: a program that has ended since is not what accepts the connection.
        ended = child.exited().is_some();
        if !ended && TcpStream::connect_timeout(&address, STARTUP).is_ok() {
            return Ok(());
        }
        std::thread::sleep(POLL);
    }
    // A file that cannot be read leaves the message without a reason.
    let output = fs::read_to_string(complaints).unwrap_or_default();
    Err(ToolError::NotReady {
        tool: "nginx",
        output: output.trim().to_owned(),
    })
}
