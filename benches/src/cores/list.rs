//! Lists of cores, as on a command line and in the kernel's files.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};

/// A list of core numbers as on a command line: `2`, `0,2`, `4-7`, `0,4-7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreList(Vec<usize>);

impl CoreList {
    /// The cores, ascending, each once. Never empty.
    pub fn cores(&self) -> &[usize] {
        &self.0
    }
}

impl FromStr for CoreList {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut cores = Vec::new();
        for part in text.split(',') {
            let number = |digits: &str| {
                digits
                    .trim()
                    .parse::<usize>()
                    .with_context(|| format!("`{part}` is not a core"))
            };
            let (first, last) = match part.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(part)?, number(part)?),
            };
            ensure!(first <= last, "`{part}` runs backwards");
            ensure!(last < MOST, "there is no core {last}");
            cores.extend(first..=last);
        }
        cores.sort_unstable();
        cores.dedup();
        Ok(Self(cores))
    }
}

impl fmt::Display for CoreList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores: Vec<String> = self.0.iter().map(usize::to_string).collect();
        formatter.write_str(&cores.join(","))
    }
}

/// More than any kernel is built for (`CONFIG_NR_CPUS`, 8192 at most on x86).
const MOST: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_sorted_and_without_repeats() {
        let list = |text: &str| text.parse::<CoreList>().map(|list| list.0);
        assert_eq!(list("2").unwrap(), [2]);
        assert_eq!(list("4-6,1,5").unwrap(), [1, 4, 5, 6]);
        for wrong in [
            "",
            "a",
            "1,",
            "3-1",
            "-2",
            "9999999",
            "0-99999999999999999999",
        ] {
            assert!(list(wrong).is_err(), "{wrong}");
        }
    }
}
