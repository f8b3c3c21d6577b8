//! Tests of counting lines.

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

#[test]
fn what_is_cited_is_shown_with_its_comment() {
    let text = "/// Answers (tokio-rs/axum#728),\n/// and more.\nfn f() {\n    g();\n}\n\nfn h() {\n\
                \x20   // Not so: seanmonstar/warp#1.\n    let x =\n        y;\n    x\n}\n";
    let found = cited(text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].line, found[0].lines), (1, 3));
    assert_eq!(found[0].comment, "Answers (tokio-rs/axum#728), and more.");
    assert_eq!(found[0].code, "fn f() {\n    g();\n}");
    assert_eq!(found[1].issues, ["seanmonstar/warp#1"]);
    assert_eq!(found[1].code, "let x =\n    y;");
}

#[test]
fn what_is_cited_is_what_is_counted() {
    let servers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers");
    let mut any = false;
    for file in rust_files(&servers).unwrap() {
        let text = fs::read_to_string(&file).unwrap();
        // Workarounds within tests are not counted, and none there is shown twice.
        let shown: usize = cited(&text).iter().map(|one| one.lines).sum();
        assert!(shown >= count(&text).workarounds, "{}", file.display());
        any |= shown > 0;
    }
    assert!(any);
}

#[test]
fn a_type_and_a_file_are_shown_whole() {
    let found = cited("// a/b#1\nstruct A;\n\nfn f() {}\n\nimpl A {\n}\n");
    assert_eq!(found[0].code, "struct A;\n…\nimpl A {\n}");
    let found = cited("//! Because of a/b#1.\n\nuse a;\nfn f() {}\n");
    assert_eq!((found[0].line, found[0].lines), (1, 2));
    assert_eq!(found[0].code, "\nuse a;\nfn f() {}");
}
