//! A server under test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quartet_common::openapi::Mode;

use crate::http::{Connection, Response};
use crate::openapi::Description;
use crate::operations::{self, Resource};
use crate::over::Over;
use crate::servers::Server;
use crate::{BaseUrl, Context, Deviation, Model, Need, Pace, Scale, Workbench, tools};

/// A server under test and what is known of it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The name it goes by in reports and in `deviations.toml`.
    pub name: String,
    /// Where it is.
    pub base: BaseUrl,
    /// The greetings it holds and the answers that follow.
    pub model: Model,
    /// What it offers to cases.
    pub provides: BTreeSet<Need>,
    /// A second instance that asks for an API key.
    pub keyed: Option<Keyed>,
    /// How to start further processes of it.
    pub launch: Option<Launch>,
    /// The OpenAPI document it must serve.
    pub document: Option<ExpectedDocument>,
    /// What GET is sent for by the cases of any API.
    pub(crate) resources: Vec<Resource>,
    /// Whether it is another API than this, which is not held to the contract.
    pub(crate) is_another_api: bool,
    /// The pace at which it may be sent to, if it is not to be hurried.
    pub pace: Option<Arc<Pace>>,
    /// What cases start beside it.
    pub workbench: Workbench,
}

/// The OpenAPI document that a server must serve, octet for octet.
#[derive(Clone, Debug)]
pub struct ExpectedDocument {
    /// Whose document it is.
    pub whose: String,
    /// That of an instance that asks for no key.
    pub open: Vec<u8>,
    /// That of an instance that asks for a key, if it is known.
    pub keyed: Option<Vec<u8>>,
}

impl ExpectedDocument {
    /// The documents of the crate that the four servers share, of servers that read a database or not.
    pub fn shared(whose: &str, over_database: bool) -> Self {
        let document = |keyed| {
            let mode = Mode {
                keyed,
                over_database,
                ..Mode::default()
            };
            quartet_common::openapi::document(&mode).into_bytes()
        };
        Self {
            whose: whose.to_owned(),
            open: document(false),
            keyed: Some(document(true)),
        }
    }
}

/// An instance that asks for an API key on its data routes.
#[derive(Clone, Debug)]
pub struct Keyed {
    /// Where it is.
    pub base: BaseUrl,
    /// The key it asks for.
    pub key: String,
}

/// How to start a server.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Its stanza.
    pub server: Server,
    /// The program it was built to.
    pub program: PathBuf,
    /// The program that serves the greetings of a database, if it can.
    pub database: Option<PathBuf>,
    /// The database that its processes are told.
    pub(crate) over: Option<Arc<Over>>,
}

impl Launch {
    /// How to start the server of this stanza by this program, and by `database` over a database, if it can.
    pub fn new(server: Server, program: PathBuf, database: Option<PathBuf>) -> Self {
        Self {
            server,
            program,
            database,
            over: None,
        }
    }
}

impl Target {
    /// A target of which only the address is known. It offers what this machine has: a proxy and a
    /// browser.
    pub fn new(name: impl Into<String>, base: BaseUrl) -> Self {
        Self {
            name: name.into(),
            base,
            model: Model::new(BTreeMap::new()),
            provides: tools::needs_met().clone(),
            keyed: None,
            launch: None,
            document: None,
            resources: Vec::new(),
            is_another_api: false,
            pace: None,
            workbench: Workbench::get(),
        }
    }

    /// Sets the greetings it holds. Without a model they are those that it lists now, and cases
    /// that must know them beforehand do not apply.
    pub fn hold(&mut self, model: Option<Model>) {
        match model {
            Some(model) => {
                self.model = model;
                self.provides.insert(Need::Model);
            }
            None => {
                // A server whose list cannot be read holds none, and the cases say why.
                let listed = self
                    .fetch("/greetings")
                    .and_then(|response| response.json());
                self.model =
                    listed.map_or_else(|_| Model::new(BTreeMap::new()), |list| Model::of(&list));
            }
        }
    }

    /// Sets what GET is sent for by the cases of any API.
    pub(crate) fn ask_for(&mut self, resources: Vec<Resource>) {
        if !resources.is_empty() {
            self.provides.insert(Need::Operations);
        }
        if resources
            .iter()
            .any(|resource| resource.described.is_some())
        {
            self.provides.insert(Need::Described);
        }
        self.resources = resources;
    }

    /// The same of the operations that its own document describes, at `/openapi.json`. Without one
    /// there is nothing, which is for other cases to say.
    pub fn ask_for_what_it_describes(&mut self) {
        let answer = self.fetch("/openapi.json");
        let json = answer.and_then(|answer| answer.json());
        if let Ok(root) = json {
            let page = format!("{}/openapi.json", self.base.prefix());
            let document = Description { root };
            let (resources, _) = operations::of_document(document, &self.base, &page);
            self.ask_for(resources);
        }
    }

    /// Sends one GET request, outside any case.
    ///
    /// # Errors
    /// A deviation if there is no answer.
    pub fn fetch(&self, path: &str) -> Result<Response, Deviation> {
        self.context().get(path)
    }

    /// Opens one connection, outside any case.
    ///
    /// # Errors
    /// A deviation if the server does not accept it.
    pub fn connect(&self) -> Result<Connection, Deviation> {
        self.context().connect()
    }

    fn context(&self) -> Context {
        let deadline = Instant::now() + Duration::from_secs(10);
        Context::new(Arc::new(self.clone()), deadline, 0, Scale::default())
    }

    /// The same target, offering `need` as well.
    pub fn providing(mut self, need: Need) -> Self {
        self.provides.insert(need);
        self
    }

    /// The same target, of which cases can start further processes.
    pub fn launched_by(mut self, launch: Launch) -> Self {
        self.provides.extend(launch.server.needs_met());
        self.provides.insert(Need::Process);
        if launch.database.is_some() && Over::can(&launch.server) {
            self.provides.insert(Need::Database);
        }
        if cfg!(unix) {
            self.provides.insert(Need::Signals);
        }
        if cfg!(target_os = "linux") {
            self.provides.insert(Need::Usage);
        }
        self.launch = Some(launch);
        self
    }

    /// The same target with a second instance that asks for `key`.
    pub fn with_key(mut self, base: BaseUrl, key: impl Into<String>) -> Self {
        self.keyed = Some(Keyed {
            base,
            key: key.into(),
        });
        self.providing(Need::ApiKey)
    }
}
