//! The line to an agent: a command whose standard input and output carry it. It knows nothing of what is said.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long the command may take to end once its input has.
const FAREWELL: Duration = Duration::from_secs(20);

/// How often it is looked whether it has.
const POLL: Duration = Duration::from_millis(10);

/// A command under way.
#[derive(Debug)]
pub(super) struct Connection {
    command: Child,
    /// None when nothing more is said.
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

/// What came of waiting for a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A line, without its end.
    Line(String),
    /// None within the time.
    Nothing,
    /// None any more.
    End,
}

impl Connection {
    /// Starts the command. Its standard error is this process's.
    ///
    /// # Errors
    /// Where there is no such program.
    pub(super) fn open(words: &[String]) -> std::io::Result<Self> {
        let (program, arguments) = words.split_first().ok_or(std::io::ErrorKind::NotFound)?;
        let mut command = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = command
            .stdout
            .take()
            .ok_or(std::io::ErrorKind::BrokenPipe)?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            input: command.stdin.take(),
            command,
            lines,
        })
    }

    /// Says a line.
    ///
    /// # Errors
    /// Where nobody reads it.
    pub(super) fn say(&mut self, line: &str) -> std::io::Result<()> {
        let input = self.input.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        // As one piece: half a line wakes the other side for nothing.
        input.write_all(format!("{line}\n").as_bytes())
    }

    /// Waits for a line.
    pub(super) fn hear(&self, limit: Duration) -> Heard {
        match self.lines.recv_timeout(limit) {
            Ok(line) => Heard::Line(line),
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// How the command ended, if it does soon.
    pub(super) fn ended(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            // An error means that it is gone.
            match self.command.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(POLL),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Ends the command at once.
    pub(super) fn cut(&mut self) {
        self.input = None;
        // Both fail only where it has ended.
        let _ = self.command.kill();
        let _ = self.command.wait();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The agent ends its servers when its input ends.
        self.input = None;
        if self.ended(FAREWELL).is_none() {
            self.cut();
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Connection {
        Connection::open(&["sh", "-c", script].map(str::to_owned)).unwrap()
    }

    #[test]
    fn what_is_said_is_heard_and_the_end_ends_the_command() {
        let mut echo = shell("exec cat");
        echo.say("one").unwrap();
        assert_eq!(echo.hear(LONG), Heard::Line("one".to_owned()));
        assert_eq!(echo.hear(Duration::ZERO), Heard::Nothing);
        echo.input = None;
        assert_eq!(echo.hear(LONG), Heard::End);
        assert!(echo.ended(LONG).unwrap().success());
        assert!(echo.say("two").is_err());
    }

    #[test]
    fn a_command_that_ends_says_how_and_one_that_does_not_is_cut_off() {
        let mut gone = shell("exit 7");
        assert_eq!(gone.hear(LONG), Heard::End);
        assert_eq!(gone.ended(LONG).unwrap().code(), Some(7));
        let mut stuck = shell("exec sleep 600");
        assert_eq!(stuck.ended(Duration::ZERO), None);
        stuck.cut();
        assert_eq!(stuck.hear(LONG), Heard::End);
        assert!(Connection::open(&["/nowhere/program".to_owned()]).is_err());
    }
}
