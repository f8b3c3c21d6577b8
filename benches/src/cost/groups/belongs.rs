//! Which group a source file or a function is of, by the crate in its name.

use std::path::Path;

use quartet_record::cost::FunctionGroup;

/// Whose some code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A crate's of this group.
    Group(FunctionGroup),
    /// That of whoever called it: a library that does what it is told.
    Caller,
}

/// Crates by group: a whole name, or how it begins where a `*` ends it. Names have no hyphen here, as in symbols.
const CRATES: [(FunctionGroup, &[&str]); 5] = [
    (
        FunctionGroup::Framework,
        &[
            "axum*",
            "tower*",
            "matchit",
            "actix_web*",
            "actix_router",
            "actix_service",
            "warp",
            "salvo*",
        ],
    ),
    (
        FunctionGroup::Http,
        &[
            "hyper*",
            "http",
            "http_*",
            "httparse",
            "httpdate",
            "actix_http",
            "h2",
            "headers*",
            "mime*",
            "percent_encoding",
            "form_urlencoded",
            "url",
        ],
    ),
    (FunctionGroup::Json, &["serde*", "itoa", "ryu", "zmij"]),
    (
        FunctionGroup::Runtime,
        &[
            "tokio*",
            "mio",
            "futures*",
            "actix_rt",
            "actix_server",
            "actix_codec",
            "actix_utils",
            "parking_lot*",
            "lock_api",
            "slab",
            "socket2",
            "local_channel",
        ],
    ),
    (FunctionGroup::Server, &["quartet*"]),
];

/// Functions that allocate, by the whole name.
const ALLOCATE: [&str; 16] = [
    "malloc",
    "calloc",
    "realloc",
    "memalign",
    "aligned_alloc",
    "posix_memalign",
    "mi_malloc",
    "mi_malloc_aligned",
    "mi_zalloc",
    "mi_zalloc_aligned",
    "mi_realloc",
    "mi_realloc_aligned",
    "_rjem_malloc",
    "_rjem_mallocx",
    "_rjem_calloc",
    "_rjem_realloc",
];

/// How names of the allocator's other functions begin: those of Rust that only pass on what is asked for, and those of
/// the C library, mimalloc and jemalloc.
const ALLOCATOR: [&str; 20] = [
    "__rust_alloc",
    "__rust_dealloc",
    "__rust_realloc",
    "__rust_no_alloc",
    "__rdl_",
    "__rustc::__r",
    "<std::alloc::System",
    "std::sys::alloc::",
    "std::alloc::System",
    "<mimalloc::",
    "<tikv_jemallocator::",
    "__libc_malloc",
    "_int_malloc",
    "_int_free",
    "_int_realloc",
    "malloc_consolidate",
    "unlink_chunk",
    "sysmalloc",
    "_mi_",
    "_rjem_",
];

/// Whether a function allocates when it is called from outside of the allocator.
pub(super) fn allocates(function: &str) -> bool {
    let function = plain(function);
    let passes_on = ["alloc", "alloc_zeroed", "realloc"];
    let rust = ["__rust_", "__rdl_", "__rustc::__rust_", "__rustc::__rdl_"];
    ALLOCATE.contains(&function)
        || rust.iter().any(|prefix| {
            function
                .strip_prefix(prefix)
                .is_some_and(|rest| passes_on.contains(&rest))
        })
}

/// Whether a function is the allocator's.
pub(super) fn is_allocator(function: &str) -> bool {
    let function = plain(function);
    ALLOCATE.contains(&function)
        || ["free", "cfree"].contains(&function)
        || ALLOCATOR.iter().any(|prefix| function.starts_with(prefix))
        || function.starts_with("mi_")
}

/// Of a name as callgrind writes it, which tells functions of recursion apart by `'2`, and versions by `@@GLIBC_2.2.5`:
/// without those, and without the number of a crate in brackets.
fn plain(function: &str) -> &str {
    function.split('@').next().unwrap_or(function)
}

/// Whose code of a source file is. What is below `root` and in no crate of the registry is the server's own.
pub(super) fn owner_of_file(path: &str, root: &Path) -> Owner {
    let is_crate = |folder| versionless(folder).is_some();
    if Path::new(path).starts_with(root) && !path.split('/').any(is_crate) {
        return Owner::Group(FunctionGroup::Server);
    }
    let mut folders = path.split('/').rev();
    folders
        .find_map(|folder| group_of(versionless(folder)?))
        .map_or(Owner::Caller, Owner::Group)
}

/// The crate's name of a folder of the registry: `axum-core` of `axum-core-0.5.6`.
fn versionless(folder: &str) -> Option<&str> {
    let starts = folder.match_indices('-').find(|(at, _)| {
        let rest = &folder[at + 1..];
        rest.starts_with(|first: char| first.is_ascii_digit()) && rest.contains('.')
    });
    starts.map(|(at, _)| &folder[..at])
}

/// Whose a function is by its demangled name, such as `<hyper::proto::h1::dispatch::Dispatcher<D,Bs,I,T> as
/// core::future::future::Future>::poll`.
pub(super) fn owner_of_function(name: &str) -> Owner {
    let start = name.find(|first: char| first.is_alphabetic() || first == '_');
    let path = start.map_or("", |start| &name[start..]);
    let path = ["mut ", "const ", "dyn "]
        .into_iter()
        .fold(path, |path, word| path.strip_prefix(word).unwrap_or(path));
    let end = path
        .find(|next: char| !next.is_alphanumeric() && next != '_')
        .unwrap_or(path.len());
    match path[end..].starts_with("::") || path[end..].starts_with('[') {
        true => group_of(&path[..end]).map_or(Owner::Caller, Owner::Group),
        false => Owner::Caller,
    }
}

/// The group of a crate. None of one that does what it is told, such as the standard library and collections.
fn group_of(name: &str) -> Option<FunctionGroup> {
    let name = name.replace('-', "_");
    let is_named = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == **pattern,
    };
    let found = CRATES
        .iter()
        .find(|(_, crates)| crates.iter().any(is_named));
    found.map(|(group, _)| *group)
}
