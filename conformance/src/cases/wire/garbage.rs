//! What is no HTTP at all, and what nearly is.

use std::time::Duration;

use super::steps::{QUIET, names_version};
use crate::cases::steps::{is_stable, item};
use crate::http::{Broken, Ending, Request, Response};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/garbage",
        "RFC 9112 §2.2, the contract",
        "64 KiB of random octets are refused or end the connection, and the next client is served.",
        |context| storm(context, noise, is_refusal),
    )
    .of_rfcs_alone(Level::Should)
    .within(Duration::from_secs(60)),
    Case::must(
        "wire/mutations",
        "RFC 9112 §2.2, the contract",
        "A request with a few changed octets is answered or refused; the server does not fail, \
         and the next client is served.",
        |context| {
            storm(context, mutation, |status| {
                status < 500 || is_refusal(status)
            })
        },
    )
    .within(Duration::from_secs(60)),
];

/// How many messages are drawn.
const MESSAGES: u64 = 200;

/// On how many connections at once they are sent.
const CLIENTS: u64 = 8;

fn is_refusal(status: u16) -> bool {
    matches!(status, 400..=499 | 501 | 505)
}

/// Sends messages drawn at random, each on a connection of its own that is then half-closed, and
/// asks for a greeting after each.
fn storm(
    context: &Context,
    draw: fn(&Context, Random) -> Vec<u8>,
    is_legal: fn(u16) -> bool,
) -> Outcome {
    let path = item(context);
    let expected = context.get(&path)?;
    let is_stable = is_stable(context, &path)?;
    let results: Vec<Result<(), Deviation>> = std::thread::scope(|scope| {
        let client = |first: u64| {
            let (path, expected) = (&path, (&expected, is_stable));
            scope.spawn(move || {
                (first..MESSAGES)
                    .step_by(CLIENTS as usize)
                    .try_for_each(|number| {
                        let aside = context.aside();
                        let random = Random::new(context.seed(), number);
                        let result = one(&aside, &draw(context, random), is_legal)
                            .and_then(|()| is_served(&aside, path, expected));
                        result.map_err(|why| {
                            context.adopt(&aside);
                            Deviation(format!(
                                "message {number} of seed {}: {why}",
                                context.seed()
                            ))
                        })
                    })
            })
        };
        let clients: Vec<_> = (0..CLIENTS).map(client).collect();
        let results = clients.into_iter().map(|client| match client.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    });
    results.into_iter().collect::<Result<(), _>>()?;
    Ok(Verdict::Conforms)
}

/// Sends one message and holds the server to answers that are legal, or none, and an end.
fn one(context: &Context, message: &[u8], is_legal: fn(u16) -> bool) -> Result<(), Deviation> {
    let mut connection = context.connect()?;
    // A server may refuse it before it has read everything, and may then be gone already.
    let _ = connection.send(message);
    let _ = connection.finish_sending();
    let (answers, ending) = connection.receive_all("GET", QUIET);
    if let Some(answer) = answers.iter().find(|answer| !is_legal(answer.status)) {
        return Err(Deviation(format!("the response is {}", answer.status)));
    }
    match ending {
        // A connection that is closed with octets unread is reset, and answers may be lost.
        Ending::Closed | Ending::Broken(Broken::Reset(_) | Broken::Truncated) => Ok(()),
        Ending::Silent => Err(Deviation(
            "the connection stays open, although the client has ended it".to_owned(),
        )),
        Ending::Broken(Broken::Malformed(_)) if answers.is_empty() && !names_version(message) => {
            let (_, is_closed) = connection.rest(QUIET);
            ensure!(is_closed, "the connection is not closed");
            Ok(())
        }
        Ending::Broken(broken) => Err(Deviation(broken.to_string())),
    }
}

fn is_served(
    context: &Context,
    path: &str,
    (expected, is_stable): (&Response, bool),
) -> Result<(), Deviation> {
    let answer = context
        .get(path)
        .map_err(|why| Deviation(format!("the next client is not served: {why}")))?;
    ensure!(
        answer.status == expected.status && (!is_stable || answer.body == expected.body),
        "the next client gets {}, not {}: {}",
        answer.status,
        expected.status,
        difference::of_octets(&answer.body, &expected.body)
    );
    Ok(())
}

fn noise(_: &Context, mut random: Random) -> Vec<u8> {
    let mut octets = Vec::with_capacity(64 * 1024);
    while octets.len() < 64 * 1024 {
        octets.extend_from_slice(&random.draw().to_le_bytes());
    }
    octets
}

/// A request with up to eight of its octets replaced, removed or doubled.
fn mutation(context: &Context, mut random: Random) -> Vec<u8> {
    let request = Request::new("POST", item(context))
        .header("If-None-Match", "\"a\", *")
        .header("Connection", "close")
        .content("hello");
    let mut message = context.prepare(request).to_bytes();
    for _ in 0..=random.below(8) {
        let at = random.below(message.len());
        match random.below(3) {
            0 => message[at] = random.draw().to_le_bytes()[0],
            1 => message.insert(at, message[at]),
            _ => {
                message.remove(at);
            }
        }
    }
    message
}

/// Numbers that look random, by SplitMix64 (Steele, Lea and Flood 2014): the same for the same seed.
struct Random(u64);

impl Random {
    /// The source of one message.
    fn new(seed: u64, number: u64) -> Self {
        let mut seeds = Self(seed ^ number.rotate_left(32));
        Self(seeds.draw())
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small: the bias is of no account. Zero where there is none.
    fn below(&mut self, bound: usize) -> usize {
        (self.draw() >> 33) as usize % bound.max(1)
    }
}
