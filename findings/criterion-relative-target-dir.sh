#!/usr/bin/env bash
# criterion and cargo take one relative CARGO_TARGET_DIR for two directories.
#
# Versions: criterion 0.8.2; cargo 1.95.0
# Date:     2026-11-28
# Expected: With a relative CARGO_TARGET_DIR, `cargo bench` from a workspace's root leaves criterion's estimates in
#           that target directory, beside all that cargo leaves there.
# Happens:  cargo takes the path from where it was called. criterion takes it from where cargo runs a benchmark, which
#           is the package's directory, and makes a second target directory inside the package.
# Matters:  Who reads criterion's estimates in the target directory finds none, or those of an earlier run by an
#           absolute path, and takes old figures for new. The second directory is in no .gitignore.
#
# Exit status: 0 as described, 1 if it behaves otherwise.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CRITERION_HOME
mkdir -p package/benches package/src
cat >Cargo.toml <<'TOML'
[workspace]
resolver = "3"
members = ["package"]
TOML
cat >package/Cargo.toml <<'TOML'
[package]
name = "package"
edition = "2024"

[lib]
bench = false

[dev-dependencies]
criterion = { version = "=0.8.2", default-features = false, features = ["cargo_bench_support"] }

[[bench]]
name = "sum"
harness = false
TOML
touch package/src/lib.rs
cat >package/benches/sum.rs <<'RUST'
use criterion::{Criterion, criterion_group, criterion_main};
fn sum(criterion: &mut Criterion) {
    criterion.bench_function("sum", |bencher| bencher.iter(|| std::hint::black_box(1) + 1));
}
criterion_group!(benches, sum);
criterion_main!(benches);
RUST
CARGO_TARGET_DIR=out cargo bench --quiet -p package -- --quick >/dev/null 2>&1
echo "cargo's: $(ls -d out/release)"
echo "criterion's: $(find . -path '*criterion/sum/new/estimates.json')"
[ ! -e out/criterion ] && [ -e package/out/criterion/sum/new/estimates.json ]
