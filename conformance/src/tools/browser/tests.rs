//! A browser that does not start, by drivers that are made for it: a script that says what a driver
//! does, and a listener that answers in its place.

#![cfg(unix)]

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

/// A script that says it is a driver on this port, and says this on standard error.
fn driver(directory: &TempDir, port: u16, complaint: &str) -> PathBuf {
    let path = directory.path().join(PROGRAM);
    let script = format!(
        "#!/bin/sh\necho 'ChromeDriver was {READY}{port}.'\necho '{complaint}' >&2\nexec sleep 600\n"
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// Why a browser does not start whose driver says this, and answers this where it is asked for a
/// session; without an answer it is silent.
fn start(complaint: &str, answer: Option<&str>) -> ToolError {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let directory = TempDir::new().unwrap();
    let program = driver(&directory, port, complaint);
    let error = std::thread::scope(|scope| {
        if let Some(message) = answer {
            let value = json!({"value": {"error": "session not created", "message": message}});
            let content = value.to_string();
            let listener = &listener;
            scope.spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let length = content.len();
                let head = "HTTP/1.1 500 Internal Server Error\r\ncontent-length:";
                write!(stream, "{head}{length}\r\n\r\n{content}").unwrap();
                // What was sent is read to its end, or closing would reset the connection.
                let mut rest = Vec::new();
                let _ = io::Read::read_to_end(&mut stream, &mut rest);
            });
        }
        Browser::start_by(&program).unwrap_err()
    });
    drop(listener);
    error
}

#[test]
fn a_browser_without_a_sandbox_is_told_at_once() {
    let complaint = "[1:1:ERROR:zygote_host_impl_linux.cc:130] No usable sandbox! If this is";
    // The driver does not answer before a minute has gone by.
    let error = start(complaint, None);
    assert!(
        matches!(&error, ToolError::Unusable(need) if need == SANDBOX_ADVICE),
        "{error:?}"
    );
}

#[test]
fn a_driver_of_another_version_is_told_with_both() {
    let answer = "session not created: This version of ChromeDriver only supports Chrome version \
                  152\nCurrent browser version is 156.0.8078.108\n  (Driver info: chromedriver)";
    let error = start("", Some(answer));
    assert_eq!(
        error.to_string(),
        "it needs Chromium and chromedriver of one version (Debian: apt-get install chromium \
         chromium-driver): session not created: This version of ChromeDriver only supports Chrome \
         version 152; Current browser version is 156.0.8078.108"
    );
    assert!(matches!(error, ToolError::Unusable(_)), "{error:?}");
}

#[test]
fn a_driver_without_a_browser_is_unusable() {
    let error = start(
        "",
        Some("session not created: cannot find Chrome binary\n(v)"),
    );
    assert!(matches!(error, ToolError::Unusable(_)), "{error:?}");
}

#[test]
fn what_is_not_known_is_an_error() {
    let error = start(
        "",
        Some("session not created: Chrome failed to start: crashed"),
    );
    assert!(matches!(error, ToolError::NotReady { .. }), "{error:?}");
}
