//! A cluster, its database filled, and a process of the server over it.

use std::sync::Arc;

use crate::cases::processes::scratch_file;
use crate::over::{Over, Seeded};
use crate::postgres::{Cluster, Options, PostgresError, Session};
use crate::servers::{Process, Server, Setting};
use crate::{Context, Deviation, Model, ensure};

/// A cluster of the case's own, and how processes are told it.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) cluster: Cluster,
    /// What processes are started from, over the database.
    pub(super) over: Context,
    told: Arc<Over>,
    server: Server,
}

impl Stage {
    /// Starts a cluster, and fills its database with the usual greetings.
    ///
    /// # Errors
    /// A deviation if the server cannot fill it; an obstacle if there is no cluster.
    pub(super) fn set(context: &Context) -> Result<Self, Deviation> {
        Self::with(context, &Options::default())
    }

    /// The same of another cluster.
    ///
    /// # Errors
    /// As of [`set`](Self::set).
    pub(super) fn with(context: &Context, options: &Options) -> Result<Self, Deviation> {
        let stage = Self::empty(context, options).map_err(|error| context.obstructed(error))?;
        let stage = stage?;
        stage.seed(&Model::embedded())?;
        Ok(stage)
    }

    /// The same, with nothing in the database.
    ///
    /// # Errors
    /// If there is no such cluster; within, a deviation if the server cannot be told one.
    pub(super) fn empty(
        context: &Context,
        options: &Options,
    ) -> Result<Result<Self, Deviation>, PostgresError> {
        context.target().workbench.keep_template(options.locale)?;
        let cluster = Cluster::start(options)?;
        let url = cluster.url();
        Ok(Self::at(context, cluster, url))
    }

    /// A stage of this cluster, of which processes are told this URL.
    ///
    /// # Errors
    /// A deviation if the server cannot be told one.
    pub(super) fn at(context: &Context, cluster: Cluster, url: String) -> Result<Self, Deviation> {
        let launch = context.launch()?;
        let program = launch.database.clone();
        let program = program.ok_or_else(|| Deviation("it serves no database".to_owned()))?;
        let told = Arc::new(Over::new(program, &cluster, url));
        Ok(Self {
            server: launch.server.clone(),
            over: context.over_database(told.clone(), Model::embedded())?,
            told,
            cluster,
        })
    }

    /// The same cluster, of which processes are told another URL.
    ///
    /// # Errors
    /// A deviation if the server cannot be told one.
    pub(super) fn told(self, context: &Context, url: String) -> Result<Self, Deviation> {
        Self::at(context, self.cluster, url)
    }

    /// Fills the database with these greetings.
    ///
    /// # Errors
    /// A deviation if the server does not.
    pub(super) fn seed(&self, model: &Model) -> Result<(), Deviation> {
        let file = self.file(model)?;
        self.told.seed(&self.server, file.path())
    }

    /// Has the server try to fill the database with what is in a file.
    ///
    /// # Errors
    /// A deviation if it does not end.
    pub(super) fn try_seed(&self, file: &std::path::Path) -> Result<Seeded, Deviation> {
        self.told.try_seed(&self.server, file)
    }

    /// A file of these greetings.
    ///
    /// # Errors
    /// An obstacle if it cannot be written.
    pub(super) fn file(&self, model: &Model) -> Result<crate::tools::ScratchFile, Deviation> {
        let content = serde_json::to_vec(model.greetings());
        let content = content.map_err(|error| self.over.obstructed(error))?;
        scratch_file(&self.over, &content)
    }

    /// Starts a process over the database, and a view of it, whose list is read.
    ///
    /// # Errors
    /// A deviation if it does not get ready, or does not list what is in the database.
    pub(super) fn serve(&self, settings: &[Setting<'_>]) -> Result<(Process, Context), Deviation> {
        let (process, view) = self.start(settings)?;
        is_served(&view, "/greetings", view.model())?;
        Ok((process, view))
    }

    /// The same, which is not asked anything.
    ///
    /// # Errors
    /// A deviation if it does not get ready.
    pub(super) fn start(&self, settings: &[Setting<'_>]) -> Result<(Process, Context), Deviation> {
        crate::cases::processes::start(&self.over, settings)
    }

    /// A connection of the servers' role.
    ///
    /// # Errors
    /// An obstacle if there is none.
    pub(super) fn session(&self) -> Result<Session, Deviation> {
        let session = self.cluster.session();
        session.map_err(|error| self.over.obstructed(error))
    }

    /// Runs statements as the servers' role.
    ///
    /// # Errors
    /// An obstacle if they fail.
    pub(super) fn run(&self, statements: &str) -> Result<(), Deviation> {
        let run = self.session()?.run(statements);
        run.map(drop).map_err(|error| self.over.obstructed(error))
    }

    /// Runs statements that take more rights, and returns the first column of the first row.
    ///
    /// # Errors
    /// An obstacle if they fail.
    pub(super) fn manage(&self, statements: &str) -> Result<String, Deviation> {
        let rows = self.cluster.manage(statements);
        let rows = rows.map_err(|error| self.over.obstructed(error))?;
        let mut texts = rows.into_iter().flatten().flatten();
        Ok(texts.next().unwrap_or_default())
    }

    /// Ends the connections of the servers' role.
    ///
    /// # Errors
    /// An obstacle if that fails.
    pub(super) fn end_connections(&self) -> Result<(), Deviation> {
        self.manage(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'quartet'",
        )
        .map(drop)
    }

    /// Has every statement on the table wait until what is returned is let go of.
    ///
    /// # Errors
    /// An obstacle if the table cannot be locked.
    pub(super) fn lock(&self) -> Result<Locked, Deviation> {
        let mut session = self.session()?;
        let locked = session.run("BEGIN; LOCK TABLE greetings IN ACCESS EXCLUSIVE MODE");
        locked.map_err(|error| self.over.obstructed(error))?;
        Ok(Locked(session))
    }
}

/// A lock on the table, which is let go of when this is dropped.
#[derive(Debug)]
pub(super) struct Locked(Session);

impl Drop for Locked {
    fn drop(&mut self) {
        // If it fails the connection has gone, and the lock with it.
        let _ = self.0.run("COMMIT");
    }
}

/// Whether GET of this path is answered with what is held.
///
/// # Errors
/// A deviation that names the path.
pub(super) fn is_served(view: &Context, path: &str, model: &Model) -> Result<(), Deviation> {
    let response = view.get(path)?;
    let checked = model.answer("GET", path).check(&response);
    checked
        .map(drop)
        .map_err(|why| Deviation(format!("GET {path}: {why}")))
}

/// Whether an answer says that the database cannot be read now: 503, a problem, and when to ask
/// again.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn is_unavailable(response: &crate::http::Response) -> Result<(), Deviation> {
    ensure!(
        response.status == 503,
        "the status is {}, not 503",
        response.status
    );
    crate::model::check_problem(response)?;
    let after = response.header("retry-after").unwrap_or_default();
    ensure!(
        after.parse::<u32>().is_ok_and(|seconds| seconds <= 10),
        "the 503's Retry-After is {after:?}, not a few seconds"
    );
    Ok(())
}
