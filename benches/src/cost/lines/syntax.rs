//! As much of Rust's syntax as counting lines takes: comments, literals, brackets.

use std::ops::Range;

/// One line, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The code, without white space at its ends, and with nothing left within literals.
    pub(super) code: String,
    /// The line comment, from its slashes on.
    pub(super) comment: String,
}

/// What the end of a line leaves open.
enum State {
    Code,
    /// So many block comments deep.
    Comment(usize),
    /// In a literal that ends with this.
    Text {
        end: String,
        escapes: bool,
    },
}

/// Takes a file apart.
pub(super) fn parse(text: &str) -> Vec<Line> {
    let mut state = State::Code;
    text.lines()
        .map(|line| {
            let mut taken = Line::default();
            let mut rest = line;
            while !rest.is_empty() {
                rest = step(rest, &mut state, &mut taken);
            }
            taken.code = taken.code.trim().to_owned();
            taken
        })
        .collect()
}

/// Takes the next piece of a line, and gives what is left of it.
fn step<'a>(rest: &'a str, state: &mut State, line: &mut Line) -> &'a str {
    match state {
        State::Comment(depth) => {
            if let Some(after) = rest.strip_prefix("*/") {
                *state = match *depth {
                    1 => State::Code,
                    deeper => State::Comment(deeper - 1),
                };
                after
            } else if let Some(after) = rest.strip_prefix("/*") {
                *depth += 1;
                after
            } else {
                skip(rest, 1)
            }
        }
        State::Text { end, escapes } => {
            if *escapes && rest.starts_with('\\') {
                skip(rest, 2)
            } else if let Some(after) = rest.strip_prefix(end.as_str()) {
                line.code.push('"');
                *state = State::Code;
                after
            } else {
                // A line of text is a line of source, blank or not.
                if line.code.is_empty() {
                    line.code.push('"');
                }
                skip(rest, 1)
            }
        }
        State::Code => code(rest, state, line),
    }
}

fn code<'a>(rest: &'a str, state: &mut State, line: &mut Line) -> &'a str {
    if rest.starts_with("//") {
        line.comment = rest.to_owned();
        return "";
    }
    if let Some(after) = rest.strip_prefix("/*") {
        *state = State::Comment(1);
        return after;
    }
    if let Some(after) = rest.strip_prefix('"') {
        line.code.push('"');
        *state = State::Text {
            end: "\"".to_owned(),
            escapes: true,
        };
        return after;
    }
    if let Some(after) = rest.strip_prefix('r') {
        let in_a_word = line
            .code
            .ends_with(|last: char| last.is_alphanumeric() && last != 'b');
        let marks = after.len() - after.trim_start_matches('#').len();
        if let Some(after) = after[marks..].strip_prefix('"').filter(|_| !in_a_word) {
            line.code.push('"');
            *state = State::Text {
                end: format!("\"{}", "#".repeat(marks)),
                escapes: false,
            };
            return after;
        }
    }
    if let Some(after) = character_literal(rest) {
        line.code.push_str("''");
        return after;
    }
    line.code.extend(rest.chars().next());
    skip(rest, 1)
}

/// What follows a character literal, which a lifetime is not.
fn character_literal(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('\'')?;
    if let Some(escape) = inner.strip_prefix('\\') {
        let end = skip(escape, 1).find('\'')?;
        return Some(&skip(escape, 1)[end + 1..]);
    }
    skip(inner, 1)
        .strip_prefix('\'')
        .filter(|_| !inner.starts_with('\''))
}

fn skip(text: &str, characters: usize) -> &str {
    let mut left = text.chars();
    left.by_ref().take(characters).for_each(drop);
    left.as_str()
}

/// The lines of the item, statement or match arm that begins with a line, attributes included.
pub(super) fn extent(lines: &[Line], start: usize) -> Range<usize> {
    // The commas of an item are those of its generics.
    let declares = lines[start..]
        .iter()
        .find(|line| !line.code.is_empty() && !line.code.starts_with("#["))
        .is_some_and(|line| words(&line.code).any(|word| DECLARING.contains(&word)));
    let mut depth = 0_usize;
    for (index, line) in lines.iter().enumerate().skip(start) {
        let mut rest = line.code.as_str();
        while let Some(character) = rest.chars().next() {
            rest = skip(rest, 1);
            match character {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => {
                    // The end of what it stands in.
                    let Some(outer) = depth.checked_sub(1) else {
                        return start..index.max(start);
                    };
                    depth = outer;
                    if depth == 0 && character == '}' && !goes_on(rest) {
                        return start..index + 1;
                    }
                }
                ';' if depth == 0 => return start..index + 1,
                ',' if depth == 0 && !declares && rest.trim().is_empty() => {
                    return start..index + 1;
                }
                _ => {}
            }
        }
    }
    start..lines.len()
}

/// Words of which each item that has a body has one.
pub(super) const DECLARING: [&str; 6] = ["fn", "struct", "enum", "impl", "trait", "mod"];

/// The words of a line, its punctuation left out.
pub(super) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
}

/// Whether an expression goes on after its closing brace.
fn goes_on(rest: &str) -> bool {
    let rest = rest.trim_start();
    ["else", ".", "?", ")", ";", ","]
        .iter()
        .any(|next| rest.starts_with(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        parse(text).into_iter().map(|line| line.code).collect()
    }

    #[test]
    fn comments_are_no_code_and_literals_no_comments() {
        assert_eq!(code("a; // b\n/* c\nd */ e\n  // f\n"), ["a;", "", "e", ""]);
        assert_eq!(
            code("x(\"// no {\", 'y') /* /* z */ */;"),
            ["x(\"\", '') ;"]
        );
        assert_eq!(code("r#\"a \" // b\n\n\"# + 1"), ["\"", "", "\" + 1"]);
        assert_eq!(code(r#""a\" {" '{' '\'' '\u{7b}' "#), [r#""" '' '' ''"#]);
        assert_eq!(code("fn f<'a>(x: &'a str) {}"), ["fn f<'a>(x: &'a str) {}"]);
        assert_eq!(parse("a // (b/c#1)")[0].comment, "// (b/c#1)");
    }

    #[test]
    fn an_extent_is_one_item_statement_or_arm() {
        let of = |text: &str, start| extent(&parse(text), start);
        assert_eq!(
            of("#[a(b)]\nfn f(\n    x: u8,\n) {\n    g();\n}\nfn h() {}", 0),
            0..6
        );
        assert_eq!(
            of("let x = y\n    .map(|z| {\n        z\n    });\nz", 0),
            0..4
        );
        assert_eq!(
            of("match x {\n    1 => 2,\n    _ => {\n        3\n    }\n}", 1),
            1..2
        );
        assert_eq!(
            of("match x {\n    1 => 2,\n    _ => {\n        3\n    }\n}", 2),
            2..5
        );
        assert_eq!(of("if a {\n    b\n} else {\n    c\n}\nd", 0), 0..5);
        assert_eq!(of("{\n    last\n}", 1), 1..2);
        assert_eq!(of("{\n}", 1), 1..1);
        assert_eq!(
            of(
                "fn f<A>() -> Result<(), A>\nwhere\n    A: B,\n{\n    a\n}\nb",
                0
            ),
            0..6
        );
        assert_eq!(of("const A: [u8; 2] = [1, 2];\nb", 0), 0..1);
    }
}
