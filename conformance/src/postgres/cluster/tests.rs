//! Tests of clusters.

use super::*;
use crate::postgres::SessionError;

/// A cluster, unless PostgreSQL is not on this machine, which the suite does without.
fn cluster(locale: Locale) -> Option<Cluster> {
    Installation::get()?;
    let options = Options {
        locale,
        ..Options::default()
    };
    Some(Cluster::start(&options).expect("PostgreSQL starts"))
}

/// Whether a process runs: one that ended and was not waited for does not.
fn runs(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some(Some('Z')))
}

fn one(session: &mut Session) -> Result<Vec<Row>, SessionError> {
    session.until(Instant::now() + STATEMENT);
    session.run("SELECT 1")
}

#[test]
fn it_can_be_asked_stopped_and_started_again() {
    let Some(mut cluster) = cluster(Locale::default()) else {
        return;
    };
    let mut session = cluster.session().unwrap();
    session
        .prepare("say", "SELECT $1::text, NULL, 'b' < 'É'")
        .unwrap();
    let row = session.execute("say", &["it's"]).unwrap();
    assert_eq!(row, [[Some("it's".to_owned()), None, Some("t".to_owned())]]);
    let refused = session.run("SELECT no_such_column").unwrap_err();
    assert!(
        matches!(&refused, SessionError::Refused { code, .. } if code == "42703"),
        "{refused}"
    );
    session
        .run("CREATE TABLE kept (a int); INSERT INTO kept VALUES (3)")
        .unwrap();
    assert_eq!(cluster.backends().unwrap(), [session.process_id() as u32]);
    assert!(session.is_quiet());
    cluster.stop(Stop::Immediate).unwrap();
    assert!(!session.is_quiet() && one(&mut session).is_err());
    assert!(cluster.session().is_err());
    let address = cluster.address();
    cluster.start_again().unwrap();
    assert_eq!(cluster.address(), address);
    let kept = cluster
        .session()
        .unwrap()
        .run("SELECT a FROM kept")
        .unwrap();
    assert_eq!(kept, [[Some("3".to_owned())]]);
    cluster.set("work_mem", Some("5MB")).unwrap();
    cluster.stop(Stop::Fast).unwrap();
    cluster.start_again().unwrap();
    let shown = cluster.manage("SHOW work_mem").unwrap();
    assert_eq!(shown, [[Some("5MB".to_owned())]]);
}

#[test]
fn a_wrong_password_is_refused() {
    let Some(cluster) = cluster(Locale::default()) else {
        return;
    };
    let login = Login {
        password: "wrong".to_owned(),
        ..cluster.login(ROLE)
    };
    let refused = Session::connect(&login, Instant::now() + STATEMENT).unwrap_err();
    assert!(
        matches!(&refused, SessionError::Refused { code, .. } if code == "28P01"),
        "{refused}"
    );
}

#[test]
fn what_is_frozen_does_nothing_and_goes_on() {
    let Some(cluster) = cluster(Locale::default()) else {
        return;
    };
    let mut session = cluster.session().unwrap();
    let another = cluster.session().unwrap();
    let soon = || Instant::now() + Duration::from_millis(200);
    let frozen = cluster.freeze_process(session.process_id() as u32).unwrap();
    session.until(soon());
    assert!(session.run("SELECT 1").is_err());
    assert_eq!(cluster.backends().unwrap().len(), 2);
    session.cancel().unwrap();
    drop(frozen);
    drop((session, another));
    let mut session = cluster.session().unwrap();
    let frozen = cluster.freeze().unwrap();
    session.until(soon());
    assert!(session.run("SELECT 1").is_err());
    assert!(Session::connect(&cluster.login(ROLE), soon()).is_err());
    drop(frozen);
    assert!(one(&mut cluster.session().unwrap()).is_ok());
}

#[test]
fn nothing_is_left_of_it() {
    let Some(cluster) = cluster(Locale::default()) else {
        return;
    };
    let session = cluster.session().unwrap();
    let backend = session.process_id() as u32;
    // Not continued by its handle.
    std::mem::forget(cluster.freeze_process(backend).unwrap());
    let processes = cluster.processes().unwrap();
    let directory = cluster.directory.path().to_owned();
    assert!(processes.contains(&backend) && directory.exists());
    drop(cluster);
    let deadline = Instant::now() + PATIENCE;
    while processes.iter().any(|process| runs(*process)) {
        assert!(Instant::now() < deadline, "of {processes:?} some run");
        std::thread::sleep(POLL);
    }
    assert!(!directory.exists());
}

#[test]
fn a_language_sorts_as_it_does() {
    let sorted = |locale| {
        let statement =
            "SELECT string_agg(t, ' ' ORDER BY t) FROM unnest('{a,B,b,en,EN}'::text[]) t";
        let rows = cluster(locale)?.session().unwrap().run(statement).unwrap();
        rows.into_iter().flatten().flatten().next()
    };
    let Some(code_points) = sorted(Locale::CodePoints) else {
        return;
    };
    assert_eq!(code_points, "B EN a b en");
    assert_eq!(sorted(Locale::SqlAscii).unwrap(), "B EN a b en");
    if Installation::get().is_some_and(|it| it.major() >= 15) {
        assert_eq!(sorted(Locale::Icu("en")).unwrap(), "a b B en EN");
    }
}
