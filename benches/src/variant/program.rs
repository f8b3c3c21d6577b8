//! Edits of a copied program: its allocator and its runtime.

use anyhow::{Result, bail, ensure};

use super::difference::Allocator;

/// A crate that a program needs besides.
pub(super) struct Needed {
    /// Its name.
    pub(super) name: &'static str,
    /// Which versions of it.
    pub(super) version: &'static str,
}

/// The program with another allocator, and the crate that this is in. None where it is the one that every program
/// has.
///
/// # Errors
/// Where the program chooses its allocator itself.
pub(super) fn with_allocator(
    source: &str,
    allocator: Allocator,
) -> Result<Option<(String, Needed)>> {
    ensure!(
        !source.contains("#[global_allocator]"),
        "its program chooses its allocator itself"
    );
    let (name, version, value) = match allocator {
        Allocator::System => return Ok(None),
        Allocator::Mimalloc => ("mimalloc", "0.1", "mimalloc::MiMalloc"),
        Allocator::Jemalloc => ("tikv-jemallocator", "0.7", "tikv_jemallocator::Jemalloc"),
    };
    let added = format!("\n#[global_allocator]\nstatic ALLOCATOR: {value} = {value};\n");
    Ok(Some((source.to_owned() + &added, Needed { name, version })))
}

/// The program on a runtime of one thread.
///
/// # Errors
/// Where it does not build a runtime of several.
pub(super) fn on_current_thread(source: &str) -> Result<String> {
    // The number of workers means nothing to a runtime of one thread, and may stay.
    let edited = source.replace(
        "Builder::new_multi_thread()",
        "Builder::new_current_thread()",
    );
    if edited == source {
        bail!("its program does not call `Builder::new_multi_thread()`");
    }
    Ok(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn main() {\n    Builder::new_multi_thread().build();\n}\n";

    #[test]
    fn an_allocator_is_added_behind_all_else() {
        let (edited, needed) = with_allocator(SOURCE, Allocator::Jemalloc)
            .unwrap()
            .unwrap();
        assert!(edited.starts_with(SOURCE) && edited.contains("#[global_allocator]\n"));
        assert_eq!(needed.name, "tikv-jemallocator");
        assert!(with_allocator(SOURCE, Allocator::System).unwrap().is_none());
        assert!(with_allocator(&edited, Allocator::Mimalloc).is_err());
    }

    #[test]
    fn a_runtime_of_several_threads_becomes_one_of_one() {
        let edited = on_current_thread(SOURCE).unwrap();
        assert_eq!(edited, SOURCE.replace("multi", "current"));
        assert!(on_current_thread(&edited).is_err());
    }

    #[test]
    fn every_program_of_the_repository_is_as_is_expected_here() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in [
            "servers/axum",
            "servers/warp",
            "servers/salvo",
            "baselines/hyper",
        ] {
            let source = std::fs::read_to_string(root.join(name).join("src/main.rs")).unwrap();
            assert!(on_current_thread(&source).is_ok(), "{name}");
            assert!(
                with_allocator(&source, Allocator::Mimalloc).is_ok(),
                "{name}"
            );
        }
    }
}
