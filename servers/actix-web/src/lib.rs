//! The greetings API on actix-web.

mod answer;
mod middleware;

use std::{io, pin::pin, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Resource, Responder, Route,
    body::MessageBody,
    dev::{Service as _, ServiceFactory, ServiceRequest, ServiceResponse},
    guard,
    http::{ConnectionType, Method, header},
    rt::time::{sleep, timeout},
    web,
};
use futures_util::future::{Either, select};
use quartet_common::{ALLOW, Api, Health, Lang, Listener, Problem, Program, docs, shutdown_signal};

use crate::answer::{Error, conditional, document};
use crate::middleware::{check_head, complete};

/// What handlers read.
type Shared = web::ThinData<&'static Api>;

/// The API as an application.
pub fn app(
    api: &'static Api,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(web::ThinData(api))
        .service(read_only("/greetings", web::to(list)))
        .service(read_only("/greetings/{lang}", web::to(item)))
        .service(read_only("/", web::to(root)))
        .service(read_only("/docs", web::to(page)))
        .service(read_only("/docs/{asset}", web::to(asset)))
        .service(read_only("/openapi.json", web::to(openapi)))
        .service(read_only("/healthz", web::to(health)))
        .service(read_only("/readyz", web::to(readiness)))
        .default_service(web::to(not_found))
        .wrap_fn(move |request, service| {
            let checked = check_head(&request, &api.limits);
            // actix-http would say `upgrade`, too, and close all the same (actix/actix-web#2692).
            let upgrades = request.head().connection_type() == ConnectionType::Upgrade;
            let closes = upgrades || api.ending.has_begun();
            complete(checked.map(|()| service.call(request)), closes)
        })
}

/// Serves a program's API until it is told to end, then drains.
pub async fn run(program: Program) -> io::Result<()> {
    let timeouts = program.timeouts;
    let mut server = HttpServer::new(move || app(program.api))
        .workers(program.workers.clamp(1, MAX_WORKERS))
        // For the first head of a connection: actix-http does not time the next.
        .client_request_timeout(timeouts.header + CLOCK_LAG)
        .keep_alive(timeouts.idle + CLOCK_LAG)
        .shutdown_timeout(timeouts.drain.as_secs() + 1)
        .disable_signals();
    for listener in program.listeners {
        server = match listener {
            Listener::Tcp(listener) => server.listen(listener)?,
            #[cfg(unix)]
            Listener::Unix(listener) => server.listen_uds(listener)?,
        };
    }
    let server = server.run();
    let handle = server.handle();
    // Exact, where the shutdown timeout counts in seconds. A server that is dropped closes what
    // is still open.
    let drain = async {
        shutdown_signal(program.ready).await;
        handle.pause().await;
        sleep(timeouts.last_requests()).await;
        timeout(timeouts.drain, handle.stop(true)).await
    };
    // The server first: its workers are there before the program says that it listens.
    match select(server, pin!(drain)).await {
        Either::Left((served, _)) => served,
        Either::Right(_) => Ok(()),
    }
}

/// The most worker threads, at more than which actix-server panics.
pub const MAX_WORKERS: usize = 512;

/// actix-http counts its timeouts from a clock that it sets twice a second.
const CLOCK_LAG: Duration = Duration::from_millis(500);

/// GET, HEAD, which actix-web does not let GET answer (actix/actix-web#2702), and OPTIONS.
fn read_only(path: &str, route: Route) -> Resource {
    let reads =
        guard::fn_guard(|context| matches!(context.head().method, Method::GET | Method::HEAD));
    web::resource(path)
        .route(route.guard(reads))
        .route(web::method(Method::OPTIONS).to(options))
        .default_service(web::to(async || {
            HttpResponse::from_error(Error::from(Problem::method_not_allowed()))
        }))
}

async fn list(request: HttpRequest, api: Shared) -> Result<HttpResponse, Error> {
    authorize(&request, &api)?;
    let greetings = api.greetings.list().await?;
    conditional(&request, &greetings.etag, web::Json(greetings.value))
}

// [database]
async fn item(
    request: HttpRequest,
    lang: actix_web::Result<web::Path<Lang>>,
    api: Shared,
) -> Result<HttpResponse, Error> {
    authorize(&request, &api)?;
    let lang = lang.map_err(|_| Problem::malformed_lang())?;
    let greeting = api.greetings.get(&lang).await?;
    conditional(&request, &greeting.etag, web::Json(greeting.value))
}
// [/database]

/// Refuses a request without a known API key, where there are keys.
fn authorize(request: &HttpRequest, api: &Api) -> Result<(), Error> {
    let Some(keys) = &api.keys else { return Ok(()) };
    let credentials = request.headers().get(header::AUTHORIZATION);
    Ok(keys.authorize(credentials.map(header::HeaderValue::as_bytes))?)
}

async fn root(api: Shared) -> impl Responder {
    web::Redirect::to(api.docs.location.clone())
}

async fn page(request: HttpRequest, api: Shared) -> impl Responder {
    let policy = (header::CONTENT_SECURITY_POLICY, docs::PAGE_POLICY);
    document(&request, &api.docs.page)
        .customize()
        .insert_header(policy)
}

async fn asset(
    request: HttpRequest,
    name: web::Path<String>,
    api: Shared,
) -> Result<HttpResponse, Error> {
    let asset = api.docs.asset(&name).ok_or_else(Problem::not_found)?;
    document(&request, asset)
}

async fn openapi(request: HttpRequest, api: Shared) -> Result<HttpResponse, Error> {
    document(&request, &api.docs.openapi)
}

async fn health(request: HttpRequest) -> Result<HttpResponse, Error> {
    let health = Health::ok();
    conditional(&request, &health.etag, web::Json(health.value))
}

async fn readiness(request: HttpRequest, api: Shared) -> Result<HttpResponse, Error> {
    let health = api.readiness()?;
    conditional(&request, &health.etag, web::Json(health.value))
}

async fn options() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ALLOW, ALLOW))
        .finish()
}

async fn not_found(request: HttpRequest) -> Result<HttpResponse, Error> {
    // `OPTIONS *` asks about the server as a whole (RFC 9110 §9.3.7).
    if request.method() == Method::OPTIONS && request.path() == "*" {
        Ok(options().await)
    } else {
        Err(Problem::not_found().into())
    }
}
