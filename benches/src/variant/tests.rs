//! Tests of variants.

use super::*;
use quartet_record::plan::ArmRole;

use crate::selection;

const SERVERS: &str = "
[[server]]
name = 'a'
role = 'framework'
framework = 'web'
package = 'a'
build = ['cargo', 'build', '--release', '--locked', '--package', 'a', '--bin', 'a']
program = 'a'
ready = 'line'
[[server]]
name = 'b'
role = 'framework'
framework = 'other'
program = '/opt/b'
ready = 'line'
[[variant]]
name = 'a-native'
inherits = 'a'
with = ['rustflags=-C target-cpu=native', 'env.X=1']
";

/// A directory whose name has a space, with a servers.toml.
fn place() -> (tempfile::TempDir, Catalogue) {
    let place = tempfile::Builder::new()
        .prefix("a place")
        .tempdir()
        .unwrap();
    fs::write(place.path().join("servers.toml"), SERVERS).unwrap();
    let catalogue = Catalogue::load(place.path().join("servers.toml")).unwrap();
    (place, catalogue)
}

fn with(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn of(catalogue: &Catalogue, server: &str, texts: &[&str]) -> Result<Variant, String> {
    Variant::of(catalogue, server, &with(texts), Path::new("."))
}

#[test]
fn a_variant_is_built_as_its_server_is_but_for_what_differs() {
    let (_place, mut catalogue) = place();
    let variant = of(
        &catalogue,
        "a",
        &[
            "web=1.0.0",
            "profile.release.lto=fat",
            "features=x",
            "allocator=mimalloc",
        ],
    )
    .unwrap();
    assert_eq!(
        variant.name(),
        "a@1.0.0+profile.release.lto=fat+features=x+mimalloc"
    );
    variant.enter(&mut catalogue).unwrap();
    let server = catalogue.get(variant.name()).unwrap();
    let base = catalogue.get("a").unwrap();
    let (same, more) = server.build.split_at(base.build.len());
    assert_eq!(same, base.build);
    assert_eq!(
        more,
        ["--config", "profile.release.lto=\"fat\"", "--features", "x"]
    );
    assert_eq!(server.known_as(), "a");
    assert!(server.root(Path::new("/")).starts_with(catalogue.root()));
    assert_eq!(base.root(Path::new("/")), Path::new("/"));
}

#[test]
fn a_variable_of_the_environment_needs_no_other_program() {
    let (_place, mut catalogue) = place();
    let variant = of(&catalogue, "b", &["env.X=1"]).unwrap();
    variant.enter(&mut catalogue).unwrap();
    let server = catalogue.get("b+env.X=1").unwrap();
    assert_eq!(server.environment["X"], "1");
    assert_eq!(server.workspace, None);
    let refused = of(&catalogue, "b", &["other=1.0.0"]).unwrap_err();
    assert!(refused.contains("only env.NAME=VALUE"), "{refused}");
}

#[test]
fn what_cannot_be_is_refused() {
    let (_place, catalogue) = place();
    for (server, texts, why) in [
        ("c", &["web=1.0.0"][..], "no server `c`"),
        ("a", &[], "differs in nothing"),
        ("a", &["web=1.0.0", "web=1.1.0"], "exclude each other"),
        ("a", &["rev=HEAD", "rev=HEAD~1"], "exclude each other"),
        ("a", &["fast"], "is no difference"),
    ] {
        let error = of(&catalogue, server, texts).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_list_of_servers_may_name_variants_and_their_bases_are_measured() {
    use ArmRole::{Again, Aside, Compared};
    let (_place, mut catalogue) = place();
    let names = with(&["b", "a@1.0.0", "a-native"]);
    let names = enter(&mut catalogue, &names, Path::new(".")).unwrap();
    assert_eq!(names, ["b", "a@1.0.0", "a-native"]);
    let arms = selection::arms(&catalogue, &names).unwrap();
    let found: Vec<(&str, ArmRole)> = arms.iter().map(|arm| (&*arm.name, arm.role)).collect();
    assert_eq!(
        found,
        [
            ("b", Compared),
            ("a", Compared),
            ("a@1.0.0", Aside),
            ("a-native", Aside),
            ("b (again)", Again)
        ]
    );
    let variant = arms[3].variant.as_ref().unwrap();
    assert_eq!(variant.of, "a");
    assert_eq!(
        variant.differences,
        ["rustflags=-C target-cpu=native", "env.X=1"]
    );
    let error = enter(&mut catalogue, &with(&["a+quick"]), Path::new(".")).unwrap_err();
    assert!(error.contains("`quick` is no difference"), "{error}");
    // `all` is every server, and no variant.
    let all = selection::arms(&catalogue, &with(&["all"])).unwrap();
    assert!(all.iter().all(|arm| arm.variant.is_none()));
}

/// What a servers.toml has more, with an original and its variants.
const ORIGINALS: &str = "
[[server]]
name = 'o'
role = 'original'
framework = 'flask'
program = '/opt/o'
args = ['app']
ready = 'port'
[[server]]
name = 'p'
role = 'original'
program = '/opt/p'
ready = 'port'
[[variant]]
name = 'o-other'
inherits = 'o'
against = ['p']
difference = 'another application'
args = ['other']
";

fn place_with(more: &str) -> (tempfile::TempDir, Catalogue) {
    let (place, _) = place();
    let file = place.path().join("servers.toml");
    fs::write(&file, [SERVERS, more].concat()).unwrap();
    let catalogue = Catalogue::load(file).unwrap();
    (place, catalogue)
}

#[test]
fn words_stand_for_the_originals_and_their_variants() {
    use ArmRole::{Again, Aside, Compared};
    let arms = |word: &str, more: &str| {
        let (_place, mut catalogue) = place_with(more);
        let names = enter(&mut catalogue, &with(&[word]), Path::new("."))?;
        selection::arms(&catalogue, &names)
    };
    let named = |word: &str| -> Vec<(String, ArmRole)> {
        let arms = arms(word, ORIGINALS).unwrap();
        arms.into_iter().map(|arm| (arm.name, arm.role)).collect()
    };
    let expected = |of: &[(&str, ArmRole)]| -> Vec<(String, ArmRole)> {
        of.iter()
            .map(|(name, role)| ((*name).to_owned(), *role))
            .collect()
    };
    let (o, p) = (("o", Compared), ("p", Compared));
    let (other, again) = (("o-other", Aside), ("o (again)", Again));
    assert_eq!(named("originals"), expected(&[o, p, again]));
    let both = [o, p, other, again];
    assert_eq!(named("originals-variants"), expected(&both));
    // What its ratios are to is measured in any case.
    assert_eq!(named("o-other"), expected(&both));
    let all = named("all");
    assert!(all.iter().all(|(name, _)| name != "o-other"), "{all:?}");
    for word in ["originals", "originals-variants"] {
        let error = arms(word, "").unwrap_err();
        assert!(error.starts_with(&format!("no server `{word}`")), "{error}");
    }
}

#[test]
fn a_variant_may_be_described_by_keys_of_its_own() {
    let (place, mut catalogue) = place_with(ORIGINALS);
    let names = enter(&mut catalogue, &with(&["o-other"]), Path::new(".")).unwrap();
    let server = catalogue.get("o-other").unwrap();
    assert_eq!(server.args, ["other"]);
    assert_eq!(server.program, "/opt/o");
    let arms = selection::arms(&catalogue, &names).unwrap();
    let recorded = arms.iter().find(|arm| arm.server == "o-other").unwrap();
    let recorded = recorded.variant.as_ref().unwrap();
    assert_eq!(
        (&*recorded.of, &recorded.differences, &recorded.against),
        ("o", &with(&["another application"]), &with(&["p"]))
    );

    let file = place.path().join("servers.toml");
    let mut again = Catalogue::load(&file).unwrap();
    enter_again(&mut again, &arms).unwrap();
    assert_eq!(again.get("o-other"), catalogue.get("o-other"));
    let changed = [SERVERS, ORIGINALS]
        .concat()
        .replace("another app", "an app");
    fs::write(&file, changed).unwrap();
    let mut changed = Catalogue::load(&file).unwrap();
    let error = enter_again(&mut changed, &arms).unwrap_err();
    assert!(error.starts_with("`o-other` is another variant"), "{error}");

    let pair = enter_pair(
        &mut catalogue,
        "o-other",
        &with(&["env.X=1"]),
        Path::new("."),
    );
    let error = pair.unwrap_err();
    assert!(error.contains("differs by keys of its own"), "{error}");
}

#[test]
fn a_run_is_gone_on_with_by_what_was_noted() {
    let (place, mut catalogue) = place();
    let checkout = place.path().join("my web");
    fs::create_dir(&checkout).unwrap();
    fs::write(checkout.join("Cargo.toml"), "").unwrap();
    let text = format!("a+web={}", checkout.display());
    let names = with(&[&text, "a-native", "b+env.X=2"]);
    let names = enter(&mut catalogue, &names, Path::new(".")).unwrap();
    assert_eq!(names[0], "a+patch");
    let arms = selection::arms(&catalogue, &names).unwrap();
    let recorded = arms.iter().find(|arm| arm.server == "a+patch").unwrap();
    let differences = &recorded.variant.as_ref().unwrap().differences;
    let path = place.path().to_str().unwrap();
    assert!(!differences[0].contains(path), "{differences:?}");

    let mut again = Catalogue::load(place.path().join("servers.toml")).unwrap();
    enter_again(&mut again, &arms).unwrap();
    for name in &names {
        assert_eq!(again.get(name), catalogue.get(name), "{name}");
    }
    fs::remove_dir_all(variants(place.path())).unwrap();
    let mut gone = Catalogue::load(place.path().join("servers.toml")).unwrap();
    let error = enter_again(&mut gone, &arms).unwrap_err();
    assert!(error.ends_with("is gone; start a new run"), "{error}");
}

#[test]
fn a_pair_is_a_variant_beside_its_base_as_the_reference() {
    use ArmRole::{Again, Aside, Reference};
    let (_place, mut catalogue) = place();
    let variant = of(&catalogue, "a", &["allocator=mimalloc"]).unwrap();
    variant.enter(&mut catalogue).unwrap();
    let arms = selection::pair(&catalogue, "a", variant.name()).unwrap();
    let found: Vec<(&str, ArmRole)> = arms.iter().map(|arm| (&*arm.name, arm.role)).collect();
    assert_eq!(
        found,
        [
            ("a", Reference),
            ("a+mimalloc", Aside),
            ("a (again)", Again)
        ]
    );
    for (base, variant, why) in [
        ("a", "a", "`a` is no variant of `a`"),
        ("b", "a+mimalloc", "no variant of `b`"),
        ("c", "a+mimalloc", "no server `c`; the servers are a, b"),
    ] {
        let error = selection::pair(&catalogue, base, variant).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_pair_may_be_two_variants_of_one_server() {
    let (place, mut catalogue) = place();
    let here = Path::new(".");
    let pair = |catalogue: &mut Catalogue, server: &str, texts: &[&str]| {
        enter_pair(catalogue, server, &with(texts), here)
    };
    let [base, variant] = pair(&mut catalogue, "a+mimalloc+web=1.0.0", &["web=1.1.0"]).unwrap();
    assert_eq!([&*base, &variant], ["a@1.0.0+mimalloc", "a@1.1.0+mimalloc"]);
    let arms = selection::pair(&catalogue, &base, &variant).unwrap();
    let (reference, other) = (&arms[0], &arms[1]);
    assert_eq!(reference.variant.as_ref().unwrap().of, "a");
    assert_eq!(other.variant.as_ref().unwrap().of, base);
    assert_eq!(
        other.variant.as_ref().unwrap().differences,
        ["allocator=mimalloc", "web=1.1.0"]
    );
    let mut again = Catalogue::load(place.path().join("servers.toml")).unwrap();
    enter_again(&mut again, &arms).unwrap();
    for name in [&base, &variant] {
        assert_eq!(again.get(name), catalogue.get(name), "{name}");
    }
    let alone = pair(&mut catalogue, "a", &["web=1.1.0"]).unwrap();
    assert_eq!([&*alone[0], &alone[1]], ["a", "a@1.1.0"]);
    for (server, texts, why) in [
        ("a@1.0.0", &["web=1.0.0"][..], "does not differ from itself"),
        ("a@1.0.0", &[], "does not differ from itself"),
        (
            "c@1.0.0",
            &["web=1.0.0"],
            "no server `c`; the servers are a, b",
        ),
    ] {
        let error = pair(&mut catalogue, server, texts).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}
