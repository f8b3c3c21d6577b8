//! The database goes away, hangs, or changes, and comes back.

use std::time::{Duration, Instant};

use super::stage::Stage;
use super::traffic::{IN_TIME, RECOVERED, Traffic};
use super::{NEEDS_PROC, case};
use crate::postgres::{Frozen, PASSWORD, Stop};
use crate::{Case, Context, Deviation, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "database/stopped",
        "While the database is down, each request for data gets 503 within a second; a second after \
         the database's return everything is served again, without a restart.",
        stopped,
    ),
    case(
        "database/restarted",
        "A second after a restart of the database everything is served again.",
        restarted,
    ),
    case(
        "database/crashed",
        "A second after the database has recovered from a crash of one of its processes everything \
         is served again.",
        crashed,
    )
    .needing(NEEDS_PROC),
    case(
        "database/frozen",
        "While the database hangs, each request for data gets 503 within a second; a second after it \
         goes on everything is served again.",
        frozen,
    )
    .needing(NEEDS_PROC),
    case(
        "database/frozen-connection",
        "A connection that hangs is replaced: a second later everything is served, while it still \
         hangs.",
        |context| frozen_connections(context, 1),
    )
    .needing(NEEDS_PROC),
    case(
        "database/frozen-connections",
        "If all connections hang, they are replaced: a second later everything is served, while they \
         still hang.",
        |context| frozen_connections(context, usize::MAX),
    )
    .needing(NEEDS_PROC),
    case(
        "database/column-changed",
        "A second after the type of a column has changed, and again after it has changed back, \
         everything is served.",
        column_changed,
    ),
    case(
        "database/table-away",
        "While the table is not there, or may not be read, each request for data gets 503; a second \
         after its return everything is served again.",
        table_away,
    ),
    case(
        "database/password-changed",
        "While the database does not accept the password, each request for data gets 503; a second \
         after it does everything is served again.",
        password_changed,
    ),
];

/// How long everything goes well at first.
const BEFORE: Duration = Duration::from_millis(300);

/// How long connections hang: until the server must have recovered, and then for longer than a request may wait that is
/// sent to one of them all the same.
const HANGING: Duration = RECOVERED.saturating_add(IN_TIME);

/// How long the database is away: longer than a request may wait.
const OUTAGE: Duration = Duration::from_millis(1600);

/// What goes on while something befalls the database, and when that begins and ends.
struct Scene<'a> {
    context: &'a Context,
    stage: Stage,
    traffic: Traffic,
    _process: crate::servers::Process,
}

impl<'a> Scene<'a> {
    /// A server over a database, with requests that are answered well.
    fn set(context: &'a Context) -> Result<Self, Deviation> {
        let stage = Stage::set(context)?;
        let (process, view) = stage.serve(&[])?;
        let traffic = Traffic::begin(&view, &[view.model()]);
        traffic.go_on_for(BEFORE);
        Ok(Self {
            context,
            stage,
            traffic,
            _process: process,
        })
    }

    /// The database is away from when `go` has ended until `come_back` is called.
    fn outage<T>(
        mut self,
        go: impl FnOnce(&mut Stage) -> Result<T, Deviation>,
        come_back: impl FnOnce(&mut Stage, T) -> Result<(), Deviation>,
        what: &str,
    ) -> Outcome {
        let before = Instant::now();
        let gone = go(&mut self.stage)?;
        let from = Instant::now();
        self.traffic.go_on_for(OUTAGE);
        let to = Instant::now();
        come_back(&mut self.stage, gone)?;
        let back = Instant::now();
        self.traffic.go_on_for(RECOVERED);
        let record = self.traffic.end()?;
        record.was_right_until(before)?;
        record.was_unavailable(from, to)?;
        record.recovered(back, what)?;
        Ok(Verdict::Conforms)
    }
}

fn stopped(context: &Context) -> Outcome {
    let obstructed = |error| context.obstructed(error);
    Scene::set(context)?.outage(
        |stage| stage.cluster.stop(Stop::Immediate).map_err(obstructed),
        |stage, ()| stage.cluster.start_again().map_err(obstructed),
        "the database's return",
    )
}

fn restarted(context: &Context) -> Outcome {
    let mut scene = Scene::set(context)?;
    let cluster = &mut scene.stage.cluster;
    let restarted = cluster
        .stop(Stop::Fast)
        .and_then(|()| cluster.start_again());
    restarted.map_err(|error| context.obstructed(error))?;
    scene.recovers("a restart of the database")
}

impl Scene<'_> {
    /// Everything is served again from a second after now on.
    fn recovers(self, what: &str) -> Outcome {
        let since = Instant::now();
        self.traffic.go_on_for(RECOVERED);
        self.traffic.end()?.recovered(since, what)?;
        Ok(Verdict::Conforms)
    }

    /// The processes that serve connections of the server's, at least one: first the one that was
    /// asked last.
    fn backends(&self) -> Result<Vec<u32>, Deviation> {
        let rows = self.stage.cluster.manage(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'quartet' \
             ORDER BY query_start DESC NULLS LAST",
        );
        let rows = rows.map_err(|error| self.context.obstructed(error))?;
        let pids = rows.into_iter().flatten().flatten();
        let backends: Vec<u32> = pids.filter_map(|pid| pid.parse().ok()).collect();
        match backends.is_empty() {
            true => Err(Deviation(
                "it keeps no connection to the database".to_owned(),
            )),
            false => Ok(backends),
        }
    }
}

fn crashed(context: &Context) -> Outcome {
    let scene = Scene::set(context)?;
    // As the system does that is out of memory: the others end, and begin anew.
    for backend in scene.backends()?.into_iter().take(1) {
        let killed = scene.stage.cluster.kill_process(backend);
        killed.map_err(|error| context.obstructed(error))?;
    }
    // It has recovered once it can be asked.
    let deadline = Instant::now() + OUTAGE * 5;
    std::thread::sleep(Duration::from_millis(50));
    while let Err(error) = scene.stage.cluster.manage("SELECT 1") {
        if Instant::now() > deadline {
            return Err(context.obstructed(error));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    scene.recovers("the database's recovery from a crash")
}

fn frozen(context: &Context) -> Outcome {
    Scene::set(context)?.outage(
        |stage| {
            let frozen = stage.cluster.freeze();
            frozen.map_err(|error| context.obstructed(error))
        },
        |_, frozen: Frozen| {
            drop(frozen);
            Ok(())
        },
        "the database goes on",
    )
}

fn frozen_connections(context: &Context, most: usize) -> Outcome {
    let scene = Scene::set(context)?;
    let backends = scene.backends()?;
    let freeze = |backend: &u32| {
        let frozen = scene.stage.cluster.freeze_process(*backend);
        frozen.map_err(|error| context.obstructed(error))
    };
    let frozen = backends.iter().take(most).map(freeze);
    let frozen: Vec<Frozen> = frozen.collect::<Result<_, _>>()?;
    let since = Instant::now();
    scene.traffic.go_on_for(HANGING);
    let thawed = Instant::now();
    drop(frozen);
    scene.traffic.go_on_for(BEFORE);
    let record = scene.traffic.end()?;
    let what = match most {
        1 => "a connection hangs",
        _ => "its connections hang",
    };
    record.recovered_between(since, Some(thawed), what)?;
    record.recovered(since, what)?;
    Ok(Verdict::Conforms)
}

fn column_changed(context: &Context) -> Outcome {
    let scene = Scene::set(context)?;
    let mut changes = Vec::new();
    for kind in ["varchar(200)", "text"] {
        scene.stage.run(&format!(
            "ALTER TABLE greetings ALTER COLUMN text TYPE {kind}"
        ))?;
        let since = Instant::now();
        scene.traffic.go_on_for(RECOVERED);
        changes.push((since, Instant::now(), kind));
    }
    let record = scene.traffic.end()?;
    for (since, until, kind) in changes {
        let what = format!("a column has become {kind}");
        record.recovered_between(since, Some(until), &what)?;
    }
    Ok(Verdict::Conforms)
}

fn table_away(context: &Context) -> Outcome {
    for (go, come_back) in [
        (
            "ALTER TABLE greetings RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO greetings",
        ),
        (
            "REVOKE ALL ON greetings FROM quartet",
            "GRANT ALL ON greetings TO quartet",
        ),
    ] {
        Scene::set(context)?.outage(
            |stage| stage.manage(go).map(drop),
            |stage, ()| stage.manage(come_back).map(drop),
            "the table's return",
        )?;
    }
    Ok(Verdict::Conforms)
}

fn password_changed(context: &Context) -> Outcome {
    let set = |stage: &Stage, password: &str| {
        let changed = stage.manage(&format!("ALTER ROLE quartet PASSWORD '{password}'"));
        changed.and_then(|_| stage.end_connections())
    };
    Scene::set(context)?.outage(
        |stage| set(stage, "another"),
        |stage, ()| set(stage, PASSWORD),
        "the password is right again",
    )
}
