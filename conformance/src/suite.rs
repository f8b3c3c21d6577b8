//! Running cases against a target.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::evidence::Evidence;
use crate::served::Served;
use crate::slots::{Slot, Slots};
use crate::turns::{self, Turns};
use crate::{Case, Context, Level, Need, Outcome, Pace, REQUESTS, Scale, Target, Verdict, stop};

/// How long past its limit a case may take to notice.
const GRACE: Duration = Duration::from_secs(5);

/// How often a case that is waited for is asked whether the run is to end.
const POLL: Duration = Duration::from_millis(100);

/// How much longer a case may take for each generated request beyond the usual number.
const ON_EACH: Duration = Duration::from_millis(10);

/// The most that a case sends beside the requests that are generated, at [`Scale::Reduced`].
const MOST_SENDS: u32 = 4000;

/// What came of one case on one target.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The case.
    pub case: &'static Case,
    /// How binding it is for the target: for one that does not serve this API, as binding as RFCs
    /// make it.
    pub level: Level,
    /// What makes it deviate and others too, if that is known.
    pub cause: Option<String>,
    /// Its verdict, or what is wrong with the suite itself.
    pub verdict: Result<Verdict, SuiteError>,
    /// What was sent and received.
    pub evidence: Evidence,
    /// How long it took.
    pub took: Duration,
}

/// A fault of the suite, not of the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    /// The case panicked.
    #[error("the case panicked: {0}")]
    Panicked(String),
    /// The case did not end.
    #[error("the case did not end within {0:?}")]
    Hung(Duration),
    /// Something other than the server stood in the way of the experiment.
    #[error("{0}")]
    Obstructed(String),
}

/// Cases of one target, run side by side where they do not disturb each other.
#[derive(Debug)]
pub struct Suite {
    target: Arc<Target>,
    seed: u64,
    scale: Scale,
    requests: u32,
    turns: Arc<Turns>,
    /// Of the instance that cases share which start no process of their own and do not wait.
    instance: Slots,
    served: OnceLock<Arc<Served>>,
}

impl Suite {
    /// A suite for `target`; `seed` decides what is drawn at random.
    pub fn new(target: Target, seed: u64) -> Self {
        Self {
            target: Arc::new(target),
            seed,
            scale: Scale::default(),
            requests: REQUESTS,
            turns: Arc::default(),
            instance: Slots::new(turns::at_once()),
            served: OnceLock::new(),
        }
    }

    /// The same suite, sending as much as `scale` says; at first it is [`Scale::Reduced`].
    pub fn at_scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// The same suite, whose exclusive cases wait for those of every other suite that shares `turns`.
    pub(crate) fn sharing(mut self, turns: &Arc<Turns>) -> Self {
        self.turns = turns.clone();
        self
    }

    /// The same suite for another target.
    pub(crate) fn of(self, target: Target) -> Self {
        Self {
            target: Arc::new(target),
            served: OnceLock::new(),
            ..self
        }
    }

    /// The same suite, generating so many requests where requests are generated.
    pub fn generating(mut self, requests: u32) -> Self {
        self.requests = requests;
        self
    }

    /// How long a case may take in this run: longer where more is asked for.
    fn limit(&self, case: &Case) -> Duration {
        let paced = |pace: &Arc<Pace>| pace.time_of(MOST_SENDS.saturating_add(self.requests));
        let for_pace = self.target.pace.as_ref().map(paced);
        case.limit + ON_EACH * self.requests.saturating_sub(REQUESTS) + for_pace.unwrap_or_default()
    }

    /// The server under test.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What the server turns out to serve, found out when that first matters to a case.
    fn served(&self, case: &Case) -> Option<&Arc<Served>> {
        let find = || Arc::new(Served::find(&self.target));
        Served::matters_to(case).then(|| self.served.get_or_init(find))
    }

    /// Runs one case. One that waits for something, and deviates beside others, is run again when no other runs: its
    /// verdict rests on times, for which it shared the machine.
    pub fn run(&self, case: &'static Case) -> Finding {
        let finding = self.run_once(case);
        match finding.verdict {
            Ok(Verdict::Deviates(_)) if turns::waits(case) && !case.exclusive => {
                self.run_alone(case)
            }
            _ => finding,
        }
    }

    /// The same, whatever comes of it. Exclusive cases wait until no other runs.
    pub fn run_once(&self, case: &'static Case) -> Finding {
        let is_missing = |need: &&Need| !self.target.provides.contains(need);
        let missing = case.needs.iter().find(is_missing).copied();
        if let Some(need) = missing.or_else(|| self.served(case)?.lacks(case)) {
            return Finding {
                case,
                level: self.level(case),
                cause: None,
                verdict: Ok(Verdict::NotApplicable(need.missing().to_owned())),
                evidence: Evidence::default(),
                took: Duration::ZERO,
            };
        }
        if case.exclusive {
            return self.run_alone(case);
        }
        // Before the case's time begins.
        let has_database = case.needs.contains(&Need::Postgres);
        let _database = has_database.then(|| turns::databases().take());
        let _together = self.turns.together();
        let is_at_the_instance = !case.needs.contains(&Need::Process) && !turns::waits(case);
        let _instance = is_at_the_instance.then(|| self.instance.take());
        self.experiment(case, Some(turns::working().take()))
    }

    fn run_alone(&self, case: &'static Case) -> Finding {
        let _alone = self.turns.alone();
        let _working = turns::working().take();
        self.experiment(case, None)
    }

    /// The same, or nothing if the run ends before the case has decided.
    fn run_unless_stopped(&self, case: &'static Case) -> Option<Finding> {
        if stop::is_requested() {
            return None;
        }
        let finding = self.run(case);
        let is_doubtful = !matches!(
            finding.verdict,
            Ok(Verdict::Conforms | Verdict::Differs(_) | Verdict::NotApplicable(_))
        );
        let is_stopped = stop::is_requested() || is_doubtful && stop::is_about_to_be_requested();
        (!is_stopped).then_some(finding)
    }

    /// Runs `cases` side by side and hands each finding to `found` as it comes. What that returns is
    /// returned in the order of `cases`; of a run that ends early, of those that are decided.
    pub fn run_all<T: Send>(
        &self,
        cases: &[&'static Case],
        found: impl Fn(Finding) -> T + Sync,
    ) -> Vec<T> {
        let mut queue: Vec<_> = cases.iter().copied().enumerate().collect();
        queue.sort_by_key(|(_, case)| turns::order(case));
        let is_exclusive = |(_, case): &(usize, &Case)| case.exclusive;
        let waits = |(_, case): &(usize, &Case)| turns::waits(case);
        let (exclusive, queue) = queue.into_iter().partition::<Vec<_>, _>(is_exclusive);
        let (waiting, others) = queue.into_iter().partition::<Vec<_>, _>(waits);
        let queues = [others, waiting, exclusive].map(|queue| Mutex::new(queue.into_iter()));
        let next = |queue: usize| {
            let queue = queues[queue].lock();
            queue.unwrap_or_else(PoisonError::into_inner).next()
        };
        let results = Mutex::new(Vec::with_capacity(cases.len()));
        let threads = match (&self.target.pace, &self.target.launch) {
            // Side by side they would take each other's turns, and their time.
            (Some(_), _) => 1,
            (None, None) => turns::at_once(),
            (None, Some(_)) => turns::with_those_that_wait(),
        };
        let threads = threads.min(cases.len());
        // As many as work at once are for those that work, and the others for those that wait, as
        // long as there are any. One at least is for those that wait.
        let for_work = turns::at_once().min(threads.saturating_sub(1));
        let work = |first: usize| {
            let take = || next(first).or_else(|| next(1 - first)).or_else(|| next(2));
            while let Some((index, case)) = take() {
                let Some(finding) = self.run_unless_stopped(case) else {
                    break;
                };
                let result = (index, found(finding));
                let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                results.push(result);
            }
        };
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let first = usize::from(thread >= for_work);
                let work = &work;
                scope.spawn(move || work(first));
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// How binding a case is for this target.
    fn level(&self, case: &Case) -> Level {
        self.served(case)
            .map_or(case.level, |served| served.level(case))
    }

    /// What a case concluded. Where only the contract asks for it, of a server that does not serve
    /// this API, its answer is another that is legal.
    fn verdict(&self, case: &Case, outcome: Outcome) -> Verdict {
        match outcome.unwrap_or_else(|why| Verdict::Deviates(why.0)) {
            Verdict::Deviates(why)
                if self.level(case) == Level::Info && case.level != Level::Info =>
            {
                Verdict::Differs(why)
            }
            verdict => verdict,
        }
    }

    /// Runs the case on a thread of its own, so that one that hangs does not hold up the rest. The
    /// place of who works is given back once it waits.
    fn experiment(&self, case: &'static Case, working: Option<Slot<'_>>) -> Finding {
        let start = Instant::now();
        let limit = self.limit(case);
        let mut context = Context::new(self.target.clone(), start + limit, self.seed, self.scale)
            .generating(self.requests);
        if let Some(served) = self.served(case) {
            context = context.knowing(served.clone());
        }
        let (done, result) = mpsc::channel();
        let own = context.clone();
        let begin = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| (case.run)(&own)));
            // What it keeps running must not outlive the run by this thread.
            drop(own);
            // The receiver is gone only when the case took too long, which is reported there.
            let _ = done.send(outcome);
        };
        // Its turn may have come only because the run is to end: then nobody waits for it.
        if !stop::is_requested() {
            std::thread::spawn(begin);
        } else {
            drop(begin);
        }
        let end = start + limit + GRACE;
        let verdict = match wait(&result, end.min(start + turns::works(case))).or_else(|| {
            drop(working);
            wait(&result, end)
        }) {
            Some(Ok(outcome)) => match context.obstacle() {
                Some(why) => Err(SuiteError::Obstructed(why.to_owned())),
                None => Ok(self.verdict(case, outcome)),
            },
            Some(Err(panic)) => Err(SuiteError::Panicked(message(&*panic))),
            None => match context.progress() {
                // It waited for the server all this time.
                Some(progress) => Ok(Verdict::Deviates(format!(
                    "in {:.0} seconds {progress}",
                    (limit + GRACE).as_secs_f64()
                ))),
                None => Err(SuiteError::Hung(limit + GRACE)),
            },
        };
        Finding {
            case,
            level: self.level(case),
            cause: context.cause().map(str::to_owned),
            verdict,
            evidence: context.take_evidence(),
            took: start.elapsed(),
        }
    }
}

/// Waits for what a case comes to, until then or until the run is to end.
fn wait<T>(result: &mpsc::Receiver<T>, until: Instant) -> Option<T> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match result.recv_timeout(left.min(POLL)) {
            Ok(outcome) => return Some(outcome),
            Err(mpsc::RecvTimeoutError::Timeout) if !left.is_zero() && !stop::is_requested() => {}
            Err(_) => return None,
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{BaseUrl, Deviation};

    /// A case that deviates when it is run for the first time.
    macro_rules! deviates_at_first {
        ($needs:expr) => {{
            static CASE: Case = Case::must("lifecycle/late", "a test", "It is not late.", |_| {
                static RUNS: AtomicUsize = AtomicUsize::new(0);
                match RUNS.fetch_add(1, Ordering::Relaxed) {
                    0 => Err(Deviation("late".to_owned())),
                    _ => Ok(Verdict::Conforms),
                }
            })
            .needing($needs);
            &CASE
        }};
    }

    #[test]
    fn a_case_that_waits_and_deviates_is_run_again_alone() {
        let mut target = Target::new("none", BaseUrl::parse("http://127.0.0.1:1/").unwrap());
        target.provides = [Need::Postgres, Need::IdleTimeout, Need::Process].into();
        let suite = Suite::new(target, 1);
        let verdict = |case| suite.run(case).verdict.unwrap();
        assert!(matches!(
            verdict(deviates_at_first!(&[Need::Postgres])),
            Verdict::Conforms
        ));
        assert!(matches!(
            verdict(deviates_at_first!(&[Need::Process])),
            Verdict::Deviates(_)
        ));
    }
}
