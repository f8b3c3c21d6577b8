//! Chromium, driven by its driver.

use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::mpsc;
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
    /// If it is not there, or does not start.
    pub(super) fn start() -> Result<Self, ToolError> {
        let failed = |source| ToolError::Start { tool: TOOL, source };
        let program = find(PROGRAM).ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let scratch = Scratch::get().map_err(failed)?;
        let mut child = Child::spawn(
            Command::new(program)
                .arg("--port=0")
                // Where it makes the browser's profile.
                .env("TMPDIR", scratch.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )
        .map_err(failed)?;
        let driver = Driver(SocketAddr::from((Ipv4Addr::LOCALHOST, port(&mut child)?)));
        let mut arguments = ARGUMENTS.to_vec();
        if is_root() {
            // Chromium's sandbox does not work as root.
            arguments.push("--no-sandbox");
        }
        let not_ready = |error: &dyn std::fmt::Display| ToolError::NotReady {
            tool: TOOL,
            output: error.to_string(),
        };
        let session = driver
            .call("POST", "/session", &capabilities(&arguments))
            .map_err(|error| not_ready(&error))?;
        let id = session["sessionId"].as_str();
        Ok(Self {
            driver,
            session: id
                .ok_or_else(|| not_ready(&"there is no session"))?
                .to_owned(),
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

/// The port that the driver says it has taken. Its output is read to the end, lest it wait for a
/// reader.
fn port(child: &mut Child) -> Result<u16, ToolError> {
    let (announce, announced) = mpsc::channel();
    if let Some(output) = child.stdout() {
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once(READY) {
                    // Nobody waits any longer if the start was given up.
                    let _ = announce.send(port.trim_end_matches('.').to_owned());
                }
            }
        });
    }
    let port = announced.recv_timeout(STARTUP);
    port.ok()
        .and_then(|port| port.parse().ok())
        .ok_or_else(|| ToolError::NotReady {
            tool: TOOL,
            output: format!("{PROGRAM} does not say which port it has taken"),
        })
}

#[cfg(unix)]
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
