//! The guide's application on axum. Its topics are marked, and cut out for the pages.

#![allow(missing_docs, reason = "the pages say what each part is")]

use std::{convert::Infallible, io, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, State, WebSocketUpgrade, ws::Message},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use axum_extra::{
    TypedHeader,
    headers::{Authorization, authorization::Bearer},
};
use parking_lot::Mutex;
use quartet_guide_shared::{self as shared, Invalid};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tower_http::{cors::CorsLayer, services::ServeDir};
use utoipa::{
    IntoParams, Modify, OpenApi, ToSchema,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use validator::Validate;

// [route]
#[derive(Serialize, ToSchema)]
struct Hello {
    message: &'static str,
}

#[utoipa::path(get, path = "/hello", responses((status = 200, body = Hello)))]
async fn hello() -> Json<Hello> {
    Json(Hello { message: "hello" })
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
async fn get_square(Path(number): Path<String>) -> Result<Json<Square>, Error> {
    let number = shared::integer("number", &number, 1..=1000)?;
    let square = number * number;
    Ok(Json(Square { number, square }))
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
async fn search(ValidQuery(search): ValidQuery<Search>) -> Json<Search> {
    Json(search)
}

struct ValidQuery<T>(T);

impl<T: DeserializeOwned + Validate, S: Sync> FromRequestParts<S> for ValidQuery<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(Self(shared::query(parts.uri.query())?))
    }
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
async fn create(
    State(store): State<Arc<Store>>,
    ValidJson(greeting): ValidJson<Greeting>,
) -> (StatusCode, Json<Greeting>) {
    store.greetings.lock().push(greeting.clone());
    (StatusCode::CREATED, Json(greeting))
}

struct ValidJson<T>(T);

impl<T: DeserializeOwned + Validate, S: Send + Sync> FromRequest<S> for ValidJson<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let body = Bytes::from_request(request, state).await;
        let body =
            body.map_err(|rejection| Error::Status(rejection.status(), rejection.body_text()))?;
        Ok(Self(shared::body(&body)?))
    }
}
// [/body]

// [state]
#[derive(Default)]
struct Store {
    greetings: Mutex<Vec<Greeting>>,
    sent: Mutex<Vec<String>>,
}

struct Language(String);

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(header::ACCEPT_LANGUAGE);
        let languages = header.and_then(|value| value.to_str().ok());
        let first = languages.and_then(|text| text.split(',').next());
        Ok(Self(first.unwrap_or("en").to_owned()))
    }
}

#[derive(Serialize, ToSchema)]
struct Count {
    lang: String,
    count: usize,
}

#[utoipa::path(get, path = "/count", responses((status = 200, body = Count)))]
async fn get_count(State(store): State<Arc<Store>>, Language(lang): Language) -> Json<Count> {
    let count = store.greetings.lock().len();
    Json(Count { lang, count })
}
// [/state]

// [error]
enum Error {
    Invalid(Invalid),
    Status(StatusCode, String),
    Unauthorized(&'static str),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Invalid(errors) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Json(errors)).into_response()
            }
            Self::Status(status, detail) => {
                (status, Json(json!({"detail": detail}))).into_response()
            }
            Self::Unauthorized(detail) => {
                let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
                let body = Json(json!({"detail": detail}));
                (StatusCode::UNAUTHORIZED, challenge, body).into_response()
            }
        }
    }
}

impl From<Invalid> for Error {
    fn from(errors: Invalid) -> Self {
        Self::Invalid(errors)
    }
}

#[utoipa::path(
    get, path = "/greetings/{id}",
    params(("id" = i64, Path)),
    responses((status = 200, body = Greeting), (status = 404), (status = 422, body = Invalid))
)]
async fn get_greeting(
    State(store): State<Arc<Store>>,
    Path(id): Path<String>,
) -> Result<Json<Greeting>, Error> {
    let id = shared::integer("id", &id, i64::MIN..=i64::MAX)?;
    let found = store.get(id);
    found
        .map(Json)
        .ok_or_else(|| Error::Status(StatusCode::NOT_FOUND, format!("no greeting {id}")))
}
// [/error]

// [auth]
struct User(&'static str);

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let TypedHeader(Authorization(token)) =
            TypedHeader::<Authorization<Bearer>>::from_request_parts(parts, state)
                .await
                .map_err(|_| Error::Unauthorized("Not authenticated"))?;
        if token.token().as_bytes().ct_eq(b"secret").into() {
            Ok(Self("ada"))
        } else {
            Err(Error::Unauthorized("Invalid token"))
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Me {
    user: &'static str,
}

#[utoipa::path(
    get, path = "/me", security(("HTTPBearer" = [])), responses((status = 200, body = Me))
)]
async fn me(User(user): User) -> Json<Me> {
    Json(Me { user })
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
async fn notify(
    State(store): State<Arc<Store>>,
    ValidQuery(notification): ValidQuery<Notification>,
) -> (StatusCode, Json<Queued>) {
    tokio::spawn(async move { store.sent.lock().push(notification.to) });
    (StatusCode::ACCEPTED, Json(Queued { queued: true }))
}

#[utoipa::path(get, path = "/sent", responses((status = 200, body = Vec<String>)))]
async fn list_sent(State(store): State<Arc<Store>>) -> Json<Vec<String>> {
    Json(store.sent.lock().clone())
}
// [/background]

// [websocket]
async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| {
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            let reply = Message::text(format!("echo: {text}"));
            if socket.send(reply).await.is_err() {
                break;
            }
        }
    })
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
#[openapi(info(title = "Greetings", version = "1.0.0"), modifiers(&BearerScheme))]
struct Document;

struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("HTTPBearer", scheme);
    }
}

/// The application.
pub fn app() -> Router {
    let store = Arc::new(Store::with_one_greeting());
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(hello))
        .routes(routes!(get_square))
        .routes(routes!(search))
        .routes(routes!(create))
        .routes(routes!(get_count))
        .routes(routes!(get_greeting))
        .routes(routes!(me))
        .routes(routes!(notify))
        .routes(routes!(list_sent))
        .split_for_parts();
    let router = router.route("/openapi.json", get(async || Json(document)));
    // [/openapi]
    router
        // [websocket]
        .route("/ws", get(echo))
        // [/websocket]
        // [static]
        .nest_service("/static", ServeDir::new(STATIC))
        // [/static]
        // [error]
        .fallback(async || Error::Status(StatusCode::NOT_FOUND, "Not Found".to_owned()))
        .method_not_allowed_fallback(async || {
            Error::Status(
                StatusCode::METHOD_NOT_ALLOWED,
                "Method Not Allowed".to_owned(),
            )
        })
        // [/error]
        // [cors]
        .layer(
            CorsLayer::new()
                .allow_origin([HeaderValue::from_static("https://app.example")])
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([header::CONTENT_TYPE]),
        )
        // [/cors]
        // [state]
        .with_state(store)
    // [/state]
}

const STATIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../static");

// [deployment]
/// Serves the application until Ctrl-C, then finishes what has begun.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, app())
        .with_graceful_shutdown(stop)
        .await
}
// [/deployment]

#[cfg(test)]
mod tests {
    // [test]
    use axum::{
        body::Body,
        http::{Request, StatusCode},
    };
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn says_hello() {
        let request = Request::get("/hello").body(Body::empty()).unwrap();
        let response = super::app().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, r#"{"message":"hello"}"#);
    }
    // [/test]
}
