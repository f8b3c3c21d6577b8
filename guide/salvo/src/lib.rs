//! The guide's application on salvo. Its topics are marked, and cut out for the pages.

use std::{io, sync::Arc};

use parking_lot::Mutex;
use quartet_guide_shared::{self as shared, Invalid};
use salvo::{
    catcher::Catcher,
    conn::tcp::TcpAcceptor,
    cors::Cors,
    http::{Method, ParseError, StatusCode, header},
    oapi::{
        Components, Content, Operation, Response as Documented, SecurityScheme,
        security::{Http, HttpAuthScheme},
    },
    prelude::*,
    websocket::{Message, WebSocketUpgrade},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use validator::Validate;

// [route]
#[derive(Serialize, ToSchema)]
struct Hello {
    message: &'static str,
}

#[endpoint]
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

#[endpoint(parameters(("number" = i64, Path, minimum = 1, maximum = 1000)))]
async fn get_square(req: &mut Request) -> Result<Json<Square>, Error> {
    let number = req.param("number").unwrap_or_default();
    let number = shared::integer("number", number, 1..=1000)?;
    let square = number * number;
    Ok(Json(Square { number, square }))
}
// [/path]

// [query]
#[derive(Serialize, Deserialize, Validate, ToParameters, ToSchema)]
#[salvo(parameters(default_parameter_in = Query))]
struct Search {
    q: String,
    #[serde(default = "ten")]
    #[validate(range(min = 1, max = 100))]
    #[salvo(parameter(minimum = 1, maximum = 100, default = 10))]
    limit: i64,
}

fn ten() -> i64 {
    10
}

#[endpoint(parameters(Search))]
async fn search(req: &mut Request) -> Result<Json<Search>, Error> {
    Ok(Json(shared::query(req.uri().query())?))
}
// [/query]

// [body]
#[derive(Clone, Serialize, Deserialize, Validate, ToSchema)]
struct Greeting {
    #[validate(length(min = 2, max = 8))]
    #[salvo(schema(min_length = 2, max_length = 8))]
    lang: String,
    #[validate(length(min = 1))]
    #[salvo(schema(min_length = 1))]
    text: String,
}

#[endpoint(request_body = Greeting, responses((status_code = 201, body = Greeting)))]
async fn create(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), Error> {
    let greeting: Greeting = shared::body(req.payload().await?)?;
    store(depot)?.greetings.lock().push(greeting.clone());
    res.status_code(StatusCode::CREATED).render(Json(greeting));
    Ok(())
}
// [/body]

// [state]
#[derive(Default)]
struct Store {
    greetings: Mutex<Vec<Greeting>>,
    sent: Mutex<Vec<String>>,
}

fn store(depot: &Depot) -> Result<&Arc<Store>, Error> {
    let store = depot.get_typed();
    store.map_err(|_| Error::reason(StatusCode::INTERNAL_SERVER_ERROR))
}

fn language(req: &Request) -> String {
    let languages: &str = req.header(header::ACCEPT_LANGUAGE).unwrap_or("en");
    languages.split(',').next().unwrap_or_default().to_owned()
}

#[derive(Serialize, ToSchema)]
struct Count {
    lang: String,
    count: usize,
}

#[endpoint]
async fn get_count(req: &mut Request, depot: &mut Depot) -> Result<Json<Count>, Error> {
    let lang = language(req);
    let count = store(depot)?.greetings.lock().len();
    Ok(Json(Count { lang, count }))
}
// [/state]

// [error]
enum Error {
    Invalid(Invalid),
    Status(StatusCode, String),
    Unauthorized(&'static str),
}

impl Scribe for Error {
    fn render(self, res: &mut Response) {
        match self {
            Self::Invalid(errors) => {
                res.status_code(StatusCode::UNPROCESSABLE_ENTITY)
                    .render(Json(errors));
            }
            Self::Status(status, detail) => {
                res.status_code(status)
                    .render(Json(json!({"detail": detail})));
            }
            Self::Unauthorized(detail) => {
                let challenge = header::HeaderValue::from_static("Bearer");
                res.headers_mut()
                    .insert(header::WWW_AUTHENTICATE, challenge);
                Self::Status(StatusCode::UNAUTHORIZED, detail.to_owned()).render(res);
            }
        }
    }
}

impl Error {
    fn reason(status: StatusCode) -> Self {
        Self::Status(
            status,
            status.canonical_reason().unwrap_or_default().to_owned(),
        )
    }
}

impl From<Invalid> for Error {
    fn from(errors: Invalid) -> Self {
        Self::Invalid(errors)
    }
}

impl From<ParseError> for Error {
    fn from(_: ParseError) -> Self {
        Self::reason(StatusCode::BAD_REQUEST)
    }
}

#[endpoint(
    parameters(("id" = i64, Path)),
    responses((status_code = 404, description = "No such greeting"))
)]
async fn get_greeting(req: &mut Request, depot: &mut Depot) -> Result<Json<Greeting>, Error> {
    let id = req.param("id").unwrap_or_default();
    let id = shared::integer("id", id, i64::MIN..=i64::MAX)?;
    let found = store(depot)?.get(id).map(Json);
    found.ok_or_else(|| Error::Status(StatusCode::NOT_FOUND, format!("no greeting {id}")))
}

#[handler]
async fn catch(res: &mut Response, ctrl: &mut FlowCtrl) {
    if let Some(status) = res.status_code {
        Error::reason(status).render(res);
        ctrl.skip_rest();
    }
}
// [/error]

// [auth]
#[handler]
async fn authenticate(req: &mut Request, depot: &mut Depot) -> Result<(), Error> {
    let header: Option<&str> = req.header(header::AUTHORIZATION);
    let token = header.and_then(|value| value.strip_prefix("Bearer "));
    match token {
        Some(token) if token.as_bytes().ct_eq(b"secret").into() => {
            depot.insert_typed(User("ada"));
            Ok(())
        }
        Some(_) => Err(Error::Unauthorized("Invalid token")),
        None => Err(Error::Unauthorized("Not authenticated")),
    }
}

struct User(&'static str);

#[derive(Serialize, ToSchema)]
struct Me {
    user: &'static str,
}

#[endpoint(security(["HTTPBearer" = []]))]
async fn me(depot: &mut Depot) -> Result<Json<Me>, Error> {
    match depot.get_typed() {
        Ok(User(user)) => Ok(Json(Me { user })),
        Err(_) => Err(Error::Unauthorized("Not authenticated")),
    }
}
// [/auth]

// [background]
#[derive(Deserialize, Validate, ToParameters)]
#[salvo(parameters(default_parameter_in = Query))]
struct Notification {
    to: String,
}

#[derive(Serialize, ToSchema)]
struct Queued {
    queued: bool,
}

#[endpoint(parameters(Notification), responses((status_code = 202, body = Queued)))]
async fn notify(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), Error> {
    let notification: Notification = shared::query(req.uri().query())?;
    let store = store(depot)?.clone();
    tokio::spawn(async move { store.sent.lock().push(notification.to) });
    res.status_code(StatusCode::ACCEPTED)
        .render(Json(Queued { queued: true }));
    Ok(())
}

#[endpoint]
async fn list_sent(depot: &mut Depot) -> Result<Json<Vec<String>>, Error> {
    Ok(Json(store(depot)?.sent.lock().clone()))
}
// [/background]

// [websocket]
#[handler]
async fn echo(req: &mut Request, res: &mut Response) -> Result<(), StatusError> {
    WebSocketUpgrade::new()
        .upgrade(req, res, async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                let Ok(text) = message.as_str() else { continue };
                let reply = Message::text(format!("echo: {text}"));
                if socket.send(reply).await.is_err() {
                    break;
                }
            }
        })
        .await
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
impl EndpointOutRegister for Error {
    fn register(components: &mut Components, operation: &mut Operation) {
        let body = Content::new(Invalid::to_schema(components));
        let errors = Documented::new("Validation Error").add_content("application/json", body);
        operation.responses.insert("422", errors);
    }
}
// [/openapi]

/// The application.
pub fn app() -> Service {
    let store = Arc::new(Store::with_one_greeting());
    // [openapi]
    let router = Router::new()
        // [state]
        .hoop(affix_state::inject(store))
        // [/state]
        .push(Router::with_path("hello").get(hello))
        .push(Router::with_path("squares/{number}").get(get_square))
        .push(Router::with_path("search").get(search))
        .push(Router::with_path("greetings").post(create))
        .push(Router::with_path("greetings/{id}").get(get_greeting))
        .push(Router::with_path("count").get(get_count))
        // [auth]
        .push(Router::with_path("me").hoop(authenticate).get(me))
        // [/auth]
        .push(Router::with_path("notify").post(notify))
        .push(Router::with_path("sent").get(list_sent))
        // [websocket]
        .push(Router::with_path("ws").goal(echo))
        // [/websocket]
        // [static]
        .push(Router::with_path("static/{*path}").get(StaticDir::new([STATIC])));
    // [/static]
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let document = OpenApi::new("Greetings", "1.0.0")
        .add_security_scheme("HTTPBearer", bearer)
        .merge_router(&router);
    let router = router
        .push(document.into_router("/openapi.json"))
        .push(SwaggerUi::new("/openapi.json").into_router("/docs"));
    // [/openapi]
    // [cors]
    let cors = Cors::new()
        .allow_origin(["https://app.example"])
        .allow_methods([Method::GET, Method::POST])
        .allow_headers("content-type")
        .into_handler();
    let service = Service::new(router).hoop(cors);
    // [/cors]
    // [error]
    service.catcher(Catcher::default().hoop(catch))
    // [/error]
}

const STATIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../static");

// [deployment]
/// Serves the application until Ctrl-C, then finishes what has begun.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let server = Server::new(TcpAcceptor::try_from(listener)?);
    let handle = server.handle();
    tokio::spawn(async move {
        tokio::signal::ctrl_c().await.unwrap_or_default();
        handle.stop_graceful(None);
    });
    server.try_serve(app()).await
}
// [/deployment]

#[cfg(test)]
mod tests {
    // [test]
    use salvo::test::{ResponseExt as _, TestClient};

    #[tokio::test]
    async fn says_hello() {
        let url = "http://localhost/hello";
        let mut response = TestClient::get(url).send(&super::app()).await;
        let body = response.take_string().await.unwrap();
        assert_eq!(body, r#"{"message":"hello"}"#);
    }
    // [/test]
}
