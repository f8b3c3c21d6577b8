//! The connections to the database: which one takes a query, and when one is opened again.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_postgres::error::{DbError, Severity, SqlState};

use super::{
    Chain, ConnectError, Seldom, Shared, Unavailable,
    pipeline::{Pipeline, Ticket, watch},
};

/// How long it is before the next attempt after one to connect has failed.
const RETRY: Duration = Duration::from_millis(200);

/// The connections of one runtime.
///
/// Queries go to the first connection that is not busy, so that they share its system calls. Another is opened when
/// all are busy. One that fails, or is late, is replaced.
#[derive(Debug)]
pub(super) struct Pipelines {
    shared: Weak<Shared>,
    state: Mutex<State>,
    /// A connection was opened, or could not be.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    pipelines: Vec<Arc<Pipeline>>,
    /// Whether one is being opened.
    is_opening: bool,
    /// Whether there is none, and the last attempt to open one failed.
    is_cut_off: bool,
    /// When a further one may be opened, after an attempt that failed.
    retry: Option<Instant>,
}

impl Pipelines {
    pub(super) fn new(shared: Weak<Shared>) -> Self {
        Self {
            shared,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place in the queue of a connection; none while the first connection is being opened.
    pub(super) fn enter(self: &Arc<Self>, now: Instant) -> Result<Option<Ticket>, Unavailable> {
        let mut state = self.state();
        if state.is_cut_off {
            return Err(Unavailable::Away);
        }
        let mut least_busy = None;
        for pipeline in state.pipelines.iter().filter(|pipeline| pipeline.is_open()) {
            match pipeline.enter_unless_busy(now) {
                Ok(ticket) => return Ok(Some(ticket)),
                Err(load) => match &least_busy {
                    Some((least, _)) if *least <= load => {}
                    _ => least_busy = Some((load, pipeline.clone())),
                },
            }
        }
        self.open_another(&mut state, now);
        match least_busy {
            None => Ok(None),
            Some((_, pipeline)) => match pipeline.enter(now) {
                None => Err(Unavailable::Overloaded),
                ticket => Ok(ticket),
            },
        }
    }

    /// The same, once there is a connection.
    pub(super) async fn wait_to_enter(self: &Arc<Self>) -> Result<Ticket, Unavailable> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(ticket) = self.enter(Instant::now())? {
                return Ok(ticket);
            }
            changed.await;
        }
    }

    /// A query failed: whether it may be asked again on another connection, because it was not the query that failed.
    /// Its own then takes no further ones.
    pub(super) fn failed(
        &self,
        ticket: &Ticket,
        error: &tokio_postgres::Error,
    ) -> Result<(), Unavailable> {
        /// Nothing that was prepared so recently is out of date.
        const FRESH: Duration = Duration::from_secs(1);

        tracing::debug!("a query failed: {}", Chain(error));
        if error.code() == Some(&SqlState::QUERY_CANCELED) {
            return Err(Unavailable::Late);
        }
        let severity = error.as_db_error().map(DbError::parsed_severity);
        let is_refused = matches!(severity, Some(Some(Severity::Error)));
        if is_refused && ticket.pipeline.age() < FRESH {
            static TOLD: Seldom = Seldom::new();
            if TOLD.is_due() {
                tracing::warn!("the database refuses a query: {}", Chain(error));
            }
            return Err(Unavailable::Failed);
        }
        self.remove(&ticket.pipeline);
        Ok(())
    }

    fn remove(&self, pipeline: &Arc<Pipeline>) {
        let mut state = self.state();
        state
            .pipelines
            .retain(|other| other.is_open() && !Arc::ptr_eq(other, pipeline));
    }

    fn open_another(self: &Arc<Self>, state: &mut State, now: Instant) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        state.pipelines.retain(|pipeline| pipeline.is_open());
        let count = state.pipelines.len();
        let is_due = count == 0 || state.retry.is_none_or(|retry| retry <= now);
        if !state.is_opening && is_due && count < shared.most_connections {
            state.is_opening = true;
            tokio::spawn(self.clone().open());
        }
    }

    /// Opens a connection, and as long as there is none tries again.
    async fn open(self: Arc<Self>) {
        while let Some(shared) = self.shared.upgrade() {
            let limit = shared.timeouts.connect;
            let opened = Pipeline::open(&shared.settings, shared.timeouts.query);
            let opened = match timeout(limit, opened).await {
                Ok(opened) => opened.map_err(ConnectError::from),
                Err(_) => Err(ConnectError::Late(limit)),
            };
            let is_over = match opened {
                Ok((pipeline, connection)) => {
                    self.opened(pipeline, connection, &shared);
                    true
                }
                Err(error) => self.not_opened(&error, &shared),
            };
            drop(shared);
            self.changed.notify_waiters();
            if is_over {
                return;
            }
            sleep(RETRY).await;
        }
    }

    fn opened(
        self: &Arc<Self>,
        pipeline: Arc<Pipeline>,
        connection: JoinHandle<()>,
        shared: &Shared,
    ) {
        let (this, limit) = (Arc::downgrade(self), shared.timeouts.query);
        let watched = watch(Arc::downgrade(&pipeline), connection, limit, move || {
            if let Some(this) = this.upgrade() {
                this.ping_all();
            }
        });
        tokio::spawn(watched);
        let mut state = self.state();
        state.pipelines.push(pipeline);
        state.is_opening = false;
        if mem::take(&mut state.is_cut_off) {
            shared.is_back();
        }
    }

    /// Whether there is still a connection, so that no further attempt is made.
    fn not_opened(&self, error: &ConnectError, shared: &Shared) -> bool {
        let mut state = self.state();
        state.pipelines.retain(|pipeline| pipeline.is_open());
        if state.pipelines.is_empty() {
            if !mem::replace(&mut state.is_cut_off, true) {
                shared.is_cut_off(error);
            }
            return false;
        }
        tracing::debug!(%error, "no further connection to the database");
        state.is_opening = false;
        state.retry = Some(Instant::now() + RETRY);
        true
    }

    /// One connection is late, and the others may be, which would be noticed only when they are used.
    fn ping_all(&self) {
        let now = Instant::now();
        for pipeline in &self.state().pipelines {
            if pipeline.waits(now).is_none() {
                pipeline.ping(now);
            }
        }
    }
}
