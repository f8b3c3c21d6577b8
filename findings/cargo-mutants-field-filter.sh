#!/usr/bin/env bash
# cargo-mutants keeps mutants that delete a field of a struct expression whatever --re and --exclude-re say.
#
# Versions: cargo-mutants 27.1.0, cargo 1.95.0
# Date:     2026-11-30
# Expected: `--re REGEX` keeps the mutants whose names match, and `--exclude-re REGEX` leaves out those that do. Names are as
#           `--list` shows them.
# Happens:  `delete field length from struct Limits expression in limits` is in every list: with a pattern for another
#           function, with a pattern that nothing matches, and with one that excludes exactly such mutants. Mutants of
#           the other kinds are filtered as expected.
# Matters:  A run that is narrowed to one line tests unrelated mutants too, and what a project excludes as equivalent in
#           `.cargo/mutants.toml` is tested and counted as missed.
#
# Exit status: 0 as described, 1 if it behaves otherwise.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
cargo install --quiet --locked --debug --root tool cargo-mutants@27.1.0
export PATH="$place/tool/bin:$PATH"
mkdir -p program/src
cd program
cat >Cargo.toml <<'TOML'
[package]
name = "program"
version = "0.1.0"
edition = "2021"
TOML
cat >src/lib.rs <<'RUST'
#[derive(Default)]
pub struct Limits {
    pub length: usize,
    pub count: usize,
}

pub fn limits() -> Limits {
    Limits {
        length: 8192,
        ..Limits::default()
    }
}

pub fn is_allowed(length: usize) -> bool {
    length <= limits().length
}
RUST

list() { cargo mutants --list "$@" 2>/dev/null; }
status=0
while read -r what options; do
    # shellcheck disable=SC2086 # an option and its value
    listed=$(list $options)
    printf -- '-- %s: cargo mutants --list %s\n%s\n' "$what" "$options" "$listed"
    grep -q 'delete field length' <<<"$listed" || status=1
done <<'RUNS'
unfiltered
another-function --re is_allowed
nothing --re no_such_name
excluded --exclude-re delete.field
RUNS
[ "$(list --re no_such_name | wc -l)" = 1 ] || status=1
[ "$(list --exclude-re 'replace' | wc -l)" = 1 ] || status=1
exit "$status"
# Seen:
# -- unfiltered: cargo mutants --list
# src/lib.rs:8:5: replace limits -> Limits with Default::default()
# src/lib.rs:9:9: delete field length from struct Limits expression in limits
# src/lib.rs:15:5: replace is_allowed -> bool with true
# src/lib.rs:15:5: replace is_allowed -> bool with false
# src/lib.rs:15:12: replace <= with > in is_allowed
# -- another-function: cargo mutants --list --re is_allowed
# src/lib.rs:9:9: delete field length from struct Limits expression in limits
# src/lib.rs:15:5: replace is_allowed -> bool with true
# src/lib.rs:15:5: replace is_allowed -> bool with false
# src/lib.rs:15:12: replace <= with > in is_allowed
# -- nothing: cargo mutants --list --re no_such_name
# src/lib.rs:9:9: delete field length from struct Limits expression in limits
# -- excluded: cargo mutants --list --exclude-re delete.field
# (as unfiltered)
