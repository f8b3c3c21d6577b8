//! Everything is found below the prefix, with no configuration.

use super::{CONTRACT, PREFIX, PROXY, behind};
use crate::cases::contract::item::{check_answer, each};
use crate::cases::docs::browser::{LIMIT as BROWSER_LIMIT, try_it_out};
use crate::cases::docs::page::{assets, page, root_redirects};
use crate::cases::docs::truth::servers;
use crate::cases::steps::absent;
use crate::tools::Host;
use crate::{Case, Context, Need, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "proxy/prefix-list",
        CONTRACT,
        "Behind a proxy that strips a prefix, GET /greetings is the list.",
        |context| below(context, PREFIX, list),
    )
    .needing(PROXY),
    Case::must(
        "proxy/prefix-item",
        CONTRACT,
        "Behind a proxy that strips a prefix, every greeting is 200, an unknown one 404, and a \
         malformed lang 422.",
        |context| below(context, PREFIX, items),
    )
    .needing(PROXY),
    Case::must(
        "proxy/prefix-docs",
        CONTRACT,
        "Behind a proxy that strips a prefix, GET /docs is the page, or leads to it below the \
         prefix.",
        |context| below(context, PREFIX, page),
    )
    .needing(PROXY),
    Case::must(
        "proxy/prefix-assets",
        CONTRACT,
        "Behind a proxy that strips a prefix, every script, style sheet and image of the page is \
         found below the prefix.",
        |context| below(context, PREFIX, assets),
    )
    .needing(PROXY),
    Case::must(
        "proxy/prefix-openapi",
        "OpenAPI 3.1 §4.8.5; the contract",
        "Behind a proxy that strips a prefix, a server URL of the document leads to the API below \
         the prefix.",
        |context| below(context, PREFIX, servers),
    )
    .needing(PROXY),
    Case::must(
        "proxy/prefix-redirect",
        CONTRACT,
        "Behind a proxy that strips a prefix, the redirect from / keeps the prefix.",
        |context| below(context, PREFIX, redirect),
    )
    .needing(PROXY),
    Case::must(
        "proxy/prefix-try-it-out",
        CONTRACT,
        "Behind a proxy that strips a prefix, the button Execute on the page shows the live \
         response.",
        |context| below(context, PREFIX, try_it_out),
    )
    .needing(&[Need::Proxy, Need::Browser])
    .within(BROWSER_LIMIT),
    Case::must(
        "proxy/prefix-nested",
        CONTRACT,
        "The cases for a prefix also hold for a prefix of several segments.",
        |context| below(context, "/a/b/c", everything),
    )
    .needing(PROXY),
];

/// Runs an experiment on the server as a proxy shows it below `prefix`.
fn below(context: &Context, prefix: &str, experiment: fn(&Context) -> Outcome) -> Outcome {
    let (_nginx, view) = behind(context, prefix, Host::Server)?;
    experiment(&view)
}

fn list(context: &Context) -> Outcome {
    check_answer(context, "/greetings")?;
    Ok(Verdict::Conforms)
}

fn items(context: &Context) -> Outcome {
    check_answer(context, &absent(context))?;
    check_answer(context, "/greetings/_")?;
    each(context)
}

/// That there is no redirect at all is for another case to say.
fn redirect(context: &Context) -> Outcome {
    let status = context.get("/")?.status;
    if !(300..400).contains(&status) {
        let why = format!("GET / is {status}, no redirect");
        return Ok(Verdict::NotApplicable(why));
    }
    root_redirects(context)
}

fn everything(context: &Context) -> Outcome {
    for experiment in [list, items, page, assets, servers, root_redirects] {
        let verdict = experiment(context)?;
        if verdict != Verdict::Conforms {
            return Ok(verdict);
        }
    }
    Ok(Verdict::Conforms)
}
