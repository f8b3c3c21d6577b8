//! A connection as a shell command that does it again.

use std::fmt::Write as _;

/// The longest replay command worth giving.
const LONGEST_REPLAY: usize = 16 * 1024;

/// What the suite did on a connection, as steps of a shell script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    steps: Vec<String>,
    length: usize,
    too_long: bool,
    waited: bool,
    half_closed: bool,
}

impl Script {
    fn push(&mut self, step: String) {
        self.length += step.len();
        if self.length > LONGEST_REPLAY {
            self.too_long = true;
            self.steps = Vec::new();
        }
        if !self.too_long {
            self.steps.push(step);
        }
    }

    pub(super) fn sends(&mut self, bytes: &[u8]) {
        if std::mem::take(&mut self.waited) {
            self.push("sleep 0.2".to_owned());
        }
        if self.too_long {
            return;
        }
        match print_steps(bytes) {
            Some(steps) => steps.into_iter().for_each(|step| self.push(step)),
            None => {
                self.too_long = true;
                self.steps = Vec::new();
            }
        }
    }

    pub(super) fn waits(&mut self) {
        self.waited = !self.steps.is_empty();
    }

    pub(super) fn half_closes(&mut self) {
        self.half_closed = true;
    }

    /// The bash command, or nothing where it would be too long to be of use.
    pub(super) fn command(&self, host: &str, port: u16) -> Option<String> {
        if self.too_long || self.steps.is_empty() {
            return None;
        }
        let steps = self.steps.join("; ");
        let host = host.trim_matches(['[', ']']).replacen("%25", "%", 1);
        if self.half_closed {
            // Only a tool that knows sockets can close one direction. What came before that is
            // waited for, as the suite did.
            let wait = if self.waited { " sleep 0.2;" } else { "" };
            return Some(format!(
                "{{ {steps};{wait} }} | nc -N {host} ${{PORT:-{port}}}"
            ));
        }
        Some(format!(
            "(exec 3<>/dev/tcp/{host}/${{PORT:-{port}}}; {{ {steps}; }} >&3; timeout 3 cat <&3)"
        ))
    }
}

/// Shell commands that write `bytes` exactly, long runs of one octet in short form; nothing where
/// they would be too long.
fn print_steps(bytes: &[u8]) -> Option<Vec<String>> {
    const RUN: usize = 256;
    let mut steps = Vec::new();
    let mut literal = Vec::new();
    for run in bytes.chunk_by(|a, b| a == b) {
        match run {
            [octet, ..] if run.len() >= RUN => {
                if !literal.is_empty() {
                    steps.push(print_literal(&literal));
                    literal.clear();
                }
                steps.push(format!(
                    "head -c {} /dev/zero | tr '\\000' '\\{octet:03o}'",
                    run.len()
                ));
            }
            _ if literal.len() + run.len() > LONGEST_REPLAY => return None,
            _ => literal.extend_from_slice(run),
        }
    }
    if !literal.is_empty() {
        steps.push(print_literal(&literal));
    }
    Some(steps)
}

/// `printf %b` of these octets (POSIX: `\0` and up to three octal digits for any octet).
fn print_literal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    text.push_str("printf %b '");
    for byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\\' => text.push_str("\\\\"),
            b'\'' => text.push_str("\\0047"),
            b' '..=b'~' => text.push(char::from(*byte)),
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(text, "\\0{byte:03o}");
            }
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn replay_prints_the_same_octets() {
        let mut bytes: Vec<u8> = (0..=255).collect();
        bytes.extend([b'x'; 1000]);
        bytes.extend(b"0'\\0100\r\n");
        let script = print_steps(&bytes).unwrap().join("; ");
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert_eq!(output.stdout, bytes, "{script}");
    }
}
