//! Faults in the API itself.

use super::super::{Fault, Request};

pub(super) const FAULTS: &[Fault] = &[
    Fault::answer(
        "contract/list-status",
        "the list is 201",
        |request, answer| {
            if is_list(request) {
                answer.status = 201;
            }
        },
    ),
    Fault::answer(
        "contract/list-sorted",
        "the list is in reverse",
        |request, answer| {
            if is_list(request) {
                answer.edit(|list| {
                    if let Some(list) = list.as_array_mut() {
                        list.reverse();
                    }
                });
            }
        },
    ),
];

fn is_list(request: &Request) -> bool {
    request.path() == "/greetings"
}
