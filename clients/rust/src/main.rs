//! Asks a greetings server through a generated client for the list, one greeting, one that there is
//! not, a malformed language, and with a key: `greetings-client BASE [KEY]`.

use std::error::Error;

use futures_util::TryStreamExt as _;
use greetings::{ByteStream, Client, types};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

mod greetings {
    // The document is printed by `--print-openapi 3.0`: progenitor refuses 3.1.
    progenitor::generate_api!("openapi.json");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let base = arguments.next().ok_or("greetings-client BASE [KEY]")?;
    let key = arguments.next();
    let api = client(&base, key.as_deref())?;

    let list = api.greetings_greetings_get().await?.into_inner();
    let en = list.iter().find(|greeting| greeting.lang == "en");
    assert_eq!(en.map(|greeting| greeting.text.as_str()), Some("Hello"));
    let one = api.greeting_greetings_lang_get(&"en".parse()?).await?;
    assert_eq!(one.into_inner().text, "Hello");

    // The document's pattern is the type's: a malformed language is never sent.
    assert!("_".parse::<types::GreetingGreetingsLangGetLang>().is_err());
    let absent = api.greeting_greetings_lang_get(&"tlh".parse()?).await;
    let problem = problem(absent).await?;
    assert_eq!(problem.status, 404);
    println!("404: {}", problem.detail);

    if key.is_some() {
        let refused = client(&base, None)?.greetings_greetings_get().await;
        let status = refused.err().and_then(|error| error.status());
        assert_eq!(status.map(|status| status.as_u16()), Some(401));
    }
    Ok(())
}

/// A client that sends the key with every request: progenitor leaves security schemes to its caller.
fn client(base: &str, key: Option<&str>) -> Result<Client, Box<dyn Error>> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Key {key}"))?);
    }
    let client = reqwest::Client::builder()
        .default_headers(headers)
        .build()?;
    Ok(Client::new_with_client(base, client))
}

/// The problem that a request was refused with. progenitor reads `application/json` alone, and
/// hands over a content of type `application/problem+json` as it came.
async fn problem<T>(
    answer: Result<T, greetings::Error<ByteStream>>,
) -> Result<types::Problem, Box<dyn Error>> {
    match answer {
        Err(greetings::Error::ErrorResponse(response)) => {
            let chunks: Vec<_> = response.into_inner().into_inner().try_collect().await?;
            Ok(serde_json::from_slice(&chunks.concat())?)
        }
        Err(other) => Err(other.into()),
        Ok(_) => Err("it was not refused".into()),
    }
}
