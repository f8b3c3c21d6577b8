//! What gives a key away without anyone being let in.

use std::time::{Duration, Instant};

use crate::cases::processes::{AT_ONCE, ends, scratch_file, signal};
use crate::http::{Connection, Request};
use crate::servers::{Setting, Signal};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::should(
        "security/key-timing",
        "CWE-208; the contract",
        "The time to refuse a key does not reveal how much of it is right: the difference is \
         below 20 \u{b5}s.",
        key_timing,
    )
    .needing(&[Need::ApiKey])
    .alone()
    .within(Duration::from_secs(60)),
    Case::must(
        "security/key-not-logged",
        "CWE-532; the contract",
        "At any log level, neither a right key nor a wrong one is logged.",
        key_not_logged,
    )
    .needing(&[Need::ApiKey, Need::Process, Need::Signals, Need::Verbose])
    .within(Duration::from_secs(30)),
];

/// How often the two keys are sent before it is asked whether a difference shows.
const ROUNDS: usize = 200;

/// How often it is asked, where one does.
const TRIALS: usize = 3;

/// The least difference that counts, in seconds: over a connection, even to this machine, a smaller
/// one drowns in what else takes time.
const LEAST_DIFFERENCE: f64 = 20e-6;

/// How many standard deviations of chance a difference must be away from none.
const LEAST_SIGNIFICANCE: f64 = 6.0;

/// A comparison that ends at the first wrong octet is quickest where that is the first, slowest
/// where it is the last. The two keys are sent in pairs, in either order by turns, so that what
/// else the machine does falls on both alike.
///
/// Without a difference a pair is as likely to come out one way as the other, however much the
/// machine is at: that is a coin tossed for each pair (a sign test), which six standard deviations
/// rule out but for once in 500 million. With one, the median of the pairs shows how large it is.
fn key_timing(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let requests = [early(key), late(key)].map(|wrong| {
        let request = Request::get("/greetings").header("Authorization", format!("Key {wrong}"));
        keyed.prepare(request).to_bytes()
    });
    let aside = keyed.aside();
    let mut connection = aside.connect()?;
    let mut differences = Vec::new();
    let mut median = 0.0;
    for _ in 0..TRIALS {
        trial(&aside, &mut connection, &requests, &mut differences)?;
        differences.sort_by(f64::total_cmp);
        median = differences[differences.len() / 2];
        if f64::abs(median) < LEAST_DIFFERENCE {
            return Ok(Verdict::Conforms);
        }
    }
    let count = |is: fn(f64) -> bool| differences.iter().filter(|d| is(**d)).count() as f64;
    let (later, sooner) = (
        count(|difference| difference > LEAST_DIFFERENCE),
        count(|difference| difference < -LEAST_DIFFERENCE),
    );
    if (later - sooner).abs() < LEAST_SIGNIFICANCE * (later + sooner).sqrt() {
        return Ok(Verdict::Conforms);
    }
    Err(Deviation(format!(
        "in {} pairs, a key with a wrong last octet is refused later than one with a wrong first \
         octet {later} times, and sooner {sooner} times; the median difference is {:.0} \u{b5}s",
        differences.len(),
        median * 1e6
    )))
}

/// The key with another first character.
fn early(key: &str) -> String {
    let rest: String = key.chars().skip(1).collect();
    let first = if key.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{rest}")
}

/// The key with another last character.
fn late(key: &str) -> String {
    let mut wrong = key.to_owned();
    let last = if wrong.pop() == Some('A') { 'B' } else { 'A' };
    wrong.push(last);
    wrong
}

/// How much longer the second request takes than the first, in seconds, for each of the rounds.
fn trial(
    view: &Context,
    connection: &mut Connection,
    requests: &[Vec<u8>; 2],
    differences: &mut Vec<f64>,
) -> Result<(), Deviation> {
    for round in 0..ROUNDS {
        let mut times = [0.0; 2];
        for which in [round % 2, (round + 1) % 2] {
            times[which] = refusal_time(view, connection, &requests[which])?;
        }
        differences.push(times[1] - times[0]);
    }
    Ok(())
}

fn refusal_time(
    view: &Context,
    connection: &mut Connection,
    request: &[u8],
) -> Result<f64, Deviation> {
    let start = Instant::now();
    let response = match connection.exchange("GET", request) {
        // It may close a connection at any time: another is opened, and the time is long.
        Err(broken) if broken.is_closed() => {
            *connection = view.connect()?;
            connection.exchange("GET", request)?
        }
        answered => answered?,
    };
    ensure!(
        matches!(response.status, 401 | 403),
        "a wrong key gets {}, not 401",
        response.status
    );
    Ok(start.elapsed().as_secs_f64())
}

fn key_not_logged(context: &Context) -> Outcome {
    const KEY: &str = "right-7c1e5b90d2";
    const WRONG: &str = "wrong-3f8a6d14c7";
    let file = scratch_file(context, format!("{KEY}\n").as_bytes())?;
    let options = context.options(&[Setting::KeyFile(file.path()), Setting::Verbose])?;
    let mut process = context.start(options)?;
    let view = context.seen_at(process.base_url());
    let right =
        view.send(Request::get("/greetings").header("Authorization", format!("Key {KEY}")))?;
    ensure!(
        right.status == 200,
        "GET /greetings with the right key is {}, not 200",
        right.status
    );
    for authorization in [
        format!("Key {WRONG}"),
        format!("Bearer {WRONG}"),
        format!("Key {WRONG} {KEY}"),
        format!("Bearer {KEY}"),
        WRONG.to_owned(),
    ] {
        let request = Request::get("/greetings").header("Authorization", authorization);
        let status = view.send(request)?.status;
        ensure!(status != 200, "GET /greetings with a wrong key is {status}");
    }
    // Within a request that is refused for something else.
    let malformed = Request::get("/greetings")
        .header("Authorization", format!("Key {KEY}"))
        .header("Host", "user@host");
    view.send(malformed)?;
    signal(context, &mut process, Signal::Terminate)?;
    ends(&mut process, 5 * AT_ONCE, "SIGTERM")?;
    for (output, name) in [
        (process.stdout_at_end(), "standard output"),
        (process.stderr_at_end(), "standard error"),
    ] {
        for (secret, which) in [(KEY, "the right key"), (WRONG, "a wrong key")] {
            let line = output.lines().find(|line| line.contains(secret));
            if let Some(line) = line {
                return Err(Deviation(format!("{which} is on {name}: {line}")));
            }
        }
    }
    Ok(Verdict::Conforms)
}
