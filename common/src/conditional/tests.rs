//! Preconditions, field by field.

use super::*;

/// The outcome for field lines in which TAG stands for the present entity tag.
fn outcome(if_match: &[&str], if_none_match: &[&str]) -> Result<bool, u16> {
    let current = EntityTag::of(b"abc");
    let [if_match, if_none_match] = [if_match, if_none_match].map(|lines| {
        let lines = lines.iter();
        let lines = lines.map(|line| line.replace("TAG", current.as_str()));
        lines.collect::<Vec<String>>()
    });
    not_modified(
        if_match.iter().map(|line| line.as_bytes()),
        if_none_match.iter().map(|line| line.as_bytes()),
        &current,
    )
    .map_err(|problem| problem.status())
}

/// Lists that name the present tag, whichever way tags are compared.
const NAMING: [&str; 8] = [
    "TAG",
    "*",
    " * ",
    "W/\"a\", TAG",
    "\"a,b\",\"c\" , TAG",
    ",, TAG",
    "TAG, \"unclosed",
    "\"\", TAG",
];

/// Lists that do not.
const OTHERS: [&str; 8] = [
    "",
    "\"a\"",
    "w/TAG",
    "\"a\" \"",
    "ba7816bf8f01cfea414140de5dae2223",
    "\"*\"",
    "\"a, TAG",
    "*, \"a\"",
];

#[test]
fn if_none_match_that_names_the_tag_is_304() {
    for line in NAMING {
        assert_eq!(outcome(&[], &[line]), Ok(true), "{line}");
    }
    for line in OTHERS {
        assert_eq!(outcome(&[], &[line]), Ok(false), "{line}");
    }
    assert_eq!(outcome(&[], &["\"a\"", "TAG"]), Ok(true), "a second line");
    assert_eq!(outcome(&[], &["W/TAG"]), Ok(true));
    assert_eq!(outcome(&[], &[]), Ok(false));
}

#[test]
fn if_match_that_does_not_name_the_tag_is_412() {
    for line in NAMING {
        assert_eq!(outcome(&[line], &[]), Ok(false), "{line}");
    }
    for line in OTHERS {
        assert_eq!(outcome(&[line], &[]), Err(412), "{line}");
    }
    assert_eq!(outcome(&["\"a\"", "TAG"], &[]), Ok(false), "a second line");
    assert_eq!(outcome(&["W/TAG"], &[]), Err(412), "strong comparison");
}

#[test]
fn if_match_comes_first() {
    assert_eq!(outcome(&["\"a\""], &["TAG"]), Err(412));
    assert_eq!(outcome(&["TAG"], &["TAG"]), Ok(true));
    assert_eq!(outcome(&["TAG"], &["\"a\""]), Ok(false));
}
