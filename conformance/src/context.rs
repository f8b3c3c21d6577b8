//! What a case is given to work with.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::evidence::{Evidence, Exchange, Log};
use crate::http::{Connection, Request, Response};
use crate::openapi::Description;
use crate::operations::Resource;
use crate::over::Over;
use crate::served::Served;
use crate::servers::{Process, Server, Setting, StartError, StartOptions};
use crate::{BaseUrl, Deviation, Launch, Model, REQUESTS, Scale, Target};

/// How long a connection may take to be accepted.
const CONNECT: Duration = Duration::from_secs(5);

/// A case's view of the server under test.
///
/// Paths are given as the API has them (`/greetings`); the context puts the target's prefix before
/// them. Everything sent and received is kept as evidence.
#[derive(Clone, Debug)]
pub struct Context {
    target: Arc<Target>,
    base: BaseUrl,
    deadline: Instant,
    seed: u64,
    scale: Scale,
    requests: u32,
    served: Option<Arc<Served>>,
    log: Arc<Log>,
    obstacle: Arc<OnceLock<String>>,
    cause: Arc<OnceLock<String>>,
    progress: Arc<Mutex<Option<String>>>,
}

impl Context {
    /// A context of its own, to ask `target` until `deadline`. What is drawn at random follows from `seed`.
    pub fn new(target: Arc<Target>, deadline: Instant, seed: u64, scale: Scale) -> Self {
        Self {
            base: target.base.clone(),
            target,
            deadline,
            seed,
            scale,
            requests: REQUESTS,
            served: None,
            log: Arc::default(),
            obstacle: Arc::default(),
            cause: Arc::default(),
            progress: Arc::default(),
        }
    }

    /// The server under test.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Where requests go: the target, or its instance that asks for a key.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// The greetings the server holds and the answers that follow.
    pub fn model(&self) -> &Model {
        &self.target.model
    }

    /// When the case has to be done.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Seed of whatever the case draws at random.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many to send where the requirement says `full`.
    pub fn scaled(&self, full: usize) -> usize {
        self.scale.of(full)
    }

    /// The same, to generate so many requests where requests are generated.
    pub(crate) fn generating(mut self, requests: u32) -> Self {
        self.requests = requests;
        self
    }

    /// The same, knowing what the server turns out to serve.
    pub(crate) fn knowing(mut self, served: Arc<Served>) -> Self {
        self.served = Some(served);
        self
    }

    /// What the server turns out to serve, once a suite has found that out.
    pub(crate) fn served(&self) -> Option<&Served> {
        self.served.as_deref()
    }

    /// A path that is 200, for cases that need any: the list, or another of a server without.
    pub(crate) fn resource(&self) -> &str {
        self.served().map_or("/greetings", Served::resource)
    }

    /// What GET is sent for by the cases of any API.
    pub(crate) fn resources(&self) -> &[Resource] {
        &self.target.resources
    }

    /// Whether the list is there.
    pub(crate) fn has_list(&self) -> bool {
        self.served().is_none_or(Served::has_list)
    }

    /// Whether the server serves this API, so that the contract holds for it.
    pub(crate) fn is_the_api(&self) -> bool {
        self.served().is_none_or(Served::is_the_api)
    }

    /// How many requests to generate.
    pub(crate) fn requests(&self) -> u32 {
        self.requests
    }

    /// An API path with the target's prefix before it.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base.prefix())
    }

    /// A view of the instance that asks for an API key, and the key.
    ///
    /// # Errors
    /// A deviation if there is no such instance; a case that needs one says so with
    /// [`Need::ApiKey`](crate::Need::ApiKey) and is then not run.
    pub fn keyed(&self) -> Result<(Self, &str), Deviation> {
        let keyed = self
            .target
            .keyed
            .as_ref()
            .ok_or_else(|| Deviation("no instance requires a key".to_owned()))?;
        let context = Self {
            base: keyed.base.clone(),
            ..self.clone()
        };
        Ok((context, &keyed.key))
    }

    /// Starts a further process of the server under test, for experiments that end, restart or
    /// configure it. The options' program is filled in.
    ///
    /// # Errors
    /// A deviation if it does not start, or if the suite did not start the server: a case that
    /// needs this says so with [`Need::Process`](crate::Need::Process) and is then not run.
    pub fn start(&self, options: StartOptions) -> Result<Process, Deviation> {
        self.launched(Process::start, options)
    }

    /// Starts a further process of the server under test and does not wait for it.
    ///
    /// # Errors
    /// As [`start`](Self::start), but for a process that runs and does not get ready.
    pub fn spawn(&self, options: StartOptions) -> Result<Process, Deviation> {
        self.launched(Process::spawn, options)
    }

    fn launched(
        &self,
        start: fn(&Server, &StartOptions) -> Result<Process, StartError>,
        mut options: StartOptions,
    ) -> Result<Process, Deviation> {
        let launch = self.launch()?;
        options.program = Some(launch.program.clone());
        if let Some(over) = &launch.over {
            let told = over.arguments(&launch.server, &options.extra_args);
            options.program = Some(over.program().to_owned());
            options.extra_args.extend(told);
        }
        start(&launch.server, &options).map_err(|error| Deviation(error.to_string()))
    }

    /// How the server under test is started.
    ///
    /// # Errors
    /// A deviation if the suite cannot; see [`start`](Self::start).
    pub fn launch(&self) -> Result<&Launch, Deviation> {
        let launch = self.target.launch.as_ref();
        launch.ok_or_else(|| Deviation("the suite cannot start this server".to_owned()))
    }

    /// Options to start a further process with, made of these settings.
    ///
    /// # Errors
    /// A deviation if the server cannot be told one of them; a case says what it needs with
    /// [`Setting::need`] and is then not run.
    pub fn options(&self, settings: &[Setting<'_>]) -> Result<StartOptions, Deviation> {
        let launch = self.launch()?;
        let server = &launch.server;
        let mut options = StartOptions::default();
        for setting in settings {
            if let (Setting::DataFile(file), Some(over)) = (setting, &launch.over) {
                let obstructed = |error| self.obstructed(error);
                let told = over.holding(server, file, self.deadline(), obstructed)?;
                options.extra_args.extend(told);
                continue;
            }
            let made = server.setting(*setting);
            let made = made.ok_or_else(|| Deviation(setting.need().missing().to_owned()))?;
            options.extra_args.extend(made);
        }
        Ok(options)
    }

    /// A view of the same server at another address, such as a proxy's before it.
    pub(crate) fn seen_at(&self, base: BaseUrl) -> Self {
        Self {
            base,
            ..self.clone()
        }
    }

    /// A view of the same server, whose processes are told a database.
    ///
    /// # Errors
    /// A deviation if the suite cannot start this server.
    pub(crate) fn over_database(&self, over: Arc<Over>, model: Model) -> Result<Self, Deviation> {
        let mut target = Target::clone(&self.target);
        let launch = Launch {
            over: Some(over),
            ..self.launch()?.clone()
        };
        target.launch = Some(launch);
        target.hold(Some(model));
        Ok(Self {
            target: Arc::new(target),
            ..self.clone()
        })
    }

    /// Whether the server's processes are told a database.
    pub(crate) fn is_over_a_database(&self) -> bool {
        let launch = self.target.launch.as_ref();
        launch.is_some_and(|launch| launch.over.is_some())
    }

    /// A view of the same server, whose steps take no longer than this.
    pub(crate) fn for_at_most(&self, limit: Duration) -> Self {
        Self {
            deadline: self.deadline.min(Instant::now() + limit),
            ..self.clone()
        }
    }

    /// Ends the case without a verdict: what stands in its way is no fault of the server's.
    pub(crate) fn obstructed(&self, why: impl std::fmt::Display) -> Deviation {
        let why = why.to_string();
        // Of several obstacles the first is told.
        let _ = self.obstacle.set(why.clone());
        Deviation(why)
    }

    /// What stood in the case's way, if anything did.
    pub(crate) fn obstacle(&self) -> Option<&str> {
        self.obstacle.get().map(String::as_str)
    }

    /// Names what makes this case deviate and others too, so that a report tells of them together.
    pub(crate) fn caused_by(&self, cause: &str) {
        // Of several causes the first is told.
        let _ = self.cause.set(cause.to_owned());
    }

    /// What makes this case deviate and others too, if that is known.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.get().map(String::as_str)
    }

    /// Says how far the case has come with the server, as the end of a sentence: what is told where
    /// the server keeps it waiting beyond its limit.
    pub(crate) fn has_come_to(&self, progress: String) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }

    /// How far the case has come.
    pub(crate) fn progress(&self) -> Option<String> {
        let progress = self.progress.lock();
        progress.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A connection over a stream that the case has opened itself.
    ///
    /// # Errors
    /// A deviation if the server has closed it.
    pub(crate) fn over(&self, stream: TcpStream) -> Result<Connection, Deviation> {
        let exchange = Exchange::new(self.base.host(), self.base.port());
        Connection::new(stream, self.deadline, exchange, self.log.clone())
            .map_err(|error| Deviation(format!("no connection to {}: {error}", self.base)))
    }

    /// A view of the same server whose evidence is its own, for experiments of which only some are
    /// worth keeping.
    pub fn aside(&self) -> Self {
        Self {
            log: Arc::default(),
            ..self.clone()
        }
    }

    /// Keeps as evidence what passed over a connection that the case has opened itself.
    pub(crate) fn keep(&self, exchange: Exchange) {
        self.log.push(exchange);
    }

    /// Takes over the evidence of an experiment made aside.
    pub fn adopt(&self, aside: &Self) {
        for exchange in aside.log.take().exchanges {
            self.log.push(exchange);
        }
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// A deviation if the server does not accept it.
    pub fn connect(&self) -> Result<Connection, Deviation> {
        let exchange = Exchange::new(self.base.host(), self.base.port());
        Connection::new(self.open()?, self.deadline, exchange, self.log.clone())
            .map(|connection| connection.paced(self.target.pace.clone()))
            .map_err(|error| self.no_connection(&error))
    }

    /// Which of the addresses of the server's host it is that accepts connections.
    ///
    /// # Errors
    /// A deviation if none does.
    pub(crate) fn address(&self) -> Result<SocketAddr, Deviation> {
        let stream = self.open()?;
        stream
            .peer_addr()
            .map_err(|error| self.no_connection(&error))
    }

    fn open(&self) -> Result<TcpStream, Deviation> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let wait = CONNECT.min(left).max(Duration::from_millis(1));
        let addresses = self.base.socket().to_socket_addrs();
        let mut failure = std::io::Error::other("the name has no address");
        for address in addresses.map_err(|error| self.no_connection(&error))? {
            match TcpStream::connect_timeout(&address, wait) {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            }
        }
        Err(self.no_connection(&failure))
    }

    fn no_connection(&self, error: &std::io::Error) -> Deviation {
        Deviation(format!("no connection to {}: {error}", self.base))
    }

    /// A request as it goes to this server: the prefix before a target that starts with a slash,
    /// and `Host` unless the request has one.
    pub fn prepare(&self, mut request: Request) -> Request {
        if request.target.starts_with(b"/") {
            let prefix = self.base.prefix().as_bytes();
            request.target.splice(0..0, prefix.iter().copied());
        }
        if !request.has("host") {
            let host = ("Host".to_owned(), self.base.authority().into_bytes());
            request.headers.insert(0, host);
        }
        request
    }

    /// Sends a request on a connection of its own, with `Connection: close` unless it says
    /// otherwise, and reads the answer.
    ///
    /// # Errors
    /// A deviation if there is no answer.
    pub fn send(&self, request: Request) -> Result<Response, Deviation> {
        let mut request = self.prepare(request);
        if !request.has("connection") {
            request = request.header("Connection", "close");
        }
        let mut connection = self.connect()?;
        let response = connection.exchange(&request.method, &request.to_bytes())?;
        Ok(response)
    }

    /// The server's OpenAPI document, which must be 200 and JSON.
    pub(crate) fn description(&self) -> Result<Description, Deviation> {
        let named = |why| Deviation(format!("GET /openapi.json: {why}"));
        let response = self.get("/openapi.json").map_err(named)?;
        crate::ensure!(
            response.status == 200,
            "GET /openapi.json is {}",
            response.status
        );
        let root = response.json().map_err(named)?;
        Ok(Description { root })
    }

    /// Sends a GET request and reads the answer.
    ///
    /// # Errors
    /// A deviation if there is no answer.
    pub fn get(&self, path: &str) -> Result<Response, Deviation> {
        self.send(Request::get(path))
    }

    pub(crate) fn take_evidence(&self) -> Evidence {
        self.log.take()
    }
}
