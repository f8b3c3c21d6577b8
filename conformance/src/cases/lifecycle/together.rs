//! What a process is told together: each thing holds as where it is told alone.

use std::time::Duration;

use super::{CONTRACT, refusal};
use crate::cases::docs::mode;
use crate::cases::processes::{scratch_file, start};
use crate::cases::steps::{ask, name};
use crate::http::Request;
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Model, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/told-together",
        CONTRACT,
        "Data, keys, the public place and a limit that are configured together each work as when \
         configured alone. Every configured greeting needs the key. The document, served and \
         printed, has both the key and the place.",
        told_together,
    )
    .needing(&[
        Need::Process,
        Need::DataFile,
        Need::ApiKey,
        Need::RootPath,
        Need::PublicUrl,
        Need::PrintOpenApi,
        Need::RequestLineLimit,
    ])
    .within(Duration::from_secs(60)),
    Case::must(
        "lifecycle/files-gone",
        CONTRACT,
        "The files of greetings and keys are read at the start. Removing them later does not \
         change responses.",
        files_gone,
    )
    .needing(&[Need::Process, Need::DataFile, Need::ApiKey])
    .within(Duration::from_secs(60)),
];

const DATA: &str = r#"{"en": "Hello", "Q9": "told", "sr-Latn-RS": "Zdravo", "q": "one letter"}"#;

const KEYS: [&str; 2] = ["first-of-two-keys", "second-of-two-keys"];

/// Octets of the longest request line.
const LONGEST: usize = 700;

fn told_together(context: &Context) -> Outcome {
    let data = scratch_file(context, DATA.as_bytes())?;
    let keys = scratch_file(context, KEYS.join("\n").as_bytes())?;
    for (place, server, location) in [
        (Setting::RootPath("/p/q"), "/p/q", "/p/q/docs"),
        (
            Setting::PublicUrl("https://api.example:8443/p/q"),
            "https://api.example:8443/p/q",
            "/p/q/docs",
        ),
    ] {
        let settings = [
            Setting::DataFile(data.path()),
            Setting::KeyFile(keys.path()),
            place,
            Setting::RequestLineLimit(LONGEST),
        ];
        let (_process, view) = start(context, &settings)?;
        asks_for_a_key(&view)?;
        for key in KEYS {
            mode::demands_the_key(&view, key)?;
        }
        let redirect = view.get("/")?;
        let given = redirect.header("location").unwrap_or_default();
        ensure!(
            given == location,
            "told {server} and keys, GET / leads to {given:?}, not {location}"
        );
        let url = view.description()?.root["servers"][0]["url"].clone();
        ensure!(
            url == server,
            "told {server} and keys, the document's server is {url}"
        );
        let long = Request::get(format!("/greetings?{}", "x".repeat(LONGEST)));
        let status = view.send(long)?.status;
        // As where the limit is told alone. 401 is what there would be without one.
        ensure!(
            matches!(status, 400 | 414 | 431),
            "a request line longer than it was told is {status}, not 414"
        );
        prints_what_it_serves(context, &view, &settings)?;
    }
    Ok(Verdict::Conforms)
}

/// Checks that the data that was told is served with a key, and with none nothing of it.
fn asks_for_a_key(view: &Context) -> Result<(), Deviation> {
    let model = Model::from_json(DATA).map_err(|error| view.obstructed(error))?;
    let langs = model.greetings().keys().map(String::as_str);
    // The last two are not there, one of which is by default.
    let paths = langs.chain(["es", "tlh"]);
    let paths = paths.map(|lang| format!("/greetings/{lang}"));
    for path in paths.chain(["/greetings".to_owned()]) {
        for method in ["GET", "HEAD"] {
            let request = Request::new(method, path.as_str());
            let what = name(&request);
            let status = ask(view, request.clone())?.status;
            ensure!(
                status == 401,
                "{what} without a key is {status}, not 401, of a server told data and keys"
            );
            for key in KEYS {
                let with_key = request
                    .clone()
                    .header("Authorization", format!("Key {key}"));
                let response = ask(view, with_key)?;
                let checked = model.answer(method, &path).check(&response);
                checked.map_err(|why| Deviation(format!("{what} with a key: {why}")))?;
            }
        }
    }
    Ok(())
}

fn prints_what_it_serves(
    context: &Context,
    view: &Context,
    settings: &[Setting<'_>],
) -> Result<(), Deviation> {
    let served = view.get("/openapi.json")?.body;
    let options = context.options(&[settings, &[Setting::PrintOpenApi]].concat())?;
    let ended = refusal::run(context, options, "everything told together")?;
    ensure!(
        ended.stdout.as_bytes() == served,
        "told everything together, the document printed is not the one served ({} octets, {} \
         served)",
        ended.stdout.len(),
        served.len()
    );
    Ok(())
}

fn files_gone(context: &Context) -> Outcome {
    let data = scratch_file(context, DATA.as_bytes())?;
    let keys = scratch_file(context, KEYS.join("\n").as_bytes())?;
    let settings = [
        Setting::DataFile(data.path()),
        Setting::KeyFile(keys.path()),
    ];
    let (_process, view) = start(context, &settings)?;
    let removed = [data.path().to_owned(), keys.path().to_owned()];
    drop((data, keys));
    if let Some(left) = removed.iter().find(|file| file.exists()) {
        return Err(context.obstructed(format!("cannot remove {}", left.display())));
    }
    asks_for_a_key(&view)
        .map_err(|why| Deviation(format!("once the files that it was told are gone, {why}")))?;
    Ok(Verdict::Conforms)
}
