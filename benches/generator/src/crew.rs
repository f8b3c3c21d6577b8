//! The threads that share a server's connections, and how each gets its part of a slice. It knows nothing of
//! what a part is.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender, TryRecvError},
    },
    thread::{self, JoinHandle},
};

use crate::{
    affinity::confine,
    error::Error,
    round::{Peers, Pledge, Round},
    share::Share,
};

/// What a helper does next with its connections.
type Task = Box<dyn FnOnce(&mut Share) + Send>;

/// A thread beside the calling one, with connections of its own. It lives as long as they do, and
/// sleeps between slices.
pub(super) struct Helper {
    // Fields are dropped in this order: a thread that no task can come to ends.
    tasks: Sender<Task>,
    _thread: Thread,
}

impl Helper {
    /// Starts one, confined to `core` if there is one.
    pub(super) fn start(share: Share, core: Option<usize>) -> Result<Self, Error> {
        let (tasks, received) = mpsc::channel();
        let (report, confined) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("load generator".to_owned())
            .spawn(move || {
                // Whoever started it may have given up; then there are no tasks either.
                let _ = report.send(confine_to(core));
                work(share, &received);
            })
            .map_err(|source| Error::Io {
                action: "start a thread of the load generator",
                source,
            })?;
        let helper = Self {
            tasks,
            _thread: Thread(Some(thread)),
        };
        confined.recv().unwrap_or(Err(Error::Abandoned))?;
        Ok(helper)
    }
}

/// A thread whose end is waited for when this is dropped: by then its connections are closed.
struct Thread(Option<JoinHandle<()>>);

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic of its own has failed its slice already.
            let _ = thread.join();
        }
    }
}

fn confine_to(core: Option<usize>) -> Result<(), Error> {
    let Some(core) = core else { return Ok(()) };
    confine(&[core]).map_err(|source| Error::Core { core, source })
}

fn work(mut share: Share, tasks: &Receiver<Task>) {
    for task in tasks {
        task(&mut share);
    }
}

/// What each thread made of its part of a slice.
pub(super) struct Parts<T> {
    /// The calling thread's.
    pub(super) own: T,
    /// Those of its helpers, in no order.
    pub(super) others: Vec<T>,
}

/// Gives every thread its part of a slice, the calling one that of `own`, and waits for them all.
/// `part` is given the connections and the thread's number, 0 being the calling one.
pub(super) fn together<T: Send + 'static>(
    own: &mut Share,
    helpers: &[Helper],
    part: impl Fn(&mut Share, usize, Peers<'_>) -> Result<T, Error> + Send + Sync + 'static,
) -> Result<Parts<T>, Error> {
    if helpers.is_empty() {
        return Ok(Parts {
            own: part(own, 0, Peers::NONE)?,
            others: Vec::new(),
        });
    }
    let round = Arc::new(Round::of(helpers.len() + 1));
    let part = Arc::new(part);
    let (report, reports) = mpsc::channel();
    for (helper, thread) in helpers.iter().zip(1..) {
        let pledge = Pledge::to(&round);
        let (part, report) = (part.clone(), report.clone());
        // What is not taken any more is dropped here, and its pledge with it.
        let _ = helper.tasks.send(Box::new(move |share| {
            let _ = report.send(pledge.keep(|peers| part(share, thread, peers)));
        }));
    }
    drop(report);
    let own = Pledge::to(&round).keep(|peers| part(own, 0, peers));
    gather(own, &reports, helpers.len())
}

/// The parts of all, or why there are not all: the first reason that is one.
fn gather<T>(
    own: Result<T, Error>,
    reports: &Receiver<Result<T, Error>>,
    helpers: usize,
) -> Result<Parts<T>, Error> {
    let mut others = Vec::with_capacity(helpers);
    let mut failure = None;
    let mut note = |error: Error| match failure {
        None | Some(Error::Abandoned) => failure = Some(error),
        Some(_) => {}
    };
    while let Some(report) = next(reports) {
        match report {
            Ok(part) => others.push(part),
            Err(error) => note(error),
        }
    }
    match (own, failure) {
        (Err(own), None | Some(Error::Abandoned)) => Err(own),
        (_, Some(failure)) => Err(failure),
        (Ok(_), None) if others.len() < helpers => Err(Error::Abandoned),
        (Ok(own), None) => Ok(Parts { own, others }),
    }
}

/// The next report; none once every thread has reported or ended. It waits without giving the core
/// away: the calling thread's must not fall into a sleep it has to be woken from.
fn next<T>(reports: &Receiver<T>) -> Option<T> {
    loop {
        match reports.try_recv() {
            Ok(report) => return Some(report),
            Err(TryRecvError::Empty) => thread::yield_now(),
            Err(TryRecvError::Disconnected) => return None,
        }
    }
}
