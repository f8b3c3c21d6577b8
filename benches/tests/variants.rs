//! Variants that servers.toml describes, from outside.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

mod outside;

use std::fs;

use quartet_record::Record;

use outside::{Place, compare, null_server, text};

#[test]
fn a_variant_that_answers_other_octets_is_excluded() {
    let place = Place::new("octets");
    let program = null_server(&place);
    let spaced = place.join("spaced");
    fs::write(&spaced, r#"{"lang": "en", "text": "Hello"}"#).unwrap();
    let args = "'--listen', '127.0.0.1:{port}', '--workers', '{workers}'";
    let server = |name: &str, role: &str| {
        format!(
            "[[server]]\nname = '{name}'\nrole = '{role}'\nprogram = '{}'\nready = 'line'\n\
             cases = []\nargs = [{args}]\n",
            program.display()
        )
    };
    let variant = |name: &str, key: &str| {
        format!("[[variant]]\nname = '{name}'\ninherits = 'a'\ndifference = 'it differs'\n{key}\n")
    };
    let stanzas = [
        server("a", "original"),
        server("hyper", "baseline"),
        server("null", "baseline"),
        variant("a-alike", "environment = { X = '1' }"),
        variant(
            "a-spaced",
            &format!("args = [{args}, '--content', '{}']", spaced.display()),
        ),
    ];
    let file = place.join("servers.toml");
    fs::write(&file, stanzas.concat()).unwrap();
    let output = compare()
        .args([
            "--quick",
            "--restarts",
            "1",
            "--shared-core",
            "--lanes",
            "item",
        ])
        .args(["--connections", "4", "--servers", "originals-variants"])
        .args(["--catalogue".as_ref(), file.as_os_str()])
        .args(["--output".as_ref(), place.join("out").as_os_str()])
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "on a shared core: {said}");
    let record = Record::read(&place.join("out")).unwrap();
    let names: Vec<&str> = record.plan.arms.iter().map(|arm| &*arm.name).collect();
    assert_eq!(
        names,
        ["a", "a-alike", "a-spaced", "a (again)", "hyper", "null"]
    );
    let excluded: Vec<(usize, &str)> = record
        .exclusions
        .iter()
        .map(|excluded| (excluded.arm, &*excluded.reason))
        .collect();
    let [(2, reason)] = excluded.as_slice() else {
        panic!("{excluded:?}: {said}");
    };
    assert!(
        reason.starts_with("its content in item is not a's: 31 bytes "),
        "{reason}"
    );
}
