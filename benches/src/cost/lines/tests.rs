use super::*;

#[test]
fn blank_lines_comments_and_tests_do_not_count() {
    let text = "//! About.\n\nuse a;\n\n// why\nfn f() {\n    g(); // here\n}\n\n\
                #[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
    let expected = Count {
        all: 4,
        workarounds: 0,
    };
    assert_eq!(count(text), expected);
}

#[test]
fn an_item_under_an_issue_is_a_workaround() {
    let text = "/// Answers (tokio-rs/axum#728), and\n/// more.\nfn f() {\n    g();\n}\n\nfn h() {\n\
                \x20   // Not so: seanmonstar/warp#1.\n    let x =\n        y;\n    x\n}\n";
    let expected = Count {
        all: 8,
        workarounds: 5,
    };
    assert_eq!(count(text), expected);
}

#[test]
fn a_type_takes_its_implementations_along() {
    let text = "/// hyperium/hyper#3777\n#[derive(Clone)]\nstruct Check<S> {\n    inner: S,\n}\n\n\
                impl<S> Check<S> {\n    fn f() {}\n}\n\nimpl<S> Clone for Check<S> {\n}\n\n\
                impl Other {\n}\n";
    let expected = Count {
        all: 11,
        workarounds: 9,
    };
    assert_eq!(count(text), expected);
}

#[test]
fn a_file_under_an_issue_is_all_workaround() {
    let text = "//! Because of seanmonstar/warp#139.\n\nuse a;\nfn f() {}\n";
    let expected = Count {
        all: 2,
        workarounds: 2,
    };
    assert_eq!(count(text), expected);
}

#[test]
fn only_a_repository_with_a_number_is_an_issue() {
    for issue in [
        "// hyperium/hyper#3777",
        "// (actix/actix-web#2702)",
        "/// takes it for nothing (seanmonstar/warp#584).",
    ] {
        assert!(cites_an_issue(issue), "{issue}");
    }
    for other in [
        "// #[a]",
        "// see #12",
        "// a/b#c",
        "// a/b/c#1",
        "// /b#1",
        "// b#1",
    ] {
        assert!(!cites_an_issue(other), "{other}");
    }
}

#[test]
fn the_projects_own_servers_have_workarounds_and_more_besides() {
    let servers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers");
    // Those of salvo are all in the crate for servers on hyper.
    for (name, has_some) in [
        ("axum", true),
        ("actix-web", true),
        ("warp", true),
        ("salvo", false),
        ("connection", true),
    ] {
        let count = counted(&servers.join(name).join("src")).unwrap();
        assert_eq!(count.workarounds > 0, has_some, "{name}: {count:?}");
        assert!(count.workarounds < count.all, "{name}: {count:?}");
    }
    assert!(counted(&servers.join("nowhere")).is_err());
}
