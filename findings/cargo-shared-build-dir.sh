#!/usr/bin/env bash
# cargo takes a package of one workspace for that of another if both share a build directory.
#
# Versions: cargo 1.95.0
# Date:     2026-11-29
# Expected: `build.build-dir` is where intermediate artifacts go. Two checkouts of one workspace that share it, to compile
#           their dependencies once, each get the program of their own sources.
# Happens:  A package is known by its name, its version and its path in the workspace. Whether it is up to date is told by
#           time stamps of its files alone. The checkout whose files are older gets the program of the other one, and
#           cargo says `Finished`. Target directories of their own do not help.
# Matters:  Comparing two revisions side by side, whose files were written one after the other before either was built, is
#           what git worktree is used for. The comparison is then of a program with itself, or of a mixture.
#
# Exit status: 0 as described, 1 if it behaves otherwise.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_BUILD_BUILD_DIR
for revision in old new; do
    mkdir -p $revision/program/src $revision/.cargo
    cat >$revision/Cargo.toml <<'TOML'
[workspace]
resolver = "3"
members = ["program"]
TOML
    cat >$revision/program/Cargo.toml <<'TOML'
[package]
name = "program"
edition = "2024"
TOML
    echo "fn main() { println!(\"$revision\"); }" >$revision/program/src/main.rs
    printf '[build]\nbuild-dir = "%s"\n' "$place/shared" >$revision/.cargo/config.toml
done
cargo --version
# A second later than the files of either.
sleep 1.1
for revision in old new; do
    (cd $revision && CARGO_TARGET_DIR="$place/$revision/target" cargo build --quiet)
    echo "built from the sources of $revision, it says: $("$revision/target/debug/program")"
done
[ "$(old/target/debug/program)" = old ] && [ "$(new/target/debug/program)" = old ]
