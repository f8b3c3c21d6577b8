//! The guide's application on warp. Its topics are marked, and cut out for the pages.

use std::{io, sync::Arc};

use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use quartet_guide_shared::{self as shared, Invalid};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use utoipa::{
    IntoParams, Modify, OpenApi, ToSchema,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use validator::Validate;
use warp::{
    Filter, Rejection, Reply,
    http::{StatusCode, header},
    hyper::body::Bytes,
    reject::{MethodNotAllowed, Reject},
    reply,
    ws::{Message, WebSocket, Ws},
};

// [route]
#[derive(Serialize, ToSchema)]
struct Hello {
    message: &'static str,
}

#[utoipa::path(get, path = "/hello", responses((status = 200, body = Hello)))]
fn hello() -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    warp::path!("hello")
        .and(warp::get())
        .map(|| reply::json(&Hello { message: "hello" }))
}
// [/route]

// [path]
#[derive(Serialize, ToSchema)]
struct Square {
    number: i64,
    square: i64,
}

#[utoipa::path(
    get, path = "/squares/{number}",
    params(("number" = i64, Path, minimum = 1, maximum = 1000)),
    responses((status = 200, body = Square), (status = 422, body = Invalid))
)]
async fn get_square(number: String) -> Result<impl Reply, Rejection> {
    let number = shared::integer("number", &number, 1..=1000).map_err(Error::Invalid)?;
    let square = number * number;
    Ok(reply::json(&Square { number, square }))
}
// [/path]

// [query]
#[derive(Serialize, Deserialize, Validate, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
struct Search {
    q: String,
    #[serde(default = "ten")]
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: i64,
}

fn ten() -> i64 {
    10
}

#[utoipa::path(
    get, path = "/search", params(Search),
    responses((status = 200, body = Search), (status = 422, body = Invalid))
)]
fn search(search: Search) -> impl Reply {
    reply::json(&search)
}

fn valid_query<T: DeserializeOwned + Validate + Send>()
-> impl Filter<Extract = (T,), Error = Rejection> + Copy {
    let none = warp::any().map(String::new);
    let query = warp::query::raw().or(none).unify();
    query.and_then(async |query: String| {
        shared::query(Some(&query)).map_err(|errors| Rejection::from(Error::Invalid(errors)))
    })
}
// [/query]

// [body]
#[derive(Clone, Serialize, Deserialize, Validate, ToSchema)]
struct Greeting {
    #[validate(length(min = 2, max = 8))]
    #[schema(min_length = 2, max_length = 8)]
    lang: String,
    #[validate(length(min = 1))]
    #[schema(min_length = 1)]
    text: String,
}

#[utoipa::path(
    post, path = "/greetings", request_body = Greeting,
    responses((status = 201, body = Greeting), (status = 422, body = Invalid))
)]
fn create(store: Arc<Store>, greeting: Greeting) -> impl Reply {
    let reply = reply::json(&greeting);
    store.greetings.lock().push(greeting);
    reply::with_status(reply, StatusCode::CREATED)
}

fn valid_json<T: DeserializeOwned + Validate + Send>()
-> impl Filter<Extract = (T,), Error = Rejection> + Copy {
    warp::body::bytes().and_then(async |body: Bytes| {
        shared::body(&body).map_err(|errors| Rejection::from(Error::Invalid(errors)))
    })
}
// [/body]

// [state]
#[derive(Default)]
struct Store {
    greetings: Mutex<Vec<Greeting>>,
    sent: Mutex<Vec<String>>,
}

fn language() -> impl Filter<Extract = (String,), Error = Rejection> + Copy {
    warp::header::optional("accept-language").map(|languages: Option<String>| {
        let languages = languages.as_deref().unwrap_or("en");
        languages.split(',').next().unwrap_or_default().to_owned()
    })
}

#[derive(Serialize, ToSchema)]
struct Count {
    lang: String,
    count: usize,
}

#[utoipa::path(get, path = "/count", responses((status = 200, body = Count)))]
fn get_count(store: Arc<Store>, lang: String) -> impl Reply {
    let count = store.greetings.lock().len();
    reply::json(&Count { lang, count })
}
// [/state]

// [error]
#[derive(Debug)]
enum Error {
    Invalid(Invalid),
    NotFound(String),
    Unauthorized(&'static str),
}

impl Reject for Error {}

async fn recover(rejection: Rejection) -> Result<impl Reply, Rejection> {
    let (status, body) = match rejection.find() {
        Some(Error::Invalid(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, json!(errors)),
        Some(Error::NotFound(detail)) => (StatusCode::NOT_FOUND, json!({"detail": detail})),
        Some(Error::Unauthorized(detail)) => (StatusCode::UNAUTHORIZED, json!({"detail": detail})),
        None if rejection.is_not_found() => (StatusCode::NOT_FOUND, json!({"detail": "Not Found"})),
        None if rejection.find::<MethodNotAllowed>().is_some() => {
            let detail = json!({"detail": "Method Not Allowed"});
            (StatusCode::METHOD_NOT_ALLOWED, detail)
        }
        None => return Err(rejection),
    };
    let mut response = reply::with_status(reply::json(&body), status).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let challenge = header::HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    Ok(response)
}

#[utoipa::path(
    get, path = "/greetings/{id}",
    params(("id" = i64, Path)),
    responses((status = 200, body = Greeting), (status = 404), (status = 422, body = Invalid))
)]
async fn get_greeting(id: String, store: Arc<Store>) -> Result<impl Reply, Rejection> {
    let id = shared::integer("id", &id, i64::MIN..=i64::MAX).map_err(Error::Invalid)?;
    let found = store.get(id);
    let greeting = found.ok_or_else(|| Error::NotFound(format!("no greeting {id}")))?;
    Ok(reply::json(&greeting))
}
// [/error]

// [auth]
fn user() -> impl Filter<Extract = (&'static str,), Error = Rejection> + Copy {
    warp::header::optional("authorization").and_then(async |header: Option<String>| {
        let token = header
            .as_deref()
            .and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if token.as_bytes().ct_eq(b"secret").into() => Ok("ada"),
            Some(_) => Err(Rejection::from(Error::Unauthorized("Invalid token"))),
            None => Err(Error::Unauthorized("Not authenticated").into()),
        }
    })
}

#[derive(Serialize, ToSchema)]
struct Me {
    user: &'static str,
}

#[utoipa::path(
    get, path = "/me", security(("HTTPBearer" = [])), responses((status = 200, body = Me))
)]
fn me(user: &'static str) -> impl Reply {
    reply::json(&Me { user })
}
// [/auth]

// [background]
#[derive(Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct Notification {
    to: String,
}

#[derive(Serialize, ToSchema)]
struct Queued {
    queued: bool,
}

#[utoipa::path(
    post, path = "/notify", params(Notification),
    responses((status = 202, body = Queued), (status = 422, body = Invalid))
)]
fn notify(store: Arc<Store>, notification: Notification) -> impl Reply {
    tokio::spawn(async move { store.sent.lock().push(notification.to) });
    reply::with_status(reply::json(&Queued { queued: true }), StatusCode::ACCEPTED)
}

#[utoipa::path(get, path = "/sent", responses((status = 200, body = Vec<String>)))]
fn list_sent(store: Arc<Store>) -> impl Reply {
    reply::json(&*store.sent.lock())
}
// [/background]

// [websocket]
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.next().await {
        let Ok(text) = message.to_str() else { continue };
        let reply = Message::text(format!("echo: {text}"));
        if socket.send(reply).await.is_err() {
            break;
        }
    }
}
// [/websocket]

impl Store {
    fn with_one_greeting() -> Self {
        let greeting = Greeting {
            lang: "en".to_owned(),
            text: "hello".to_owned(),
        };
        Self {
            greetings: Mutex::new(vec![greeting]),
            ..Self::default()
        }
    }

    fn get(&self, id: i64) -> Option<Greeting> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        self.greetings.lock().get(index).cloned()
    }
}

// [openapi]
#[derive(OpenApi)]
#[openapi(
    info(title = "Greetings", version = "1.0.0"),
    paths(
        hello, get_square, search, create, get_count, get_greeting, me, notify, list_sent
    ),
    modifiers(&BearerScheme)
)]
struct Document;

struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("HTTPBearer", scheme);
    }
}
// [/openapi]

/// The application.
pub fn app() -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    // [state]
    let store = Arc::new(Store::with_one_greeting());
    let store = warp::any().map(move || store.clone());
    let count = warp::path!("count")
        .and(warp::get())
        .and(store.clone())
        .and(language())
        .map(get_count);
    // [/state]
    // [path]
    let square = warp::path!("squares" / String)
        .and(warp::get())
        .and_then(get_square);
    // [/path]
    // [query]
    let search = warp::path!("search")
        .and(warp::get())
        .and(valid_query())
        .map(search);
    // [/query]
    // [body]
    let create = warp::path!("greetings")
        .and(warp::post())
        .and(store.clone())
        .and(valid_json())
        .map(create);
    // [/body]
    // [error]
    let greeting = warp::path!("greetings" / String)
        .and(warp::get())
        .and(store.clone())
        .and_then(get_greeting);
    // [/error]
    // [auth]
    let me = warp::path!("me").and(warp::get()).and(user()).map(me);
    // [/auth]
    // [background]
    let notify = warp::path!("notify")
        .and(warp::post())
        .and(store.clone())
        .and(valid_query())
        .map(notify);
    let sent = warp::path!("sent")
        .and(warp::get())
        .and(store)
        .map(list_sent);
    // [/background]
    // [openapi]
    let document = Document::openapi();
    let openapi = warp::path!("openapi.json")
        .and(warp::get())
        .map(move || reply::json(&document));
    // [/openapi]
    // [websocket]
    let echo = warp::path!("ws")
        .and(warp::ws())
        .map(|upgrade: Ws| upgrade.on_upgrade(echo));
    // [/websocket]
    // [static]
    let files = warp::path("static").and(warp::fs::dir(STATIC));
    // [/static]
    // [cors]
    let cors = warp::cors()
        .allow_origin("https://app.example")
        .allow_methods(["GET", "POST"])
        .allow_header("content-type");
    // [/cors]
    let data = hello()
        .or(square)
        .or(search)
        .or(create)
        .or(count)
        .or(greeting);
    let others = me.or(notify).or(sent).or(openapi).or(echo).or(files);
    data.or(others).recover(recover).with(cors)
}

const STATIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../static");

// [deployment]
/// Serves the application until Ctrl-C, then finishes what has begun.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    warp::serve(app())
        .incoming(listener)
        .graceful(stop)
        .run()
        .await;
    Ok(())
}
// [/deployment]

#[cfg(test)]
mod tests {
    // [test]
    #[tokio::test]
    async fn says_hello() {
        let response = warp::test::request()
            .path("/hello")
            .reply(&super::app())
            .await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.body(), r#"{"message":"hello"}"#);
    }
    // [/test]
}
