//! The database's password, and whom it is told.

use std::path::Path;
use std::time::Duration;

use super::stage::{Stage, is_unavailable};
use super::{NEEDS, case};
use crate::http::Response;
use crate::postgres::{Options, PASSWORD, Stop};
use crate::servers::{Process, Setting, StartOptions};
use crate::url::percent_encode;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "database/certificate-name",
        "With sslmode=verify-full connections are encrypted, and the database's certificate has to be \
         for its name and of a known authority: otherwise each request for data gets 503.",
        certificate_name,
    ),
    case(
    "database/password-not-told",
    "The database's password is in no log, at the most verbose level, and in no answer: when the \
     database is read, when it is down, when it refuses the password, and when its URL is malformed.",
    password_not_told,
)
.needing(NEEDS_VERBOSE),
];

const NEEDS_VERBOSE: &[Need] = &[NEEDS[0], NEEDS[1], NEEDS[2], Need::Verbose];

/// A password that is wrong, and no less a secret.
const WRONG: &str = "wrong-and-yet-a-secret";

/// How long a process is given to say what it has to say.
const MOMENT: Duration = Duration::from_millis(300);

/// The name that the URLs have here.
const HOST: &str = "localhost";

fn certificate_name(context: &Context) -> Outcome {
    let certified = |name| Options {
        certificate: Some(name),
        ..Options::default()
    };
    let right = Stage::with(context, &certified(HOST))?;
    let wrong = Stage::with(context, &certified("another.invalid"))?;
    let (of_right, of_wrong) = (right.cluster.certificate(), wrong.cluster.certificate());
    let verified = |stage: Stage, root: &Path| {
        let root = percent_encode(&root.to_string_lossy());
        let query = format!("?sslmode=verify-full&sslrootcert={root}");
        let url = stage
            .cluster
            .url_of(&percent_encode(PASSWORD), HOST, &query);
        stage.told(context, url)
    };
    let right = verified(right, &of_right)?;
    let (process, _) = right
        .serve(&[])
        .map_err(|why| Deviation(format!("with a certificate for the database's name: {why}")))?;
    let open = right.manage(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE usename = 'quartet' AND NOT ssl",
    )?;
    ensure!(
        open == "0",
        "with sslmode=verify-full a connection is not encrypted"
    );
    drop(process);
    refuses(&verified(right, &of_wrong)?, "of another authority")?;
    refuses(&verified(wrong, &of_wrong)?, "for another name")
}

/// Checks that nothing is read from a database whose certificate will not do.
fn refuses(stage: &Stage, what: &str) -> Outcome {
    let (_process, view) = stage.start(&[])?;
    is_unavailable(&view.get("/greetings")?)
        .map_err(|why| Deviation(format!("with a certificate {what}, GET /greetings: {why}")))?;
    Ok(Verdict::Conforms)
}

fn password_not_told(context: &Context) -> Outcome {
    let mut stage = Stage::set(context)?;
    let (process, view) = stage.serve(&[Setting::Verbose])?;
    is_silent(&process, &view.get("/greetings/en")?, "while it is read")?;
    let (again, wrong) = {
        let url = stage.cluster.url_of(WRONG, "127.0.0.1", "");
        let other = stage.told(context, url)?;
        let (process, view) = other.start(&[Setting::Verbose])?;
        let answer = view.get("/greetings")?;
        is_unavailable(&answer)
            .map_err(|why| Deviation(format!("with a wrong password, GET /greetings: {why}")))?;
        is_silent(&process, &answer, "when the database refuses it")?;
        let right = other.cluster.url();
        (other.told(context, right)?, process)
    };
    drop(wrong);
    stage = again;
    let stopped = stage.cluster.stop(Stop::Immediate);
    stopped.map_err(|error| context.obstructed(error))?;
    is_silent(
        &process,
        &view.get("/greetings")?,
        "when the database is down",
    )?;
    is_silent(&process, &view.get("/readyz")?, "when the database is down")?;
    let started = stage.cluster.start_again();
    started.map_err(|error| context.obstructed(error))?;
    drop(process);
    malformed(context, stage)
}

/// Checks what a process says of URLs that are none.
fn malformed(context: &Context, mut stage: Stage) -> Outcome {
    let secret = percent_encode(PASSWORD);
    for url in [
        format!("postgres://quartet:{secret}@127.0.0.1:none/quartet"),
        format!("mysql://quartet:{secret}@127.0.0.1:1/quartet"),
    ] {
        stage = stage.told(context, url)?;
        let options: StartOptions = stage.over.options(&[Setting::Verbose])?;
        let with = "a URL that is malformed";
        let mut process = stage.over.spawn(options)?;
        let ended = process.ended_within(Duration::from_secs(10));
        let status = ended.ok_or_else(|| Deviation(format!("with {with} it does not end")))?;
        ensure!(!status.success(), "with {with} it ends with status 0");
        let said = process.stdout_at_end() + &process.stderr_at_end();
        has_no_secret(&said, &format!("with {with}"))?;
    }
    Ok(Verdict::Conforms)
}

/// Checks that neither what a process has said nor an answer tells a password.
fn is_silent(process: &Process, answer: &Response, when: &str) -> Result<(), Deviation> {
    std::thread::sleep(MOMENT);
    has_no_secret(&process.stdout(), when)?;
    has_no_secret(&process.stderr(), when)?;
    let mut octets = String::from_utf8_lossy(&answer.body).into_owned();
    for (name, value) in &answer.headers {
        octets.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value)));
    }
    has_no_secret(&octets, when)
}

fn has_no_secret(said: &str, when: &str) -> Result<(), Deviation> {
    let secrets = [
        PASSWORD.to_owned(),
        percent_encode(PASSWORD),
        WRONG.to_owned(),
    ];
    let tells = said
        .lines()
        .find(|line| secrets.iter().any(|secret| line.contains(secret.as_str())));
    match tells {
        None => Ok(()),
        Some(line) => Err(Deviation(format!(
            "{when}, a password is told: {line:.300}"
        ))),
    }
}
