//! Which functions a request's instructions and allocations belong to, out of callgrind's files. It runs nothing.
//!
//! A line of such a file says what one function executed itself at a line of a source file, which is another crate's where
//! code was inlined. The crate decides the group. What the standard library and the C library execute counts for the
//! crate that called them, found in the callers that callgrind names (`--separate-callers`). The allocator is a group of
//! its own.
//!
//! The format is described in the Callgrind Format Specification of valgrind's manual.

mod belongs;

use std::collections::{BTreeMap, HashMap};
use std::iter;
use std::path::Path;

use anyhow::{Context as _, Result};
use quartet_record::cost::{FunctionGroup, GroupCost};

use belongs::{Owner, allocates, is_allocator, owner_of_file, owner_of_function};

/// How many callers a function is told apart by.
pub(super) const CALLERS: usize = 12;

/// What the functions of each group executed and allocated.
pub(super) type Totals = BTreeMap<FunctionGroup, Total>;

/// What the functions of one group executed and allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Total {
    /// Instructions.
    pub(super) instructions: u64,
    /// Calls of the allocator that allocate.
    pub(super) allocations: u64,
}

/// What each group costs a request: the longer count's further requests, of which there were so many.
pub(super) fn per_request(
    fewer: &Totals,
    more: &Totals,
    requests: usize,
) -> BTreeMap<FunctionGroup, GroupCost> {
    let each = |more: u64, fewer: u64| (more as f64 - fewer as f64) / requests as f64;
    more.iter()
        .map(|(&group, more)| {
            let fewer = fewer.get(&group).copied().unwrap_or_default();
            let cost = GroupCost {
                instructions: each(more.instructions, fewer.instructions),
                allocations: each(more.allocations, fewer.allocations),
            };
            (group, cost)
        })
        .filter(|(_, cost)| cost.instructions != 0.0 || cost.allocations != 0.0)
        .collect()
}

/// Adds up callgrind's file, whose names are mangled, by groups. What lies in `root` is the server's own.
///
/// # Errors
/// Where it is no such file.
pub(super) fn totals(report: &str, root: &Path) -> Result<Totals> {
    let mut reading = Reading {
        root,
        files: HashMap::new(),
        functions: HashMap::new(),
        function: Function::default(),
        file: Owner::Caller,
        called: Function::default(),
        is_call: false,
        totals: Totals::new(),
    };
    for (index, line) in report.lines().enumerate() {
        reading
            .line(line)
            .with_context(|| format!("line {} of callgrind's file: `{line}`", index + 1))?;
    }
    Ok(reading.totals)
}

/// Where in callgrind's file one is.
#[derive(Debug)]
struct Reading<'a> {
    /// The folder of the server's own sources.
    root: &'a Path,
    /// What is known of names by their number: they come once.
    files: HashMap<&'a str, Owner>,
    functions: HashMap<&'a str, Function>,
    /// The function whose lines follow, and the group of its own code.
    function: Function,
    /// Who owns the source file of the lines that follow.
    file: Owner,
    /// The function that is called next.
    called: Function,
    /// Whether the next line is what a call cost, which is in the called function's own lines already.
    is_call: bool,
    totals: Totals,
}

/// What is known of a function by its name and its callers'.
#[derive(Clone, Copy, Debug, Default)]
struct Function {
    is_allocator: bool,
    allocates: bool,
    owner: Option<FunctionGroup>,
}

impl Function {
    /// Of the names of a function and of its callers, as in `malloc'_ZN5alloc7raw_vec11finish_grow17h…E'_ZN5hyper5proto…`.
    fn of(name: &str) -> Self {
        let mut chain = name
            .split('\'')
            .map(|name| format!("{:#}", rustc_demangle::demangle(name)));
        let own = chain.next().unwrap_or_default();
        Self {
            is_allocator: is_allocator(&own),
            allocates: allocates(&own),
            owner: iter::once(own.clone()).chain(chain).find_map(|name| {
                match owner_of_function(&name) {
                    Owner::Group(group) => Some(group),
                    Owner::Caller => None,
                }
            }),
        }
    }
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &'a str) -> Result<()> {
        if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            return self.cost(line);
        }
        let Some((key, value)) = line.split_once('=') else {
            return Ok(());
        };
        match key {
            "fl" | "fi" | "fe" => self.file = self.named_file(value)?,
            // It is named here first, perhaps.
            "cfi" | "cfl" => drop(self.named_file(value)?),
            "fn" => self.function = self.named_function(value)?,
            "cfn" => self.called = self.named_function(value)?,
            "calls" => self.call(value)?,
            _ => {}
        }
        Ok(())
    }

    fn named_file(&mut self, value: &'a str) -> Result<Owner> {
        let (number, name) = named(value)?;
        if let Some(name) = name {
            self.files.insert(number, owner_of_file(name, self.root));
        }
        let known = self.files.get(number).copied();
        known.context("a file that has no name yet")
    }

    fn named_function(&mut self, value: &'a str) -> Result<Function> {
        let (number, name) = named(value)?;
        if let Some(name) = name {
            self.functions.insert(number, Function::of(name));
        }
        let known = self.functions.get(number).copied();
        known.context("a function that has no name yet")
    }

    /// `calls=NUMBER POSITION`
    fn call(&mut self, value: &str) -> Result<()> {
        self.is_call = true;
        if self.called.allocates && !self.function.is_allocator {
            let number = value.split_ascii_whitespace().next().unwrap_or_default();
            let calls: u64 = number.parse().context("no number of calls")?;
            self.total().allocations += calls;
        }
        Ok(())
    }

    /// `POSITION INSTRUCTIONS`
    fn cost(&mut self, line: &str) -> Result<()> {
        if std::mem::take(&mut self.is_call) {
            return Ok(());
        }
        let mut words = line.split_ascii_whitespace().skip(1);
        // A line without a figure costs nothing.
        if let Some(word) = words.next() {
            let instructions: u64 = word.parse().context("no number of instructions")?;
            self.total().instructions += instructions;
        }
        Ok(())
    }

    /// The total that lines at this place are part of.
    fn total(&mut self) -> &mut Total {
        let group = match (self.function, self.file) {
            (function, _) if function.is_allocator => FunctionGroup::Allocator,
            (_, Owner::Group(group)) => group,
            (function, _) => function.owner.unwrap_or(FunctionGroup::Other),
        };
        self.totals.entry(group).or_default()
    }
}

/// `(NUMBER) NAME`, or `(NUMBER)` where it was named before.
fn named(value: &str) -> Result<(&str, Option<&str>)> {
    let rest = value.strip_prefix('(').context("no number of a name")?;
    let (number, name) = rest.split_once(')').context("no number of a name")?;
    Ok((number, Some(name.trim()).filter(|name| !name.is_empty())))
}

#[cfg(test)]
mod tests;
