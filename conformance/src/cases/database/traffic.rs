//! Requests that go on while something befalls the database, and what came of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::pulse::Pulse;
use super::stage::is_unavailable;
use crate::{Context, Deviation, Model, ensure};

/// How many ask at once.
pub(super) const CLIENTS: usize = 4;

/// How long each waits before it asks again.
const PAUSE: Duration = Duration::from_millis(40);

/// How long an answer is waited for: what comes later has hung.
const GIVE_UP: Duration = Duration::from_secs(10);

/// How long an answer may take: the contract's second, and half a second for a machine that is shared.
pub(super) const IN_TIME: Duration = Duration::from_millis(1500);

/// How long after the database's return an answer may still be 503: the contract's second, and a
/// quarter.
const RECOVERY: Duration = Duration::from_millis(1250);

/// How long a case waits until it must have recovered for a while.
pub(super) const RECOVERED: Duration = Duration::from_millis(1900);

/// How many wrong answers are kept as evidence.
const MOST_KEPT: usize = 3;

/// Clients that ask for all there is, one after the other, until this ends or is dropped.
#[derive(Debug)]
pub(super) struct Traffic {
    clients: Clients,
    pulse: Pulse,
}

/// Their threads, none of which outlives this.
#[derive(Debug)]
struct Clients {
    threads: Vec<JoinHandle<Vec<Asked>>>,
    is_over: Arc<AtomicBool>,
}

impl Clients {
    /// Has each end, and returns what it asked.
    fn end(&mut self) -> Vec<thread::Result<Vec<Asked>>> {
        self.is_over.store(true, Ordering::Relaxed);
        self.threads.drain(..).map(JoinHandle::join).collect()
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // Nobody asks what came of it any more.
        drop(self.end());
    }
}

/// A request, and what came of it.
#[derive(Debug)]
struct Asked {
    path: String,
    from: Instant,
    to: Instant,
    came: Came,
}

#[derive(Debug)]
enum Came {
    /// What the database holds.
    Right,
    /// That it cannot be read now.
    Unavailable,
    /// Anything else, and why that is wrong.
    Wrong(String),
}

/// All that was asked.
#[derive(Debug)]
pub(super) struct Record {
    asked: Vec<Asked>,
    pulse: Pulse,
}

impl Traffic {
    /// Begins to ask for the list and for each greeting of `models`, any of which is right.
    pub(super) fn begin(view: &Context, models: &[&Model]) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let kept = Arc::new(AtomicUsize::new(0));
        let langs = models.iter().flat_map(|model| model.greetings().keys());
        let mut paths: Vec<String> = langs.map(|lang| format!("/greetings/{lang}")).collect();
        paths.sort();
        paths.dedup();
        let client = |number: usize| {
            let (view, is_over, kept) = (view.clone(), is_over.clone(), kept.clone());
            let models: Vec<Model> = models.iter().copied().cloned().collect();
            let paths = paths.clone();
            thread::spawn(move || {
                let mut asked = Vec::new();
                let mut turn = number;
                while !is_over.load(Ordering::Relaxed) {
                    // Every second is the list.
                    let path = match turn % 2 {
                        0 => "/greetings",
                        _ => paths[turn / 2 % paths.len()].as_str(),
                    };
                    asked.push(ask(&view, path, &models, &kept));
                    turn += CLIENTS + 1;
                    thread::sleep(PAUSE);
                }
                asked
            })
        };
        Self {
            clients: Clients {
                threads: (0..CLIENTS).map(client).collect(),
                is_over,
            },
            pulse: Pulse::of(view),
        }
    }

    /// Waits until so much time was there for the server.
    pub(super) fn go_on_for(&self, time: Duration) {
        self.pulse.wait(Instant::now(), time);
    }

    /// Ends it, and has it told.
    ///
    /// # Errors
    /// A deviation if an answer was wrong, or late.
    pub(super) fn end(self) -> Result<Record, Deviation> {
        let Self { mut clients, pulse } = self;
        let mut asked = Vec::new();
        for client in clients.end() {
            match client {
                Ok(of_client) => asked.extend(of_client),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        asked.sort_by_key(|asked| asked.from);
        let record = Record { asked, pulse };
        record.is_sound()?;
        Ok(record)
    }
}

fn ask(view: &Context, path: &str, models: &[Model], kept: &AtomicUsize) -> Asked {
    let from = Instant::now();
    let aside = view.aside();
    let response = aside.for_at_most(GIVE_UP).get(path);
    let to = Instant::now();
    let came = match response {
        Err(why) => Came::Wrong(why.0),
        Ok(response) => {
            let right = |model: &Model| model.answer("GET", path).check(&response);
            let mut checks = models.iter().map(right);
            if checks.any(|check| check.is_ok()) {
                Came::Right
            } else if response.status == 503 {
                match is_unavailable(&response) {
                    Ok(()) => Came::Unavailable,
                    Err(why) => Came::Wrong(why.0),
                }
            } else {
                let why = models.first().and_then(|model| right(model).err());
                Came::Wrong(why.map_or_else(String::new, |why| why.0))
            }
        }
    };
    if matches!(came, Came::Wrong(_)) && kept.fetch_add(1, Ordering::Relaxed) < MOST_KEPT {
        view.adopt(&aside);
    }
    Asked {
        path: path.to_owned(),
        from,
        to,
        came,
    }
}

impl Record {
    /// Whether each answer was right or 503, and in time.
    fn is_sound(&self) -> Result<(), Deviation> {
        for Asked {
            path,
            from,
            to,
            came,
        } in &self.asked
        {
            if let Came::Wrong(why) = came {
                return Err(Deviation(format!("GET {path}: {why}")));
            }
            let took = self.pulse.had(*from, *to);
            ensure!(
                took <= IN_TIME,
                "GET {path} is answered after {:.1} seconds, not within one",
                took.as_secs_f64()
            );
        }
        Ok(())
    }

    /// Whether all that was asked and answered between the two was 503.
    ///
    /// # Errors
    /// A deviation if something else was answered, or nothing was.
    pub(super) fn was_unavailable(&self, from: Instant, to: Instant) -> Result<(), Deviation> {
        let between = |asked: &&Asked| asked.from > from && asked.to < to;
        let mut within = self.asked.iter().filter(between);
        let right = within.find(|asked| matches!(asked.came, Came::Right));
        if let Some(asked) = right {
            return Err(Deviation(format!(
                "GET {} is 200 while the database cannot be read",
                asked.path
            )));
        }
        // What waits for the database when it goes may be all that is answered while it is away.
        let is_refused = |asked: &Asked| {
            matches!(asked.came, Came::Unavailable) && asked.to > from && asked.to < to
        };
        ensure!(
            self.asked.iter().any(is_refused),
            "nothing is answered while the database cannot be read"
        );
        Ok(())
    }

    /// Whether all that was asked before this was right.
    ///
    /// # Errors
    /// A deviation if something was 503.
    pub(super) fn was_right_until(&self, until: Instant) -> Result<(), Deviation> {
        let before = |asked: &&Asked| asked.to < until;
        let mut before = self.asked.iter().filter(before);
        match before.find(|asked| !matches!(asked.came, Came::Right)) {
            None => Ok(()),
            Some(asked) => Err(Deviation(format!(
                "GET {} is 503 before anything befalls the database",
                asked.path
            ))),
        }
    }

    /// Whether a second after `since` all that is asked is right again.
    ///
    /// # Errors
    /// A deviation that says after `what` it is not.
    pub(super) fn recovered(&self, since: Instant, what: &str) -> Result<(), Deviation> {
        self.recovered_between(since, None, what)
    }

    /// The same, of what is asked and answered until then.
    ///
    /// # Errors
    /// As of [`recovered`](Self::recovered).
    pub(super) fn recovered_between(
        &self,
        since: Instant,
        until: Option<Instant>,
        what: &str,
    ) -> Result<(), Deviation> {
        let mut right = 0;
        for asked in &self.asked {
            let after = self.pulse.had(since, asked.from);
            let is_over = until.is_some_and(|until| asked.to > until);
            if asked.from < since || after <= RECOVERY || is_over {
                continue;
            }
            ensure!(
                matches!(asked.came, Came::Right),
                "{:.1} seconds after {what} GET {} is still 503",
                after.as_secs_f64(),
                asked.path
            );
            right += 1;
        }
        ensure!(right > 0, "after {what} nothing is answered");
        Ok(())
    }
}
