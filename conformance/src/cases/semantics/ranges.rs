//! Range requests for everything that is there.

use std::time::Duration;

use crate::cases::everything::{Resource, resources};
use crate::cases::steps::{Differences, ask};
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Outcome, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "semantics/range-everywhere",
    "RFC 9110 §13.1.5, §14.2, §15.3.7.1",
    "On every path Range is ignored, or the response is a 206 with exactly the requested octets and a \
     Content-Range that names them. HEAD ignores it, and so does a GET whose If-Range names another \
     entity tag.",
    range_everywhere,
)
.within(Duration::from_secs(60))];

fn range_everywhere(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let there = resources(context)?.into_iter();
    for it in there.filter(|it| it.whole.status == 200 && it.whole.body.len() > 4) {
        let length = it.whole.body.len();
        for (range, first, end) in [
            ("bytes=0-3".to_owned(), 0, 4),
            ("bytes=-4".to_owned(), length - 4, length),
            (format!("bytes=2-{length}"), 2, length),
        ] {
            let part = ask(context, it.get().header("Range", range.as_str()))?;
            let what = format!("GET {} with Range: {range}", it.path);
            match part.status {
                200 => ensure_whole(&what, &it, &part)?,
                206 => {
                    differences.note("responds 206");
                    ensure_part(&what, &it, &part, first, end)?;
                }
                status => return Err(Deviation(format!("{what} is {status}, not 200 or 206"))),
            }
        }
        // That there is no HEAD is for other cases to say.
        if ask(context, it.request("HEAD"))?.status == 200 {
            let head = it.request("HEAD").header("Range", "bytes=0-3");
            ensure_ignored(context, &it, head)?;
        }
        let other = it.get().header("Range", "bytes=0-3");
        ensure_ignored(context, &it, other.header("If-Range", "\"another\""))?;
        let unknown = it.get().header("Range", "lines=0-3");
        ensure_ignored(context, &it, unknown)?;
    }
    Ok(differences.verdict())
}

/// Sends a request whose Range must be ignored.
fn ensure_ignored(context: &Context, it: &Resource, request: Request) -> Result<(), Deviation> {
    let fields = request.headers.iter().map(|(field, value)| {
        let value = String::from_utf8_lossy(value);
        format!("{field}: {value}")
    });
    let fields: Vec<String> = fields.collect();
    let what = format!("{} {} with {}", request.method, it.path, fields.join(", "));
    let is_head = request.method == "HEAD";
    let response = ask(context, request)?;
    ensure!(
        response.status == 200,
        "{what} is {}, not 200",
        response.status
    );
    match is_head {
        true => Ok(()),
        false => ensure_whole(&what, it, &response),
    }
}

fn ensure_whole(what: &str, it: &Resource, response: &Response) -> Result<(), Deviation> {
    ensure!(
        response.body == it.whole.body,
        "{what} is 200 with {} octets of {}, or with others",
        response.body.len(),
        it.whole.body.len()
    );
    let stated = response.values("content-range");
    ensure!(
        stated.is_empty(),
        "{what} is 200 with `Content-Range` {stated:?}"
    );
    Ok(())
}

/// Checks that a response is the octets from `first` to before `end`.
fn ensure_part(
    what: &str,
    it: &Resource,
    part: &Response,
    first: usize,
    end: usize,
) -> Result<(), Deviation> {
    let length = it.whole.body.len();
    let stated = part.header("content-range").unwrap_or_default();
    let named = format!("bytes {first}-{}/", end - 1);
    let is_named = ["*".to_owned(), length.to_string()]
        .iter()
        .any(|of| stated == format!("{named}{of}"));
    ensure!(
        is_named && it.whole.body.get(first..end) == Some(part.body.as_slice()),
        "{what} is 206 with `Content-Range` {stated:?} and {} octets of {length}",
        part.body.len()
    );
    for field in ["etag", "content-location", "cache-control", "vary"] {
        let (given, wanted) = (part.values(field), it.whole.values(field));
        ensure!(
            given == wanted,
            "{what} is 206 with `{field}` {given:?}, but without Range it has {wanted:?}"
        );
    }
    Ok(())
}
