//! Tests of the catalogue of servers.

use super::version::pinned;
use super::*;

fn parse(text: &str) -> Result<Catalogue, String> {
    Catalogue::parse(text, Path::new("servers.toml"), Path::new("."))
        .map_err(|error| error.to_string())
}

const STANZA: &str = "[[server]]\nname = 'a'\nrole = 'plain'\nprogram = 'x'\nready = 'line'\n";

#[test]
fn the_repositorys_own_is_well_formed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
    let catalogue = Catalogue::load(path).unwrap();
    let names: Vec<&str> = catalogue
        .with_role(Role::Framework)
        .map(|server| server.name.as_str())
        .collect();
    assert_eq!(names, ["axum", "actix-web", "warp", "salvo"]);
    for server in catalogue.with_role(Role::Framework) {
        assert!(
            catalogue.framework_version(server).is_some(),
            "{}",
            server.name
        );
    }
}

#[test]
fn the_originals_are_pinned_held_to_the_data_and_shown_in_the_rest() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
    let catalogue = Catalogue::load(path).unwrap();
    let originals: Vec<&Server> = catalogue.with_role(Role::Original).collect();
    let names: Vec<&str> = originals.iter().map(|server| &*server.name).collect();
    assert_eq!(names, ["fastapi", "quart", "falcon", "sanic"]);
    let case = |id| crate::cases::all().find(|case| case.id == id).unwrap();
    for server in originals {
        assert!(catalogue.framework_version(server).is_some(), "{names:?}");
        assert!(server.is_held_to(case("contract/list-sorted")));
        assert!(!server.is_held_to(case("contract/item-unknown")));
        assert!(server.is_shown_in(case("contract/item-unknown")));
        assert!(!server.is_shown_in(case("load/memory-plateau")));
        assert!(server.directory.as_ref().unwrap().is_absolute());
    }
}

#[test]
fn variants_of_the_originals_are_pinned_and_never_among_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
    let catalogue = Catalogue::load(path).unwrap();
    let base = |stanza: &VariantStanza| catalogue.get(&stanza.inherits).cloned();
    let of_originals = catalogue.variants().iter().filter_map(|stanza| {
        let base = base(stanza).filter(|base| base.role == Role::Original)?;
        Some((stanza.server(&base).unwrap(), base))
    });
    let of_originals: Vec<(Server, Server)> = of_originals.collect();
    assert!(!of_originals.is_empty());
    for (server, base) in of_originals {
        assert!(catalogue.framework_version(&server).is_some(), "{server:?}");
        assert!(server.directory.as_ref().unwrap().is_absolute());
        assert_eq!(server.cases, base.cases);
        assert_eq!(server.known_as(), base.name);
        // What FastAPI is compared with is in one table.
        let of = server.variant.unwrap();
        assert!(
            base.name == "fastapi" || of.against == ["fastapi"],
            "{of:?}"
        );
    }
}

#[test]
fn a_pin_is_found_whatever_its_case() {
    let text = "# of Quart\nHypercorn==0.18.0\nQuart==0.22.0 ; python_version >= '3'\n";
    assert_eq!(pinned(text, "quart").as_deref(), Some("0.22.0"));
    assert_eq!(pinned(text, "flask"), None);
}

#[test]
fn mistakes_are_refused_with_their_line() {
    assert!(parse(STANZA).is_ok());
    let unknown = parse(&format!("{STANZA}colour = 'red'\n")).unwrap_err();
    assert!(unknown.contains("line 6"), "{unknown}");
    let twice = parse(&format!("{STANZA}{STANZA}")).unwrap_err();
    assert!(twice.contains("two servers"), "{twice}");
    let case = parse(&format!("{STANZA}cases = ['contract/no-such']\n")).unwrap_err();
    assert!(case.contains("contract/no-such"), "{case}");
    let slow = STANZA.replace("plain", "calibration");
    assert!(parse(&format!("{slow}slowed_by = '1.5'\n")).is_ok());
    for wrong in ["", "slowed_by = 'x'\n", "slowed_by = '-1'\n"] {
        let error = parse(&format!("{slow}{wrong}")).unwrap_err();
        assert!(error.contains("slowed_by"), "{error}");
    }
    assert!(parse(&format!("{slow}slowed_by = '0'\nlate_by = 50\n")).is_ok());
    let error = parse(&format!("{STANZA}late_by = 50\n")).unwrap_err();
    assert!(error.contains("late_by"), "{error}");
    assert!(parse(&STANZA.replace("plain", "spare")).is_err());
}

#[test]
fn a_variant_inherits_from_a_server_of_the_file() {
    let variant = "[[variant]]\nname = 'b'\ninherits = 'a'\nwith = ['rustflags=-g']\n";
    let catalogue = parse(&format!("{STANZA}{variant}")).unwrap();
    assert_eq!(catalogue.variants()[0].inherits, "a");
    for (wrong, why) in [
        (variant.replace("'a'", "'c'"), "no server `c`"),
        (variant.replace("'b'", "'a'"), "two servers"),
        (variant.repeat(2), "two servers"),
        (variant.replace("with", "without"), "line 9"),
        (format!("{variant}against = ['c']\n"), "no server `c`"),
        (
            format!("{variant}program = 'y'\n"),
            "`difference` is to say",
        ),
        (
            format!("{variant}difference = 'y'\n"),
            "what no key of it has",
        ),
        (
            format!("{variant}program = 'y'\ndifference = 'y'\n"),
            "exclude each other",
        ),
        (variant.replace("'rustflags=-g'", ""), "differs in nothing"),
    ] {
        let error = parse(&format!("{STANZA}{wrong}")).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_crate_of_a_path_is_a_patched_version() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Server::new("a", Role::Framework, "x", Ready::Line);
    server.framework = Some("web".to_owned());
    let version = |lock: &str| {
        fs::write(place.path().join("Cargo.lock"), lock).unwrap();
        let file = place.path().join("servers.toml");
        let catalogue = Catalogue::parse(STANZA, &file, place.path()).unwrap();
        catalogue.framework_version(&server)
    };
    let lock = "[[package]]\nname = 'web'\nversion = '1.2.0'\n";
    assert_eq!(version(lock).as_deref(), Some("1.2.0+patch"));
    let locked = format!("{lock}source = 'registry+x'\n");
    assert_eq!(version(&locked).as_deref(), Some("1.2.0"));
}
