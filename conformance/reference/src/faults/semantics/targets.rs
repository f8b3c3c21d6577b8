//! Faults in which paths are the same.

use crate::{Answer, Fault};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::request(
        "semantics/trailing-slash",
        "a slash at the end is dropped",
        |request| {
            if request.target.len() > 1 {
                let kept = request.target.trim_end_matches('/').len();
                request.target.truncate(kept);
            }
        },
    ),
    Fault::request(
        "semantics/double-slash",
        "empty path segments are dropped",
        |request| request.target = request.target.replace("//", "/"),
    ),
    Fault::answer(
        "semantics/dot-segments",
        "dot segments lead to any file",
        |request, answer| {
            if request.target.contains("..") && request.target.ends_with("/etc/passwd") {
                *answer = Answer::new(200, "text/plain", "root:x:0:0:root:/root:/bin/sh\n");
            }
        },
    ),
    Fault::answer(
        "semantics/dot-segments",
        "encoded slashes lead to any file",
        |request, answer| {
            if request.target.contains("..%2f") {
                *answer = Answer::new(200, "text/plain", "root:x:0:0:root:/root:/bin/sh\n");
            }
        },
    ),
    Fault::answer(
        "semantics/dot-segments",
        "dot segments redirect to another host",
        |request, answer| {
            if request.target.contains("/./") {
                *answer = Answer::empty(308).with("Location", "//other.example/greetings");
            }
        },
    ),
];
