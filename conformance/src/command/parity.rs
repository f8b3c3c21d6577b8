//! `conformance parity`: the page for whoever moves a client over.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;

use super::error::RunError;
use super::{DEVIATION, print, wait_if_interrupted};
use crate::Target;
use crate::parity::{Answers, page};
use crate::servers::{Catalogue, Process, Role, Server, StartOptions};

/// Where the generated part of a page starts and ends.
const MARKERS: [&str; 2] = ["<!-- parity -->\n", "<!-- /parity -->\n"];

/// Sends the same requests to an original and to the framework servers, and prints every difference
/// between their responses as Markdown
#[derive(Debug, Parser)]
#[command(
    name = "conformance parity",
    bin_name = "conformance parity",
    version,
    after_help = "\
Examples:
  conformance parity                                print every difference from FastAPI's responses
  conformance parity --write baselines/PARITY.md    write it to the page, between the markers
  conformance parity --check baselines/PARITY.md    check that the page is up to date

Exit codes:
  0  success
  1  the page is not up to date (--check)
  2  a wrong option, or a page without the markers
  3  a server that cannot be built, started or reached"
)]
struct ParityOptions {
    /// The server of servers.toml that clients move from
    #[arg(long, value_name = "NAME", default_value = "fastapi")]
    against: String,

    /// The server that they move to; may be repeated [default: those with role framework]
    #[arg(long = "server", value_name = "NAME")]
    servers: Vec<String>,

    /// Write the result to this file, between `<!-- parity -->` and `<!-- /parity -->`
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    write: Option<PathBuf>,

    /// Check that this file has the result between the markers
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

/// The whole of the subcommand; `arguments` start with its name.
pub(super) fn execute(arguments: Vec<OsString>) -> Result<u8, RunError> {
    let options = ParityOptions::parse_from(arguments);
    let usage = |error: crate::servers::CatalogueError| RunError::Usage(error.to_string());
    let catalogue = Catalogue::find().map_err(usage)?;
    let original = find(&catalogue, &options.against)?;
    let others: Vec<&Server> = match options.servers.is_empty() {
        true => catalogue.with_role(Role::Framework).collect(),
        false => {
            let names = options.servers.iter();
            names
                .map(|name| find(&catalogue, name))
                .collect::<Result<_, _>>()?
        }
    };
    let file = options.write.as_ref().or(options.check.as_ref());
    let failed = |file: &Path, error: &str| RunError::Usage(format!("{}: {error}", file.display()));
    // Before the run, which would be for nothing.
    let before = file.map(|file| {
        let read = fs::read_to_string(file);
        read.map_err(|error| failed(file, &error.to_string()))
    });
    let before = before.transpose()?;
    let original = ask(&catalogue, original)?;
    let others: Vec<Answers> = others
        .into_iter()
        .map(|server| ask(&catalogue, server))
        .collect::<Result<_, _>>()?;
    wait_if_interrupted();
    let text = page(&original, &others);
    let Some((file, before)) = file.zip(before) else {
        return print(|out| out.write_all(text.as_bytes())).map(|()| 0);
    };
    let after = spliced(&before, &text)
        .ok_or_else(|| failed(file, "the markers of the generated part are missing"))?;
    if options.write.is_some() {
        fs::write(file, after).map_err(|error| failed(file, &error.to_string()))?;
        return Ok(0);
    }
    if after == before {
        return Ok(0);
    }
    eprintln!(
        "conformance: {} is not up to date; --write updates it",
        file.display()
    );
    Ok(DEVIATION)
}

fn find<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a Server, RunError> {
    let found = catalogue.get(name);
    found.ok_or_else(|| RunError::Usage(format!("servers.toml has no server {name:?}")))
}

fn ask(catalogue: &Catalogue, server: &Server) -> Result<Answers, RunError> {
    let unreachable = |error: &dyn std::fmt::Display| RunError::Unreachable(error.to_string());
    eprintln!("building {}", server.name);
    let artifact = server
        .build(catalogue.root())
        .map_err(|error| unreachable(&error))?;
    let options = StartOptions {
        program: Some(artifact.program),
        workers: Some(1),
        ..StartOptions::default()
    };
    eprintln!("asking {}", server.name);
    let process = Process::start(server, &options).map_err(|error| unreachable(&error))?;
    let target = Target::new(&server.name, process.base_url());
    Answers::of(&target, catalogue.framework_version(server)).map_err(|error| unreachable(&error))
}

/// A page with its generated part replaced, if it has the markers.
fn spliced(page: &str, generated: &str) -> Option<String> {
    let [start, end] = MARKERS;
    let (before, rest) = page.split_once(start)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{start}\n{generated}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn are_well_formed() {
        ParityOptions::command().debug_assert();
    }

    #[test]
    fn a_page_keeps_what_is_around_its_generated_part() {
        let page = "# A\n<!-- parity -->\nold\n<!-- /parity -->\nend\n";
        let after = spliced(page, "new\n").unwrap();
        assert_eq!(
            after,
            "# A\n<!-- parity -->\n\nnew\n\n<!-- /parity -->\nend\n"
        );
        assert_eq!(spliced(&after, "new\n").unwrap(), after);
        assert_eq!(spliced("# A\n", "new\n"), None);
    }
}
