use super::*;

fn release(version: &str, published: &str) -> Release {
    Release {
        version: version.to_owned(),
        published: Some(format!("{published}T10:00:00Z")),
        rust_version: None,
        breaking: false,
        yanked: false,
    }
}

/// Two frameworks and one crate that they stand on.
pub(crate) fn upkeep() -> Upkeep {
    let published = |name: &str, framework: Option<&str>, releases| Published {
        name: name.to_owned(),
        framework: framework.map(str::to_owned),
        releases,
    };
    let rust = |release: Release, version: &str| Release {
        rust_version: Some(version.to_owned()),
        ..release
    };
    let breaking = |release| Release {
        breaking: true,
        ..release
    };
    let axum = vec![
        release("0.1.0", "2020-01-01"),
        rust(breaking(release("0.7.0", "2023-11-27")), "1.66"),
        breaking(release("0.8.0-alpha.1", "2025-01-01")),
        rust(breaking(release("0.8.0", "2025-02-01")), "1.75"),
        rust(release("0.8.1", "2026-02-01"), "1.75.0"),
        Release {
            yanked: true,
            ..rust(release("0.8.2", "2026-03-01"), "1.80")
        },
    ];
    let advisory = |id: &str, package: &str, affects: &[&str]| Advisory {
        id: id.to_owned(),
        package: package.to_owned(),
        date: "2022-08-31".to_owned(),
        title: "Too <much> | memory".to_owned(),
        kind: "vulnerability".to_owned(),
        severity: Some("high".to_owned()),
        patched: vec![">=0.2.8".to_owned()],
        affects: affects.iter().map(|&name| name.to_owned()).collect(),
    };
    Upkeep {
        schema_version: SCHEMA_VERSION,
        registry: Registry {
            read: "2026-11-29T06:00:00Z".to_owned(),
            crates: vec![
                published("axum", Some("axum"), axum),
                published("warp", Some("warp"), vec![release("0.4.3", "2026-01-01")]),
                published("hyper", None, vec![release("1.0.0", "2023-11-15")]),
            ],
        },
        advisories: Advisories {
            read: "2026-11-29T06:00:00Z".to_owned(),
            commit: Some("0123456789abcdef".to_owned()),
            committed: Some("2026-08-21T08:28:40+02:00".to_owned()),
            frameworks: vec![Framework {
                framework: "axum".to_owned(),
                version: "0.8.1".to_owned(),
                own_crates: vec!["axum".to_owned(), "axum-core".to_owned()],
                crates: 110,
            }],
            list: vec![
                advisory("RUSTSEC-2022-0055", "axum-core", &[]),
                advisory("RUSTSEC-2026-0001", "bytes", &["axum"]),
                advisory("RUSTSEC-2021-0078", "hyper", &[]),
            ],
        },
    }
}

#[test]
fn releases_are_counted_back_from_the_day_they_were_read() {
    let upkeep = upkeep();
    let axum = upkeep.of("axum").unwrap();
    let names = |years| {
        let lately = upkeep.lately(axum, years);
        let names = lately.iter().map(|it| it.version.as_str());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(1), ["0.8.1", "0.8.2"]);
    assert_eq!(names(2), ["0.8.0", "0.8.1", "0.8.2"]);
    assert_eq!(axum.newest().unwrap().version, "0.8.1");
    assert_eq!(axum.last_breaking().unwrap().version, "0.8.0");
    assert_eq!(axum.first().unwrap().day(), "2020-01-01");
    // 1.66 to 1.75, and 1.80; 1.75.0 is 1.75.
    assert_eq!((upkeep.raises(axum, 2), upkeep.raises(axum, 1)), (2, 1));
    assert_eq!(upkeep.age(axum.newest().unwrap()), Some(300));
    assert!(upkeep.of("hyper").is_none() && upkeep.of("salvo").is_none());
}

#[test]
fn a_frameworks_advisories_are_those_of_its_own_crates() {
    let upkeep = upkeep();
    let ids = |name: &str| {
        let mut crates = upkeep.registry.crates.iter();
        let one = crates.find(|one| one.name == name).unwrap();
        let about = upkeep.about(one);
        about.iter().map(|it| it.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(ids("axum"), ["RUSTSEC-2022-0055"]);
    assert_eq!(ids("hyper"), ["RUSTSEC-2021-0078"]);
    assert!(ids("warp").is_empty());
    assert_eq!(upkeep.open("axum")[0].package, "bytes");
}

#[test]
fn what_is_written_is_read_with_a_release_a_line() {
    let upkeep = upkeep();
    let place = std::env::temp_dir().join(format!("quartet-upkeep-{}.json", std::process::id()));
    let text = upkeep.text().unwrap();
    fs::write(&place, &text).unwrap();
    let read = Upkeep::read(&place).unwrap();
    fs::write(&place, text.replace("_version\": 1", "_version\": 9")).unwrap();
    let other = Upkeep::read(&place).unwrap_err();
    fs::remove_file(&place).unwrap();
    assert_eq!(read.unwrap(), upkeep);
    let line = text.lines().find(|line| line.contains("0.8.1\"")).unwrap();
    assert!(line.starts_with('{') && line.ends_with("},"), "{line}");
    assert!(other.to_string().ends_with("version 9, not 1"), "{other}");
    assert_eq!(Upkeep::read(&place).unwrap(), None);
}

#[test]
fn a_page_has_the_dates_of_both_sources_and_every_advisory() {
    let page = page(&upkeep()).unwrap();
    for part in [
        "index on 2026-11-29",
        "database of 2026-08-21 (commit 0123456789ab)",
        "| question | axum | warp | hyper |",
        "| Yanked releases, in two years |",
        "| 1; last: 0.8.0, 2025-02-01 | 0 | 0 |",
        "| 0.8.1, 2026-02-01; 2 in a year |",
        "| 1.75.0; raised 2 times in two years | not stated |",
        "| 1; newest: 2022-08-31 | 0 |",
        "[RUSTSEC-2022-0055](https://rustsec.org/advisories/RUSTSEC-2022-0055.html): 2022-08-31, axum-core",
        "| 1; 110 crates |",
        "1 of 3; 0.8.2",
        "bytes (vulnerability, severity high; patched in >=0.2.8): Too <much>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}
