//! What a request may carry that the API has no use for.

use crate::cases::steps::{Differences, ask, get_whole, is_part, item};
use crate::http::{Broken, Request};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "semantics/range-ignored",
        "RFC 9110 §14.2, §15.3.7, §15.3.7.1",
        "Range is ignored, or answered with requested octets that Content-Range names.",
        range_ignored,
    ),
    Case::must(
        "semantics/get-with-body",
        "RFC 9110 §9.3.1, RFC 9112 §9.3",
        "The content of a GET request is not read as another request.",
        get_with_body,
    ),
    Case::must(
        "semantics/unknown-header",
        "RFC 9110 §5.1, the contract",
        "An unknown field has no effect.",
        unknown_header,
    ),
    Case::must(
        "semantics/field-name-case",
        "RFC 9110 §2.4, §5.1",
        "Field names are case-insensitive.",
        field_name_case,
    ),
    Case::should(
        "semantics/expect-unknown",
        "RFC 9110 §10.1.1, §15.5.18, the contract",
        "An expectation other than 100-continue is 417, or ignored.",
        expect_unknown,
    )
    .of_rfcs_alone(Level::Info),
];

fn range_ignored(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    for path in ["/greetings", &item(context)] {
        let whole = get_whole(context, path)?;
        let length = whole.body.len();
        let past_the_end = format!("bytes={length}-");
        for range in ["bytes=2-5", &past_the_end, "lines=1-2"] {
            let part = ask(context, Request::get(path).header("Range", range))?;
            let is_right = match part.status {
                200 => part.body == whole.body,
                206 if range == "bytes=2-5" => {
                    differences.note("answers 206");
                    is_part(&part, &whole.body, 2, 6)
                }
                416 if range == past_the_end => {
                    differences.note("gives 416 past the end");
                    true
                }
                _ => false,
            };
            ensure!(
                is_right,
                "GET {path} with Range: {range} is {} with `Content-Range` {:?} and {} octets of \
                 {length}",
                part.status,
                part.values("content-range"),
                part.body.len()
            );
        }
    }
    Ok(differences.verdict())
}

fn get_with_body(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let hidden = context.prepare(Request::get(item(context))).to_bytes();
    let mut chunk = format!("{:x}\r\n", hidden.len()).into_bytes();
    chunk.extend_from_slice(&hidden);
    chunk.extend_from_slice(b"\r\n0\r\n\r\n");
    let mut chunked = Request::get("/greetings").header("Transfer-Encoding", "chunked");
    chunked.body = chunk;
    for request in [Request::get("/greetings").content(hidden), chunked] {
        let status = is_read_as_one(context, request)?;
        if status != 200 {
            differences.note(format!("answers {status}"));
        }
    }
    Ok(differences.verdict())
}

/// Sends a request with content and another right after it, and makes sure that these are what is
/// answered. Returns the status of the first answer; a refusal may end the connection.
fn is_read_as_one(context: &Context, request: Request) -> Result<u16, Deviation> {
    let mut bytes = context.prepare(request).to_bytes();
    // It is answered unlike the request hidden in the content.
    let next = Request::get("/no-such-path").header("Connection", "close");
    let expected = context.send(next.clone())?.status;
    bytes.extend(context.prepare(next).to_bytes());

    let mut connection = context.connect()?;
    let first = connection.exchange("GET", &bytes)?;
    ensure!(
        matches!(first.status, 200 | 400..500),
        "a GET request with content is {}",
        first.status
    );
    match connection.receive("GET") {
        Ok(second) => ensure!(
            second.status == expected,
            "the content of a GET request was answered as a request, with {}",
            second.status
        ),
        Err(Broken::Closed | Broken::Reset(_)) => {}
        Err(broken) => {
            let why = format!("after a GET request with content: {broken}");
            return Err(Deviation(why));
        }
    }
    Ok(first.status)
}

fn unknown_header(context: &Context) -> Outcome {
    for path in ["/greetings", &item(context)] {
        let plain = ask(context, Request::get(path))?;
        let request = Request::get(path)
            .header("X-Unknown", "1")
            .header("Sec-Unknown", "?1")
            .header("Unknown.~`|!", "\"a\"; b=c, ;=,")
            .header("Unknown-Empty", "")
            .header("Unknown-Latin", &b"caf\xE9"[..]);
        let response = ask(context, request)?;
        ensure!(
            response.status == plain.status,
            "GET {path} with unknown fields is {}, but {} without",
            response.status,
            plain.status
        );
        ensure!(
            response.body == plain.body,
            "unknown fields change the content of GET {path}: {}",
            difference::of_octets(&response.body, &plain.body)
        );
    }
    Ok(Verdict::Conforms)
}

fn field_name_case(context: &Context) -> Outcome {
    let authority = context.base().authority();
    let with = |host: &str, if_none_match: &str| {
        let request = Request::get("/greetings")
            .header(host, authority.as_str())
            .header(if_none_match, "*");
        ask(context, request).map(|response| response.status)
    };
    let usual = with("Host", "If-None-Match")?;
    for (host, if_none_match) in [
        ("host", "if-none-match"),
        ("HOST", "IF-NONE-MATCH"),
        ("hOsT", "iF-nOnE-mAtCh"),
    ] {
        let status = with(host, if_none_match)?;
        ensure!(
            status == usual,
            "GET /greetings is {usual} with `Host` and `If-None-Match: *`, but {status} with \
             `{host}` and `{if_none_match}: *`"
        );
    }
    Ok(Verdict::Conforms)
}

fn expect_unknown(context: &Context) -> Outcome {
    let request = Request::get("/greetings").header("Expect", "a-miracle");
    match ask(context, request)?.status {
        417 => Ok(Verdict::Conforms),
        200 => Ok(Verdict::Differs("ignores the expectation".to_owned())),
        status => Err(Deviation(format!(
            "GET /greetings with Expect: a-miracle is {status}, neither 417 nor 200"
        ))),
    }
}
