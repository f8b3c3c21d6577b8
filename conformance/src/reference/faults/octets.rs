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
    edit_lines(message, |lines| lines.push(format!("{name}: {value}")));
}

/// Whether the status line has this status.
pub(super) fn has_status(message: &[u8], status: u16) -> bool {
    message.starts_with(format!("HTTP/1.1 {status} ").as_bytes())
}

fn is_field(line: &str, name: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(given, _)| given.eq_ignore_ascii_case(name))
}

/// Changes the lines before the first empty one; a message whose head is incomplete stays.
fn edit_lines(message: &mut Vec<u8>, change: impl FnOnce(&mut Vec<String>)) {
    let Some(end) = message.windows(4).position(|four| four == b"\r\n\r\n") else {
        return;
    };
    let Ok(head) = std::str::from_utf8(&message[..end]) else {
        return;
    };
    let mut lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
    change(&mut lines);
    message.splice(..end, lines.join("\r\n").into_bytes());
}
