//! Chromium, driven by its driver.

use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use serde_json::{Value, json};

use super::child::Child;
use super::scratch::Scratch;
use super::webdriver::{Driver, WebDriverError, capabilities};
use super::{ToolError, find};

const TOOL: &str = "the browser";

/// The program that is started; it knows where the browser itself is.
const PROGRAM: &str = "chromedriver";

/// What it prints once it accepts commands, before the port.
const READY: &str = "started successfully on port ";

/// How long it may take to print that.
const STARTUP: Duration = Duration::from_secs(20);

/// What the browser says where the system lets it make no sandbox, and then ends.
const NO_SANDBOX: &str = "No usable sandbox";

/// What to do about that.
const SANDBOX_ADVICE: &str = "needs a sandbox for Chromium, which this system does not allow \
     (Debian: apt-get install chromium-sandbox; Ubuntu: allow unprivileged user namespaces)";

/// Parts of what the driver says where no session with this browser will ever be made, with what to
/// do about it.
const UNUSABLE: [(&str, &str); 2] = [
    (
        "only supports Chrome version",
        "needs Chromium and chromedriver of one version (Debian: apt-get install chromium \
         chromium-driver)",
    ),
    (
        "cannot find Chrome binary",
        "needs Chromium beside its driver (Debian: apt-get install chromium)",
    ),
];

const ARGUMENTS: &[&str] = &[
    "--headless",
    // The browser ends when the driver does, however that ends.
    "--remote-debugging-pipe",
    "--window-size=1000,800",
    // It talks to the server under test and to nobody else.
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    // Containers have little of that memory.
    "--disable-dev-shm-usage",
];

/// A browser with one window. It ends with this.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Driver,
    session: String,
    _child: Child,
    _scratch: Scratch,
}

/// Whether there is a driver, which comes with a browser.
pub(super) fn is_installed() -> bool {
    find(PROGRAM).is_some()
}

impl Browser {
    /// Starts one.
    ///
    /// # Errors
    /// [`ToolError::Unusable`] if it will not start on this machine whoever asks; another if it is not
    /// there, or does not start for a reason that is not known.
    pub(crate) fn start() -> Result<Self, ToolError> {
        let program = find(PROGRAM).ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        Self::start_by(&program)
    }

    fn start_by(program: &Path) -> Result<Self, ToolError> {
        let scratch = Scratch::get().map_err(failed)?;
        let mut child = Child::spawn(
            Command::new(program)
                // With --verbose what the browser says is passed on, among much else.
                .args(["--port=0", "--verbose"])
                // Where it makes the browser's profile.
                .env("TMPDIR", scratch.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        )
        .map_err(failed)?;
        let driver = Driver(SocketAddr::from((Ipv4Addr::LOCALHOST, port(&mut child)?)));
        Ok(Self {
            session: session(driver, &mut child)?,
            driver,
            _child: child,
            _scratch: scratch,
        })
    }

    /// Loads a page, after which the console's log starts anew.
    ///
    /// # Errors
    /// If the page cannot be loaded, or the browser fails.
    pub(crate) fn open(&self, url: &str) -> Result<(), WebDriverError> {
        self.complaints()?;
        self.post("/url", &json!({"url": url})).map(drop)
    }

    /// Runs a script, the body of a function, and returns what that returns.
    ///
    /// # Errors
    /// If it throws, or the browser fails.
    pub(crate) fn run(&self, script: &str, arguments: &Value) -> Result<Value, WebDriverError> {
        self.post(
            "/execute/sync",
            &json!({"script": script, "args": arguments}),
        )
    }

    /// Presses on an element that a script returned, where a mouse would.
    ///
    /// # Errors
    /// If it cannot be pressed, or the browser fails.
    pub(crate) fn click(&self, element: &Value) -> Result<(), WebDriverError> {
        self.on(element, "click", &json!({}))
    }

    /// Types into an element that a script returned.
    ///
    /// # Errors
    /// If it takes no text, or the browser fails.
    pub(crate) fn enter(&self, element: &Value, text: &str) -> Result<(), WebDriverError> {
        self.on(element, "value", &json!({"text": text}))
    }

    /// The errors that the console has had since it was last asked: what scripts threw, what could
    /// not be loaded, what the page's policy forbade.
    ///
    /// # Errors
    /// If the browser fails.
    pub(crate) fn complaints(&self) -> Result<Vec<String>, WebDriverError> {
        let log = self.post("/se/log", &json!({"type": "browser"}))?;
        let entries = log.as_array().into_iter().flatten();
        let messages = entries
            .filter(|entry| entry["level"] == "SEVERE")
            .filter_map(|entry| entry["message"].as_str());
        Ok(messages.map(str::to_owned).collect())
    }

    /// Carries out a command of the DevTools protocol, which can do what WebDriver cannot.
    ///
    /// # Errors
    /// If it failed, or the browser fails.
    pub(crate) fn protocol(&self, command: &str, parameters: &Value) -> Result<(), WebDriverError> {
        let body = json!({"cmd": command, "params": parameters});
        self.post("/goog/cdp/execute", &body).map(drop)
    }

    fn on(&self, element: &Value, command: &str, body: &Value) -> Result<(), WebDriverError> {
        // The member's name is the standard's (§12.1).
        let id = element["element-6066-11e4-a52e-4f735466cecf"].as_str();
        let id = id.ok_or_else(|| WebDriverError::Malformed(element.to_string()))?;
        self.post(&format!("/element/{id}/{command}"), body)
            .map(drop)
    }

    fn post(&self, command: &str, body: &Value) -> Result<Value, WebDriverError> {
        let path = format!("/session/{}{command}", self.session);
        self.driver.call("POST", &path, body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The orderly way, which also removes the browser's files. Without it the browser still
        // ends with its driver.
        let path = format!("/session/{}", self.session);
        let _ = self.driver.call("DELETE", &path, &Value::Null);
    }
}

fn failed(source: io::Error) -> ToolError {
    ToolError::Start { tool: TOOL, source }
}

fn not_ready(output: impl Into<String>) -> ToolError {
    ToolError::NotReady {
        tool: TOOL,
        output: output.into(),
    }
}

/// The port that the driver says it has taken.
fn port(child: &mut Child) -> Result<u16, ToolError> {
    let (announce, announced) = mpsc::channel();
    if let Some(output) = child.stdout() {
        read_out(output, announce, |line| {
            let (_, port) = line.split_once(READY)?;
            port.trim_end_matches('.').parse().ok()
        });
    }
    let port = announced.recv_timeout(STARTUP);
    port.map_err(|_| not_ready(format!("{PROGRAM} does not print its port")))
}

/// A new session, which starts the browser.
fn session(driver: Driver, child: &mut Child) -> Result<String, ToolError> {
    let mut arguments = ARGUMENTS.to_vec();
    if is_root() {
        // Chromium's sandbox does not work as root.
        arguments.push("--no-sandbox");
    }
    let (tell, told) = mpsc::channel();
    if let Some(output) = child.stderr() {
        // The driver waits a minute for a browser that has ended at once.
        read_out(output, tell.clone(), |line| {
            let is_missing = line.contains(NO_SANDBOX);
            is_missing.then(|| Err(ToolError::Unusable(SANDBOX_ADVICE.to_owned())))
        });
    }
    std::thread::spawn(move || {
        let answer = driver.call("POST", "/session", &capabilities(&arguments));
        // Nobody waits any longer if the reason was told before.
        let _ = tell.send(answer.map_err(|error| refused(&error)));
    });
    // The thread above says something whatever happens.
    let answer = told.recv().map_err(|_| not_ready("there is no answer"))??;
    let id = answer["sessionId"].as_str();
    Ok(id
        .ok_or_else(|| not_ready("there is no session"))?
        .to_owned())
}

/// Why there is no session.
fn refused(error: &WebDriverError) -> ToolError {
    let why = error.to_string();
    match UNUSABLE.iter().find(|(part, _)| why.contains(part)) {
        Some((_, advice)) => ToolError::Unusable(format!("{advice}: {why}")),
        None => not_ready(why),
    }
}

/// Reads what a program prints to its end, lest it wait for a reader, and tells what `look` finds.
fn read_out<T: Send + 'static>(
    output: impl io::Read + Send + 'static,
    tell: Sender<T>,
    look: impl Fn(&str) -> Option<T> + Send + 'static,
) {
    std::thread::spawn(move || {
        // Not all that a browser says is UTF-8.
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if let Some(found) = look(String::from_utf8_lossy(&line).trim_end()) {
                // Nobody waits any longer if the start was given up.
                let _ = tell.send(found);
            }
        }
    });
}

#[cfg(unix)]
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests;
