//! Other paths, queries, and what every error looks like.

use super::{CONTRACT, EXAMPLE};
use crate::cases::docs::page;
use crate::cases::steps::{absent, item, known_paths, name};
use crate::http::Request;
use crate::json::check_unique_names;
use crate::model::check_problem;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "contract/extra-segment",
        EXAMPLE,
        "A path with a further segment after the lang is 404.",
        extra_segment,
    ),
    Case::must(
        "contract/unknown-query",
        EXAMPLE,
        "An unknown query parameter has no effect.",
        unknown_query,
    ),
    Case::must(
        "contract/unknown-path",
        CONTRACT,
        "An unknown path is 404, with a problem.",
        unknown_path,
    ),
    Case::must(
        "contract/exact-paths",
        CONTRACT,
        "A path with an extra slash, in another case, or with a changed ending is 404, like any \
         unknown path.",
        exact_paths,
    )
    .needing(&[Need::Model]),
    Case::must(
        "contract/problem-shape",
        "RFC 9457 §3.1, the contract",
        "Every error is application/problem+json with type, title, status and detail; its status \
         equals the status line's.",
        problem_shape,
    ),
];

fn extra_segment(context: &Context) -> Outcome {
    let item = item(context);
    for path in [
        format!("{item}/x"),
        format!("{item}/x/y"),
        format!("{item}/{}", "en"),
    ] {
        let response = context.get(&path)?;
        ensure!(response.status == 404, "GET {path} is {}", response.status);
    }
    Ok(Verdict::Conforms)
}

fn unknown_query(context: &Context) -> Outcome {
    for path in ["/greetings", &item(context)] {
        let plain = context.get(path)?;
        ensure!(plain.status == 200, "GET {path} is {}", plain.status);
        for query in ["?", "?x=1", "?lang=es&lang=zh", "?%00&a[]=%FF", "?/?x"] {
            let response = context.get(&format!("{path}{query}"))?;
            ensure!(
                response.status == 200,
                "GET {path}{query} is {}",
                response.status
            );
            ensure!(
                response.body == plain.body,
                "the content of GET {path}{query} differs from that of GET {path}"
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn unknown_path(context: &Context) -> Outcome {
    for path in [
        "/nope",
        "/nope/deeper?x",
        "/greetingsx",
        "/GREETINGS",
        "/healthz/x",
        "/docs.html",
    ] {
        let named = |why| Deviation(format!("GET {path}: {why}"));
        let response = context.get(path).map_err(named)?;
        let expected = context.model().answer("GET", path);
        expected.check(&response).map_err(named)?;
    }
    Ok(Verdict::Conforms)
}

fn exact_paths(context: &Context) -> Outcome {
    let mut paths = known_paths(context).to_vec();
    paths.extend(page::parts(context));
    paths.retain(|path| path != "/");
    for path in paths {
        for changed in [
            format!("{path}/"),
            format!("/{path}"),
            path.replacen('/', "//", 2),
            format!("{path}x/x"),
            // A greeting's lang in another case is another case's matter.
            match (path.starts_with("/greetings/"), path.strip_prefix("/docs/")) {
                (true, _) => path.replacen("/greetings", "/Greetings", 1),
                (_, Some(part)) => format!("/docs/{}", part.to_ascii_uppercase()),
                _ => path.to_ascii_uppercase(),
            },
            format!("{}%2F", path.replace('.', "%252E").replace('-', "%252D")),
            match path.contains('.') {
                true => path.replace('.', "%252E"),
                false => format!("{path}%2520"),
            },
        ] {
            // The lang may be refused for its shape first.
            let is_lang = path.starts_with("/greetings/") && changed.contains("%25");
            let is_lang = is_lang || changed.starts_with("/greetings/") && changed.contains("%2F");
            let named = |why| Deviation(format!("GET {changed}: {why}"));
            let response = context.get(&changed).map_err(named)?;
            ensure!(
                response.status == 404 || is_lang && matches!(response.status, 400 | 422),
                "GET {changed} is {}, not 404",
                response.status
            );
            check_problem(&response).map_err(named)?;
        }
    }
    Ok(Verdict::Conforms)
}

fn problem_shape(context: &Context) -> Outcome {
    let requests = [
        (404, Request::get("/nope")),
        (404, Request::get(absent(context))),
        (422, Request::get("/greetings/_")),
        (405, Request::new("POST", "/greetings").content("")),
        (405, Request::new("DELETE", item(context))),
        (404, Request::get("/docs/no-such-file")),
    ];
    for (status, request) in requests {
        let name = name(&request);
        let named = |why: Deviation| Deviation(format!("{name}: {why}"));
        let response = context.send(request).map_err(named)?;
        ensure!(
            response.status == status,
            "{name}: the status is {}, not {status}",
            response.status
        );
        check_problem(&response).map_err(named)?;
        check_unique_names(&response.body)
            .map_err(|error| Deviation(format!("{name}: {error}")))?;
    }
    Ok(Verdict::Conforms)
}
