//! Range requests for everything that is there.

use std::ops::Range;
use std::time::Duration;

use crate::cases::everything::{Resource, resources};
use crate::cases::steps::{Differences, ask, in_full, is_other, is_part};
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Outcome, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "semantics/range-everywhere",
    "RFC 9110 §13.1.5, §14.2, §15.3.7, §15.3.7.1",
    "On every path Range is ignored, or the response is a 206 with requested octets and a \
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
                200 => ensure_whole(context, &what, &it, &part)?,
                206 => {
                    differences.note("responds 206");
                    ensure_part(context, &what, &it, &part, first..end)?;
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
    let what = in_full(&request);
    let is_head = request.method == "HEAD";
    let response = ask(context, request)?;
    ensure!(
        response.status == 200,
        "{what} is {}, not 200",
        response.status
    );
    match is_head {
        true => Ok(()),
        false => ensure_whole(context, &what, it, &response),
    }
}

fn ensure_whole(
    context: &Context,
    what: &str,
    it: &Resource,
    response: &Response,
) -> Result<(), Deviation> {
    ensure!(
        !is_other(context, &it.get(), &it.whole, response)?,
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

/// Checks that a response is of these octets. Of content that is of the moment nothing can be told.
fn ensure_part(
    context: &Context,
    what: &str,
    it: &Resource,
    part: &Response,
    octets: Range<usize>,
) -> Result<(), Deviation> {
    let length = it.whole.body.len();
    let stated = part.header("content-range").unwrap_or_default();
    let is_right = is_part(part, &it.whole.body, octets.start, octets.end);
    if !is_right && ask(context, it.get())?.body != it.whole.body {
        return Ok(());
    }
    ensure!(
        is_right,
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
