//! The guide's application on actix-web. Its topics are marked, and cut out for the pages.

use std::{
    future::{Future, Ready, ready},
    io,
    net::TcpListener,
    pin::Pin,
};

use actix_cors::Cors;
use actix_files::Files;
use actix_web::{
    App, FromRequest, HttpRequest, HttpResponse, HttpServer, Responder, ResponseError,
    body::MessageBody,
    dev::{Payload, ServiceFactory, ServiceRequest, ServiceResponse},
    get,
    http::{StatusCode, header},
    post, rt,
    web::{self, Bytes, Data, Json, Path},
};
use actix_web_httpauth::extractors::bearer::BearerAuth;
use actix_ws::Message;
use parking_lot::Mutex;
use quartet_guide_shared::{self as shared, Invalid};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use utoipa::{
    IntoParams, Modify, OpenApi, ToSchema,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_actix_web::AppExt as _;
use validator::Validate;

// [route]
#[derive(Serialize, ToSchema)]
struct Hello {
    message: &'static str,
}

#[utoipa::path(responses((status = 200, body = Hello)))]
#[get("/hello")]
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
    params(("number" = i64, Path, minimum = 1, maximum = 1000)),
    responses((status = 200, body = Square), (status = 422, body = Invalid))
)]
#[get("/squares/{number}")]
async fn get_square(number: Path<String>) -> Result<Json<Square>, Error> {
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
    params(Search),
    responses((status = 200, body = Search), (status = 422, body = Invalid))
)]
#[get("/search")]
async fn search(ValidQuery(search): ValidQuery<Search>) -> Json<Search> {
    Json(search)
}

struct ValidQuery<T>(T);

impl<T: DeserializeOwned + Validate> FromRequest for ValidQuery<T> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = shared::query(Some(request.query_string()));
        ready(query.map(Self).map_err(Error::Invalid))
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
    request_body = Greeting,
    responses((status = 201, body = Greeting), (status = 422, body = Invalid))
)]
#[post("/greetings")]
async fn create(store: Data<Store>, ValidJson(greeting): ValidJson<Greeting>) -> HttpResponse {
    store.greetings.lock().push(greeting.clone());
    HttpResponse::Created().json(greeting)
}

struct ValidJson<T>(T);

impl<T: DeserializeOwned + Validate> FromRequest for ValidJson<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(request, payload);
        Box::pin(async {
            let value = shared::body(&body.await?).map_err(Error::Invalid)?;
            Ok(Self(value))
        })
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

impl FromRequest for Language {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(header::ACCEPT_LANGUAGE);
        let languages = header.and_then(|value| value.to_str().ok());
        let first = languages.and_then(|text| text.split(',').next());
        ready(Ok(Self(first.unwrap_or("en").to_owned())))
    }
}

#[derive(Serialize, ToSchema)]
struct Count {
    lang: String,
    count: usize,
}

#[utoipa::path(responses((status = 200, body = Count)))]
#[get("/count")]
async fn get_count(store: Data<Store>, Language(lang): Language) -> Json<Count> {
    let count = store.greetings.lock().len();
    Json(Count { lang, count })
}
// [/state]

// [error]
#[derive(Debug)]
enum Error {
    Invalid(Invalid),
    Status(StatusCode, String),
    Unauthorized(&'static str),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status_code())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Status(status, _) => *status,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Invalid(errors) => response.json(errors),
            Self::Status(_, detail) => response.json(json!({"detail": detail})),
            Self::Unauthorized(detail) => response
                .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
                .json(json!({"detail": detail})),
        }
    }
}

impl From<Invalid> for Error {
    fn from(errors: Invalid) -> Self {
        Self::Invalid(errors)
    }
}

#[utoipa::path(
    params(("id" = i64, Path)),
    responses((status = 200, body = Greeting), (status = 404), (status = 422, body = Invalid))
)]
#[get("/greetings/{id}")]
async fn get_greeting(store: Data<Store>, id: Path<String>) -> Result<Json<Greeting>, Error> {
    let id = shared::integer("id", &id, i64::MIN..=i64::MAX)?;
    let found = store.get(id).map(Json);
    found.ok_or_else(|| Error::Status(StatusCode::NOT_FOUND, format!("no greeting {id}")))
}

async fn not_found() -> Result<HttpResponse, Error> {
    Err(Error::Status(StatusCode::NOT_FOUND, "Not Found".to_owned()))
}
// [/error]

// [auth]
struct User(&'static str);

impl FromRequest for User {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bearer = BearerAuth::from_request(request, payload).into_inner();
        ready(match bearer {
            Ok(bearer) if bearer.token().as_bytes().ct_eq(b"secret").into() => Ok(Self("ada")),
            Ok(_) => Err(Error::Unauthorized("Invalid token")),
            Err(_) => Err(Error::Unauthorized("Not authenticated")),
        })
    }
}

#[derive(Serialize, ToSchema)]
struct Me {
    user: &'static str,
}

#[utoipa::path(security(("HTTPBearer" = [])), responses((status = 200, body = Me)))]
#[get("/me")]
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
    params(Notification),
    responses((status = 202, body = Queued), (status = 422, body = Invalid))
)]
#[post("/notify")]
async fn notify(
    store: Data<Store>,
    ValidQuery(notification): ValidQuery<Notification>,
) -> HttpResponse {
    rt::spawn(async move { store.sent.lock().push(notification.to) });
    HttpResponse::Accepted().json(Queued { queued: true })
}

#[utoipa::path(responses((status = 200, body = Vec<String>)))]
#[get("/sent")]
async fn list_sent(store: Data<Store>) -> Json<Vec<String>> {
    Json(store.sent.lock().clone())
}
// [/background]

// [websocket]
async fn echo(request: HttpRequest, body: web::Payload) -> actix_web::Result<impl Responder> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    rt::spawn(async move {
        while let Some(Ok(message)) = messages.recv().await {
            let sent = match message {
                Message::Text(text) => session.text(format!("echo: {text}")).await,
                Message::Ping(bytes) => session.pong(&bytes).await,
                _ => break,
            };
            if sent.is_err() {
                return;
            }
        }
        // The other side may have gone.
        let _ = session.close(None).await;
    });
    Ok(response)
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

fn app(
    store: Data<Store>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let (app, document) = App::new()
        .into_utoipa_app()
        .openapi(Document::openapi())
        .service(hello)
        .service(get_square)
        .service(search)
        .service(create)
        .service(get_count)
        .service(get_greeting)
        .service(me)
        .service(notify)
        .service(list_sent)
        .split_for_parts();
    let document = web::get().to(move || ready(Json(document.clone())));
    let app = app.route("/openapi.json", document);
    // [/openapi]
    app
        // [state]
        .app_data(store)
        // [/state]
        // [websocket]
        .route("/ws", web::get().to(echo))
        // [/websocket]
        // [static]
        .service(Files::new("/static", STATIC))
        // [/static]
        // [error]
        .default_service(web::to(not_found))
        // [/error]
        // [cors]
        .wrap(
            Cors::default()
                .allowed_origin("https://app.example")
                .allowed_methods(["GET", "POST"])
                .allowed_header(header::CONTENT_TYPE),
        )
    // [/cors]
}

const STATIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../static");

// [deployment]
/// Serves the application until SIGINT or SIGTERM, then finishes what has begun.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let store = Data::new(Store::with_one_greeting());
    HttpServer::new(move || app(store.clone()))
        .listen(listener)?
        .run()
        .await
}
// [/deployment]

#[cfg(test)]
mod tests {
    // [test]
    use actix_web::{
        test::{TestRequest, call_and_read_body, init_service},
        web::Data,
    };

    #[actix_web::test]
    async fn says_hello() {
        let app = init_service(super::app(Data::default())).await;
        let request = TestRequest::get().uri("/hello").to_request();
        let body = call_and_read_body(&app, request).await;
        assert_eq!(body, r#"{"message":"hello"}"#);
    }
    // [/test]
}
