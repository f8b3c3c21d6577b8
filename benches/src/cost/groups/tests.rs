use quartet_record::cost::FunctionGroup as Group;

use super::belongs::{Owner, allocates, is_allocator, owner_of_file, owner_of_function};
use super::*;

const ROOT: &str = "/home/dev/quartet";

/// A file as callgrind writes it: names once, inlined code under `fi=`, calls with what they cost.
const REPORT: &str = "\
# callgrind format
version: 1
positions: line
events: Ir
summary: 431

ob=(1) /srv/server
fl=(1) /home/dev/.cargo/registry/src/index/hyper-1.8.1/src/proto/h1/dispatch.rs
fn=(1) hyper::proto::h1::dispatch::poll'tokio::runtime::run
10 100
fi=(2) /home/dev/.cargo/registry/src/index/axum-0.8.9/src/routing/mod.rs
20 50
fi=(3) /rustc/59807616/library/core/src/option.rs
+3 30
fe=(1)
cfi=(4) ???
cfn=(2) malloc'hyper::proto::h1::dispatch::poll'tokio::runtime::run
calls=2 0
* 75

fl=(4)
fn=(2)
0 70
cfn=(3) _int_malloc'malloc'hyper::proto::h1::dispatch::poll
calls=1 0
0 5

fn=(3)
0 5

fl=(3)
fn=(4) core::fmt::write'serde_json::ser::to_writer'quartet_axum::main
7 40
cfi=(4)
cfn=(5) realloc'core::fmt::write'serde_json::ser::to_writer
calls=3 0
7 90

fl=(4)
fn=(5)
0 90

fl=(5) /home/dev/quartet/servers/axum/src/main.rs
fn=(6) quartet_axum::greeting
-2 11

fl=(4)
fn=(7) main'(below main)
5 35
";

#[test]
fn a_file_is_added_up_by_groups() {
    let found = totals(REPORT, Path::new(ROOT)).unwrap();
    let of = |group| {
        let total: Total = found.get(&group).copied().unwrap_or_default();
        (total.instructions, total.allocations)
    };
    // The standard library's in a function of hyper's are hyper's, and what it calls the allocator for.
    assert_eq!(of(Group::Http), (130, 2));
    assert_eq!(of(Group::Framework), (50, 0));
    assert_eq!(of(Group::Allocator), (165, 0));
    assert_eq!(of(Group::Json), (40, 3));
    assert_eq!(of(Group::Server), (11, 0));
    assert_eq!(of(Group::Other), (35, 0));
    let all: u64 = found.values().map(|total| total.instructions).sum();
    assert_eq!(all, 431, "the file's own sum");
}

#[test]
fn further_requests_share_the_difference() {
    let total = |instructions, allocations| Total {
        instructions,
        allocations,
    };
    let fewer = Totals::from([(Group::Http, total(900, 5)), (Group::Other, total(7, 1))]);
    let more = Totals::from([
        (Group::Http, total(1_900, 15)),
        (Group::Json, total(50, 0)),
        (Group::Other, total(7, 1)),
    ]);
    let cost = |instructions, allocations| GroupCost {
        instructions,
        allocations,
    };
    let expected = [
        (Group::Http, cost(100.0, 1.0)),
        (Group::Json, cost(5.0, 0.0)),
    ];
    assert_eq!(per_request(&fewer, &more, 10), expected.into());
}

#[test]
fn what_is_no_such_file_is_refused_by_its_line() {
    for (line, why) in [
        ("fn=(9)", "a function that has no name yet"),
        ("fl=(9)", "a file that has no name yet"),
        ("fn=main", "no number of a name"),
        ("12 many", "no number of instructions"),
    ] {
        let error = totals(&format!("events: Ir\n{line}\n"), Path::new(ROOT)).unwrap_err();
        let said = format!("{error:#}");
        assert!(
            said.starts_with(&format!("line 2 of callgrind's file: `{line}`"))
                && said.contains(why),
            "{said}"
        );
    }
}

#[test]
fn code_is_its_crates() {
    let group = Owner::Group;
    for (path, owner) in [
        (
            "/r/src/index/axum-core-0.5.6/src/lib.rs",
            group(Group::Framework),
        ),
        (
            "/r/src/index/actix-http-3.11.0/src/h1/encoder.rs",
            group(Group::Http),
        ),
        (
            "/r/src/index/http-1.4.0/src/header/map.rs",
            group(Group::Http),
        ),
        ("/r/src/index/hashbrown-0.16.1/src/map.rs", Owner::Caller),
        (
            "/rustc/59807616/library/alloc/src/vec/mod.rs",
            Owner::Caller,
        ),
        (
            "/home/dev/quartet/common/src/store.rs",
            group(Group::Server),
        ),
        ("./string/../sysdeps/x86_64/memmove.S", Owner::Caller),
        ("???", Owner::Caller),
    ] {
        assert_eq!(owner_of_file(path, Path::new(ROOT)), owner, "{path}");
    }
    for (name, owner) in [
        (
            "<axum::routing::Router<S> as tower_service::Service<R>>::call",
            group(Group::Framework),
        ),
        (
            "<&mut salvo_core::http::Response as core::fmt::Debug>::fmt",
            group(Group::Framework),
        ),
        (
            "actix_web::service::AppRouting::call",
            group(Group::Framework),
        ),
        (
            "<alloc::boxed::Box<F> as core::ops::function::FnOnce<A>>::call_once",
            Owner::Caller,
        ),
        ("http_body_util::full::Full<D>::new", group(Group::Http)),
        ("memcpy", Owner::Caller),
        ("http", Owner::Caller),
        ("", Owner::Caller),
        ("2", Owner::Caller),
    ] {
        assert_eq!(owner_of_function(name), owner, "{name}");
    }
}

#[test]
fn the_allocator_is_known_by_its_functions() {
    for name in [
        "malloc",
        "realloc@@GLIBC_2.2.5",
        "__rust_alloc_zeroed",
        "__rustc::__rdl_realloc",
    ] {
        assert!(allocates(name) && is_allocator(name), "{name}");
    }
    for name in ["free", "_int_free", "__rust_dealloc", "malloc_consolidate"] {
        assert!(!allocates(name) && is_allocator(name), "{name}");
    }
    for name in ["memcpy", "alloc::raw_vec::finish_grow", "freeze"] {
        assert!(!allocates(name) && !is_allocator(name), "{name}");
    }
}
