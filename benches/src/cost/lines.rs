//! How much source a server is, and how much of it works around its framework.
//!
//! A line counts if it holds more than white space and a comment, and is in no `#[cfg(test)]` item.
//!
//! A workaround is what stands under a comment that cites an upstream issue as `owner/name#123`:
//! the item, statement or match arm that follows; with a type, its `impl` blocks in the same file;
//! and under a comment at the head of a file (`//!`), the whole file.

mod syntax;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use quartet_record::cost::Lines;

use super::source::Source;
use syntax::{DECLARING, Line, extent, parse, words};

/// Counts a server's lines.
///
/// # Errors
/// Where a file cannot be read.
pub(super) fn of(source: &Source) -> Result<Lines> {
    let own = counted(&source.own)?;
    let mut helpers = 0;
    for helper in &source.helpers {
        helpers += counted(helper)?.all;
    }
    Ok(Lines {
        own: own.all,
        workarounds: own.workarounds,
        helpers,
    })
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    all: usize,
    workarounds: usize,
}

/// An item of a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its first line, from 1, attributes and comments left out.
    pub(crate) line: usize,
    /// How many lines of code it has, with a type's `impl` blocks.
    pub(crate) lines: usize,
    /// The upstream issues that its comments cite, as `owner/name#123`.
    pub(crate) issues: Vec<String>,
}

/// The function, type or other item of this name in a file's text, if there is one.
pub(crate) fn item(text: &str, name: &str) -> Option<Item> {
    let lines = parse(text);
    let declares = |line: &Line| {
        let mut words = words(&line.code);
        words.any(|word| DECLARING.contains(&word)) && words.next() == Some(name)
    };
    let start = starts(&lines, declares).next()?;
    let of_type = type_name(&lines[start].code).is_some();
    let mut own: BTreeSet<usize> = extent(&lines, start).collect();
    if of_type {
        for start in starts(&lines, |line| implements(&line.code, name)) {
            own.extend(extent(&lines, start));
        }
    }
    let is_beside = |line: &&Line| line.code.is_empty() || line.code.starts_with("#[");
    let above = lines[..start].iter().rev().take_while(is_beside);
    let cited = own.iter().map(|&index| &lines[index]).chain(above);
    let mut issues: Vec<String> = Vec::new();
    for issue in cited.filter_map(|line| issue(&line.comment)) {
        if !issues.contains(&issue) {
            issues.push(issue);
        }
    }
    Some(Item {
        line: start + 1,
        lines: own
            .iter()
            .filter(|&&index| !lines[index].code.is_empty())
            .count(),
        issues,
    })
}

/// What stands under a comment that cites an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cited {
    /// The comment's first line, from 1.
    pub(crate) line: usize,
    /// The issues that the comment cites, as `owner/name#123`.
    pub(crate) issues: Vec<String>,
    /// The comment, without its slashes.
    pub(crate) comment: String,
    /// The code under it, as the file has it. What lies between its parts is left out.
    pub(crate) code: String,
    /// How many lines of code that is.
    pub(crate) lines: usize,
}

/// The workarounds of a file's text, in order.
pub(crate) fn cited(text: &str) -> Vec<Cited> {
    let lines = parse(text);
    let is_comment =
        |index: usize| lines[index].code.is_empty() && !lines[index].comment.is_empty();
    let mut found: Vec<Cited> = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        if !is_comment(index) {
            index += 1;
            continue;
        }
        let end = (index..lines.len()).find(|&line| !is_comment(line));
        let end = end.unwrap_or(lines.len());
        let block = &lines[index..end];
        let is_of_file = block[0].comment.starts_with("//!");
        let issues: Vec<String> = block
            .iter()
            .filter_map(|line| issue(&line.comment))
            .collect();
        if !issues.is_empty() {
            let under = match is_of_file {
                true => (0..lines.len()).collect(),
                false => under(&lines, end),
            };
            found.push(Cited {
                line: index + 1,
                issues,
                comment: said(block),
                code: shown(text, &under, is_of_file.then_some(end)),
                lines: under
                    .iter()
                    .filter(|&&line| !lines[line].code.is_empty())
                    .count(),
            });
        }
        index = end;
    }
    found
}

/// A comment's words.
fn said(block: &[Line]) -> String {
    let words = block
        .iter()
        .map(|line| line.comment.trim_start_matches(['/', '!']).trim());
    words.collect::<Vec<_>>().join(" ")
}

/// Lines of a file, from `after` on if that is given, with a mark where some are left out, and no deeper than they need be.
fn shown(text: &str, lines: &BTreeSet<usize>, after: Option<usize>) -> String {
    let all: Vec<&str> = text.lines().collect();
    let after = after.unwrap_or(0);
    let kept: Vec<usize> = lines
        .iter()
        .copied()
        .filter(|&line| line >= after)
        .collect();
    let depth = |line: &&str| line.len() - line.trim_start().len();
    let written = kept.iter().map(|&line| all[line]);
    let least = written
        .filter(|line| !line.trim().is_empty())
        .map(|line| depth(&line))
        .min();
    let mut code = String::new();
    let mut before = None;
    for line in kept {
        if before.is_some_and(|before| before + 1 != line) {
            code += "…\n";
        }
        code += all[line].get(least.unwrap_or(0)..).unwrap_or_default();
        code.push('\n');
        before = Some(line);
    }
    code.trim_end().to_owned()
}

/// Every Rust file under a directory, or the file itself.
///
/// # Errors
/// Where the directory cannot be read.
pub(crate) fn rust_files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = files(path).with_context(|| format!("cannot read {}", path.display()))?;
    found.sort();
    Ok(found)
}

/// Counts a file, or every Rust file under a directory.
fn counted(path: &Path) -> Result<Count> {
    let mut sum = Count::default();
    for file in files(path).with_context(|| format!("cannot read {}", path.display()))? {
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let count = count(&text);
        sum.all += count.all;
        sum.workarounds += count.workarounds;
    }
    Ok(sum)
}

fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(files(&path)?);
        }
    }
    Ok(found)
}

fn count(text: &str) -> Count {
    let lines = parse(text);
    let code = |index: &usize| !lines[*index].code.is_empty();
    let tests: BTreeSet<usize> = starts(&lines, |line| line.code.starts_with("#[cfg(test)]"))
        .flat_map(|start| extent(&lines, start))
        .collect();
    let counted: BTreeSet<usize> = (0..lines.len())
        .filter(code)
        .filter(|index| !tests.contains(index))
        .collect();
    let workarounds = workarounds(&lines);
    Count {
        all: counted.len(),
        workarounds: counted.intersection(&workarounds).count(),
    }
}

fn starts<'a>(
    lines: &'a [Line],
    is: impl Fn(&Line) -> bool + 'a,
) -> impl Iterator<Item = usize> + 'a {
    (0..lines.len()).filter(move |&index| is(&lines[index]))
}

/// The lines under comments that cite an issue.
fn workarounds(lines: &[Line]) -> BTreeSet<usize> {
    let cites = |line: &Line| line.code.is_empty() && cites_an_issue(&line.comment);
    if starts(lines, |line| cites(line) && line.comment.starts_with("//!"))
        .next()
        .is_some()
    {
        return (0..lines.len()).collect();
    }
    let under = starts(lines, cites).flat_map(|comment| under(lines, comment));
    under.collect()
}

/// The lines of what follows a comment: with a type, its `impl` blocks.
fn under(lines: &[Line], comment: usize) -> BTreeSet<usize> {
    let is_code = |&index: &usize| !lines[index].code.is_empty();
    let Some(start) = (comment..lines.len()).find(is_code) else {
        return BTreeSet::new();
    };
    let item = extent(lines, start);
    let mut found: BTreeSet<usize> = item.clone().collect();
    let mut declared = lines[item].iter();
    if let Some(name) = declared.find_map(|line| type_name(&line.code)) {
        for start in starts(lines, |line| implements(&line.code, name)) {
            found.extend(extent(lines, start));
        }
    }
    found
}

/// Whether a comment holds `owner/name#123`.
fn cites_an_issue(comment: &str) -> bool {
    issue(comment).is_some()
}

/// The first `owner/name#123` of a comment.
fn issue(comment: &str) -> Option<String> {
    let of_a_name =
        |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    comment.match_indices('#').find_map(|(at, _)| {
        let after = &comment[at + 1..];
        let digits = after.len()
            - after
                .trim_start_matches(|next: char| next.is_ascii_digit())
                .len();
        let before = &comment[..at];
        let repository = before
            .rfind(|character: char| !of_a_name(character) && character != '/')
            .map_or(before, |end| &before[end..])
            .trim_start_matches(|character: char| !of_a_name(character));
        let (owner, name) = repository.split_once('/')?;
        let is_one = digits > 0 && !owner.is_empty() && !name.is_empty() && !name.contains('/');
        is_one.then(|| format!("{repository}#{}", &after[..digits]))
    })
}

/// The type that a line declares.
fn type_name(code: &str) -> Option<&str> {
    let mut words = words(code);
    words.find(|&word| matches!(word, "struct" | "enum"))?;
    words.next()
}

/// Whether a line begins an `impl` block of a type, or of a trait for it.
fn implements(code: &str, name: &str) -> bool {
    let mut found = words(code);
    found.next() == Some("impl") && found.any(|word| word == name)
}

#[cfg(test)]
mod tests;
