//! What a content server adds to identify people and programs does no harm.

use super::{CONTRACT, PREFIX, PROXY, behind, change_nothing};
use crate::cases::steps::{absent, known_paths};
use crate::tools::Host;
use crate::{Case, Context, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "proxy/api-key-tolerated",
        CONTRACT,
        "Credentials that the server does not require have no effect.",
        |context| {
            harmless(
                context,
                &[
                    ("Authorization", "Key 4f1d7cWkyHAdIkVdyHAdIkVdyHAdIkVd"),
                    ("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."),
                    ("Authorization", "Basic dXNlcjpwYXNzd29yZA=="),
                ],
            )
        },
    )
    .needing(PROXY),
    Case::must(
        "proxy/cookies-tolerated",
        "RFC 6265 §5.4; the contract",
        "Foreign cookies have no effect, up to the 4,096 octets that clients must be able to \
         store.",
        |context| {
            let long = format!("session={}", "0123456789abcdef".repeat(250));
            harmless(
                context,
                &[
                    ("Cookie", "session=c2Vzc2lvbg==; csrf=abc; theme=dark"),
                    ("Cookie", &long),
                ],
            )
        },
    )
    .needing(PROXY),
];

fn harmless(context: &Context, fields: &[(&str, &str)]) -> Outcome {
    let (_nginx, view) = behind(context, PREFIX, Host::Server)?;
    let mut paths = known_paths(context).to_vec();
    paths.extend([absent(context), "/nope".to_owned()]);
    change_nothing(&view, &paths, fields)?;
    Ok(Verdict::Conforms)
}
