//! Requests that nobody thought of.

use std::time::Duration;

use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::CONTRACT;
use crate::http::Request;
use crate::url::percent_encode;
use crate::{Case, Context, Deviation, Outcome, Verdict};

/// How many requests are generated in a run.
const REQUESTS: u32 = 1000;

/// How many more may be sent to find the smallest that fails.
const SHRINKS: u32 = 500;

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "contract/property",
    CONTRACT,
    "A thousand generated requests get the answers that follow from the data.",
    property,
)
.within(Duration::from_secs(60))];

fn property(context: &Context) -> Outcome {
    let config = Config {
        cases: REQUESTS,
        max_shrink_iters: SHRINKS,
        failure_persistence: None,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&context.seed().to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let aside = context.aside();
    let result = TestRunner::new_with_rng(config, random).run(&requests(context), |request| {
        check(&aside, &request).map_err(|why| TestCaseError::fail(why.0))
    });
    match result {
        Ok(()) => Ok(Verdict::Conforms),
        Err(TestError::Fail(reason, request)) => {
            // Once more, for the evidence. An answer that has changed since is wrong all the same.
            let why = check(context, &request).err().map(|why| why.0);
            let why = why.unwrap_or_else(|| format!("at first, {}", reason.message()));
            let (method, target) = request;
            Err(Deviation(format!(
                "{method} {target}: {why} (seed {})",
                context.seed()
            )))
        }
        Err(TestError::Abort(reason)) => Err(Deviation(format!(
            "the requests could not be sent: {reason}"
        ))),
    }
}

/// A method and a request target.
type Generated = (&'static str, String);

fn check(context: &Context, (method, target): &Generated) -> Result<(), Deviation> {
    let mut request = Request::new(*method, target.as_str());
    if matches!(*method, "POST" | "PUT" | "PATCH") {
        request = request.content("");
    }
    let response = context.send(request)?;
    let expected = context.model().answer(method, target);
    expected.check(&response).map(drop)
}

fn requests(context: &Context) -> impl Strategy<Value = Generated> + use<> {
    let method = prop_oneof![
        6 => Just("GET"),
        2 => Just("HEAD"),
        1 => Just("OPTIONS"),
        1 => select(vec!["POST", "PUT", "PATCH", "DELETE"]),
    ];
    let query = prop_oneof![
        3 => Just(String::new()),
        1 => "\\?[a-z]{0,5}(=[a-zA-Z0-9.~-]{0,5})?",
    ];
    (method, paths(context), query).prop_map(|(method, path, query)| (method, path + &query))
}

fn paths(context: &Context) -> impl Strategy<Value = String> + use<> {
    let known = ["/", "/greetings", "/docs", "/openapi.json", "/healthz"];
    let known = select(known.map(str::to_owned).to_vec());
    let mut langs: Vec<String> = context.model().greetings().keys().cloned().collect();
    langs.push(context.model().absent());
    let segment = prop_oneof![
        4 => encoded(select(langs)),
        2 => "[A-Za-z][A-Za-z0-9-]{0,39}",
        2 => "\\PC{1,12}".prop_map(|text| percent_encode(&text)),
        1 => proptest::collection::vec(any::<u8>(), 1..8)
            .prop_map(|octets| octets.iter().map(|octet| format!("%{octet:02x}")).collect()),
        1 => "%[0-9a-zA-Z]{0,3}",
    ];
    prop_oneof![
        2 => known,
        5 => segment.prop_map(|segment| format!("/greetings/{segment}")),
        1 => "(/[a-z0-9]{1,8}){1,3}",
        1 => "/greetings(/[a-z]{0,3}){2}",
    ]
}

/// The same text with any of its letters percent-encoded.
fn encoded(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (text, any::<u64>()).prop_map(|(text, chosen)| {
        let encode = |(index, octet): (usize, u8)| match chosen >> (index % 64) & 1 {
            0 => char::from(octet).to_string(),
            _ => format!("%{octet:02X}"),
        };
        text.bytes().enumerate().map(encode).collect()
    })
}
