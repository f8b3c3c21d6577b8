//! Which servers are chosen, of catalogues that are made up.

use super::*;

/// Frameworks `a` and `b`, `a-plain`, and both floors.
fn catalogue(name: &str) -> Catalogue {
    catalogue_with(name, "")
}

/// Those, and more.
fn catalogue_with(name: &str, more: &str) -> Catalogue {
    let stanza = |name, role| {
        format!("[[server]]\nname = '{name}'\nrole = '{role}'\nprogram = 'x'\nready = 'line'\n")
    };
    let text = [
        stanza("hyper", "baseline"),
        stanza("a", "framework"),
        stanza("b", "framework"),
        stanza("a-plain", "plain"),
        stanza("null", "baseline"),
        more.to_owned(),
    ]
    .concat();
    let file = std::env::temp_dir().join(format!("quartet-{name}-{}", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let catalogue = Catalogue::load(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    catalogue
}

fn names(arms: &[Arm]) -> Vec<(&str, ArmRole)> {
    arms.iter()
        .map(|arm| (arm.name.as_str(), arm.role))
        .collect()
}

/// The lanes that no server of these takes part in.
fn further() -> Vec<Lane> {
    let own = [Lane::Large, Lane::DbItem, Lane::DbList, Lane::Custom];
    own.into_iter().chain(Lane::POSTED).collect()
}

#[test]
fn frameworks_are_chosen_where_nothing_is() {
    use ArmRole::{Again, Compared, Floor, Reference};
    let arms = arms(&catalogue("default"), &[]).unwrap();
    assert_eq!(
        names(&arms),
        [
            ("a", Compared),
            ("b", Compared),
            ("a (again)", Again),
            ("hyper", Reference),
            ("null", Floor)
        ]
    );
    assert_eq!(arms[2].server, "a");
    assert_eq!(arms[2].without, further());
}

#[test]
fn what_does_less_work_is_shown_aside_and_nothing_twice() {
    use ArmRole::{Again, Aside, Compared, Floor, Reference};
    let wanted = ["a-plain", "b", "all"].map(str::to_owned);
    let arms = arms(&catalogue("all"), &wanted).unwrap();
    assert_eq!(
        names(&arms),
        [
            ("a-plain", Aside),
            ("b", Compared),
            ("a", Compared),
            ("b (again)", Again),
            ("hyper", Reference),
            ("null", Floor)
        ]
    );
}

#[test]
fn what_has_no_problems_stays_out_of_what_asks_for_them() {
    let original = "[[server]]\nname = 'o'\nrole = 'original'\nprogram = 'x'\nready = 'port'\n";
    let catalogue = catalogue_with("originals", original);
    let arms = arms(&catalogue, &["b", "a-plain", "o"].map(str::to_owned)).unwrap();
    let without = |name: &str| {
        let arm = arms.iter().find(|arm| arm.name == name).unwrap();
        arm.without.clone()
    };
    for name in ["a-plain", "o"] {
        let data_alone = [Lane::Miss, Lane::Revalidate];
        assert_eq!(without(name)[..2], data_alone, "{name}");
        assert_eq!(without(name)[2..], further(), "{name}");
    }
    for name in ["b", "hyper", "null"] {
        assert_eq!(without(name), further(), "{name}");
    }
}

#[test]
fn servers_of_the_command_line_have_a_copy_of_their_own() {
    use ArmRole::{Again, Compared, Floor, Reference};
    let mut catalogue = catalogue("own");
    for name in ["mine", "yours"] {
        let mut server = Server::of_command_line("server {port}").unwrap();
        server.name = name.to_owned();
        catalogue.add(server);
    }
    let own = ["mine", "yours"].map(str::to_owned);
    let alone = arms_with(&catalogue, &[], &own, false).unwrap();
    assert_eq!(
        names(&alone),
        [
            ("mine", Compared),
            ("yours", Compared),
            ("mine (again)", Again),
            ("hyper", Reference),
            ("null", Floor)
        ]
    );
    assert!(
        alone[..3]
            .iter()
            .all(|arm| !arm.without.contains(&Lane::Custom))
    );
    assert!(
        alone[..3]
            .iter()
            .all(|arm| arm.without.len() == Lane::ALL.len() - 1)
    );
    let beside = arms_with(&catalogue, &["b".to_owned()], &own, false).unwrap();
    let beside: Vec<&str> = beside.iter().map(|arm| arm.name.as_str()).collect();
    let expected = [
        "b",
        "mine",
        "yours",
        "b (again)",
        "mine (again)",
        "hyper",
        "null",
    ];
    assert_eq!(beside, expected);
    let usual = arms_with(&catalogue, &[], &own[..1], true).unwrap();
    assert_eq!(usual.len(), 7, "{usual:?}");
    let none = arms_with(&catalogue, &[], &[], false).unwrap();
    assert_eq!(none, arms(&catalogue, &[]).unwrap());
    let all = arms(&catalogue, &["all".to_owned()]).unwrap();
    assert!(all.iter().all(|arm| arm.name != "mine"));
}

#[test]
fn unknown_names_are_refused_with_those_there_are() {
    let catalogue = catalogue("unknown");
    let error = arms(&catalogue, &["c".to_owned()]).unwrap_err();
    assert_eq!(
        error,
        "no server `c`; the servers are a, b, a-plain, or `all`, `originals` or `originals-variants`"
    );
    assert!(
        arms(&catalogue, &["null".to_owned()])
            .unwrap_err()
            .contains("always measured")
    );
}
#[test]
fn what_is_there_for_calibration_is_never_ranked() {
    let stanza = |name: &str, percent: &str| {
        format!(
            "[[server]]\nname = '{name}'\nrole = 'calibration'\nslowed_by = '{percent}'\n\
             program = 'x'\nready = 'line'\n"
        )
    };
    let slow = [stanza("slow", "3"), stanza("control", "0")].concat();
    let with_slow = catalogue_with("calibration", &slow);
    let all = arms(&with_slow, &["all".to_owned()]).unwrap();
    assert!(
        all.iter()
            .all(|arm| !["slow", "control"].contains(&arm.server.as_str()))
    );
    let refused = arms(&with_slow, &["slow".to_owned()]).unwrap_err();
    assert!(
        refused.contains("only for `cargo compare calibrate`"),
        "{refused}"
    );

    use ArmRole::{Again, Aside, Compared, Floor, Reference};
    assert_eq!(
        names(&calibration(&with_slow).unwrap()),
        [
            ("control", Compared),
            ("control (twin)", Aside),
            ("slow", Aside),
            ("control (again)", Again),
            ("hyper", Reference),
            ("null", Floor)
        ]
    );
    let none = calibration(&catalogue("uncalibrated")).unwrap_err();
    assert!(none.contains("role `calibration`"), "{none}");
}

/// Frameworks `a` and `b`, each with a program whose features are measured.
fn with_programs(name: &str) -> Catalogue {
    let stanza = |framework: &str| {
        format!(
            "[[server]]\nname = '{framework}-features'\nrole = 'features'\nframework = '{framework}'\n\
             program = 'x'\nready = 'line'\n"
        )
    };
    catalogue_with(name, &[stanza("a"), stanza("b")].concat())
}

#[test]
fn what_has_features_is_for_its_own_command() {
    let catalogue = with_programs("features");
    let names = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
        let found = with_features(&catalogue, &wanted)?;
        Ok::<_, String>(found.iter().map(|one| one.name.clone()).collect::<Vec<_>>())
    };
    assert_eq!(names(&[]).unwrap(), ["a-features", "b-features"]);
    assert_eq!(names(&["b"]).unwrap(), ["b-features"]);
    assert_eq!(names(&["a-features"]).unwrap(), ["a-features"]);
    let unknown = names(&["c"]).unwrap_err();
    assert_eq!(unknown, "no program with features on `c`; there are a, b");
    let refused = arms(&catalogue, &["a-features".to_owned()]).unwrap_err();
    assert!(
        refused.contains("only for `cargo compare features`"),
        "{refused}"
    );
    let all = arms(&catalogue, &[ALL.to_owned()]).unwrap();
    assert!(all.iter().all(|arm| !arm.server.ends_with("-features")));
    let none = with_features(&self::catalogue("no features"), &[]).unwrap_err();
    assert!(none.contains("role `features`"), "{none}");
}

#[test]
fn a_program_is_asked_for_one_greeting_and_posts() {
    use ArmRole::{Again, Aside, Floor, Reference};
    let catalogue = with_programs("posts");
    let programs = ["a-features", "b-features", "a-features"].map(str::to_owned);
    let arms = features(&catalogue, &programs).unwrap();
    assert_eq!(
        names(&arms),
        [
            ("a-features", Aside),
            ("b-features", Aside),
            ("a-features (again)", Again),
            ("hyper", Reference),
            ("null", Floor)
        ]
    );
    let takes_part = |arm: &Arm, lane| !arm.without.contains(&lane);
    for (arm, posts) in arms.iter().zip([true, true, true, false, false]) {
        assert!(takes_part(arm, Lane::Item));
        assert!(
            Lane::POSTED
                .iter()
                .all(|&lane| takes_part(arm, lane) == posts)
        );
    }
    for lane in [Lane::List, Lane::Miss, Lane::Revalidate, Lane::Large] {
        assert!(!takes_part(&arms[0], lane), "{}", lane.name());
    }
    assert!(features(&catalogue, &[]).is_err());
}
