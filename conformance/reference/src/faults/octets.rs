//! Changes to a message as it goes over the wire.

/// Removes every field line of this name from a message's head.
pub(super) fn remove_field(message: &mut Vec<u8>, name: &str) {
    edit_lines(message, |lines| {
        lines.retain(|line| !is_field(line, name));
    });
}

/// Gives a field of a message another value; a message without the field gets it.
pub(super) fn set_field(message: &mut Vec<u8>, name: &str, value: &str) {
    remove_field(message, name);
    edit_lines(message, |lines| {
        lines.push(format!("{name}: {value}").into_bytes());
    });
}

/// Changes the value of every field of this name, white space around it left out.
pub(super) fn edit_values(message: &mut Vec<u8>, name: &str, change: impl Fn(&mut Vec<u8>)) {
    edit_lines(message, |lines| {
        for line in lines.iter_mut().filter(|line| is_field(line, name)) {
            let mut value = line[name.len() + 1..].trim_ascii().to_vec();
            change(&mut value);
            *line = [name.as_bytes(), b": ", &value].concat();
        }
    });
}

/// How many field lines of this name a message has.
pub(super) fn count_fields(message: &[u8], name: &str) -> usize {
    let lines = message.split(|octet| *octet == b'\n');
    let head = lines.take_while(|line| !line.trim_ascii().is_empty());
    head.filter(|line| is_field(line, name)).count()
}

/// Changes the field lines before the first empty line, the request line left out; a message whose
/// head is incomplete stays.
pub(super) fn edit_fields(message: &mut Vec<u8>, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    edit_lines(message, |lines| {
        let mut fields = lines.split_off(1);
        change(&mut fields);
        lines.append(&mut fields);
    });
}

/// Changes the request line, once it is complete.
pub(super) fn edit_request_line(message: &mut Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) {
    if let Some(end) = message.windows(2).position(|two| two == b"\r\n") {
        let mut line = message[..end].to_vec();
        change(&mut line);
        message.splice(..end, line);
    }
}

/// Cuts a request line's target where this octet is in it.
pub(super) fn cut_target(message: &mut Vec<u8>, octet: u8) {
    edit_request_line(message, |line| {
        let version = line.windows(6).rposition(|six| six == b" HTTP/");
        let target = line.iter().position(|octet| *octet == b' ');
        if let (Some(version), Some(target)) = (version, target) {
            let from = (target + 1).min(version);
            if let Some(cut) = line[from..version].iter().position(|o| *o == octet) {
                line.drain(from + cut..version);
            }
        }
    });
}

/// Whether the status line has this status.
pub(super) fn has_status(message: &[u8], status: u16) -> bool {
    message.starts_with(format!("HTTP/1.1 {status} ").as_bytes())
}

/// Puts octets in the place of as many others, wherever those are.
pub(super) fn replace(message: &mut [u8], from: &[u8], to: &[u8]) {
    let length = from.len().min(to.len());
    let mut start = 0;
    while let Some(part) = message.get(start..start + length) {
        if part == from {
            message[start..start + length].copy_from_slice(&to[..length]);
        }
        start += 1;
    }
}

/// Turns an answer with this status into one that says that the server failed.
pub(super) fn fail_instead_of(message: &mut Vec<u8>, status: u16) {
    if has_status(message, status) {
        message.splice(9..12, *b"500");
    }
}

fn is_field(line: &[u8], name: &str) -> bool {
    line.split_at_checked(name.len())
        .is_some_and(|(given, rest)| {
            given.eq_ignore_ascii_case(name.as_bytes()) && rest.starts_with(b":")
        })
}

/// Changes the lines before the first empty one; a message whose head is incomplete stays.
fn edit_lines(message: &mut Vec<u8>, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let Some(end) = message.windows(4).position(|four| four == b"\r\n\r\n") else {
        return;
    };
    let mut lines = Vec::new();
    let mut rest = &message[..end];
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        lines.push(rest[..at].to_vec());
        rest = &rest[at + 2..];
    }
    lines.push(rest.to_vec());
    change(&mut lines);
    message.splice(..end, lines.join(&b"\r\n"[..]));
}
