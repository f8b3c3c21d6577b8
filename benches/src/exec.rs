//! Servers of the command line, in any language: `--exec`. What they must answer, and which programs they are.

mod expected;
mod files;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use quartet_conformance::servers::{Catalogue, Process, Server, StartError, StartOptions};
use quartet_record::plan::Custom;
use quartet_record::{Exec, Record};

use crate::cores::Placement;
use crate::environment::Private;
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub use expected::Expected;
pub(crate) use expected::difference;

/// Where `--help` has these options.
const HEADING: &str = "Servers of your own";

/// Which servers, and what they must answer.
#[derive(Args, Clone, Debug)]
#[group(id = "ExecOptions")]
pub(crate) struct ExecOptions {
    /// Also measure the server that this command starts, in the lane `custom`. {port} is replaced by the port
    /// of 127.0.0.1 to listen on, {address} by both, {host} by the address, {workers} by the number of
    /// workers. Quotes work as in a shell; the command runs without one. May be repeated
    #[arg(long = "exec", value_name = "COMMAND", value_parser = Server::of_command_line, requires_all = ["path", "expect"], help_heading = HEADING)]
    commands: Vec<Server>,

    /// Name of the server of --exec, in the same order [default: its program, and its script]
    #[arg(long = "name", value_name = "NAME", requires = "commands", value_parser = name, help_heading = HEADING)]
    names: Vec<String>,

    /// What the lane `custom` requests: GET of this path, which may have a query. Requests follow each other on
    /// connections that the server must keep open
    #[arg(long, value_name = "PATH", requires = "commands", value_parser = path, help_heading = HEADING)]
    path: Option<String>,

    /// File with the content that every answer in the lane `custom` must have, byte for byte, with status 200
    #[arg(long, value_name = "FILE", requires = "commands", help_heading = HEADING)]
    expect: Option<PathBuf>,

    /// How long each process of --exec is loaded before it is measured, such as 2s: JIT compilers need it
    #[arg(long, value_name = "TIME", requires = "commands", default_value = "500ms", value_parser = warm_up, help_heading = HEADING)]
    warm_up: Duration,
}

/// A time, of which a run has several for each server.
fn warm_up(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    match time <= Duration::from_secs(60) {
        true => Ok(time),
        false => Err("at most 1m".to_owned()),
    }
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.is_empty() || text.chars().any(char::is_control) {
        true => Err("a name is one line of text".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// A request target in origin form (RFC 9112 §3.2.1).
fn path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') || text.contains('#') {
        return Err("a path must start with / and have no fragment".to_owned());
    }
    match text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("the path has characters that must be percent-encoded".to_owned()),
    }
}

impl ExecOptions {
    /// Whether there are any servers.
    pub(crate) fn any(&self) -> bool {
        !self.commands.is_empty()
    }

    /// The servers with their programs and names, and what they must answer. None where there are none.
    ///
    /// # Errors
    /// Where a program or the file does not exist, or two servers have one name.
    pub(crate) fn own(&self) -> Result<Option<Own>, Failure> {
        let (Some(path), Some(file)) = (&self.path, &self.expect) else {
            return Ok(None);
        };
        if self.names.len() > self.commands.len() {
            let sentence = "there are more --name than --exec";
            return Err(Failure::Usage(sentence.to_owned()));
        }
        let expected = Expected::read(path, file)?;
        let mut names = BTreeSet::new();
        let mut servers = Vec::new();
        for (index, command) in self.commands.iter().enumerate() {
            let mut server = command.clone();
            server.name = match self.names.get(index) {
                Some(name) => name.clone(),
                None => files::name(command),
            };
            let name = server.name.clone();
            if self.names.get(index).is_none() {
                let numbers = 2..;
                let mut others = numbers.map(|number: u32| format!("{name} {number}"));
                while names.contains(&server.name) {
                    server.name = others.next().unwrap_or_default();
                }
            }
            if !names.insert(server.name.clone()) {
                return Err(Failure::Usage(format!(
                    "two servers have the name `{name}`"
                )));
            }
            server.program = files::program(&command.program).map_err(Failure::Usage)?;
            server.cases = Some(Vec::new());
            servers.push(server);
        }
        Ok(Some(Own {
            servers,
            expected,
            warm_up: self.warm_up,
        }))
    }
}

/// Servers of the command line, and what they must answer.
#[derive(Debug)]
pub(crate) struct Own {
    servers: Vec<Server>,
    pub(crate) expected: Expected,
    warm_up: Duration,
}

impl Own {
    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.servers.iter().map(|server| server.name.clone());
        names.collect()
    }

    /// Adds the servers to those of the file.
    ///
    /// # Errors
    /// Where the file has a server of that name.
    pub(crate) fn enter(&self, catalogue: &mut Catalogue) -> Result<(), String> {
        for server in &self.servers {
            let name = &server.name;
            if catalogue.get(name).is_some() {
                return Err(format!(
                    "servers.toml has a server `{name}`; give the one of --exec another --name"
                ));
            }
            catalogue.add(server.clone());
        }
        Ok(())
    }

    /// What the plan of a run says of it.
    pub(crate) fn custom(&self) -> Custom {
        self.expected.custom(self.warm_up)
    }

    /// Starts each server once, and sees to it that it answers as it must, before anything else takes time.
    ///
    /// # Errors
    /// [`Failure::NoResult`] where one does not run or answers otherwise, [`Failure::Interrupted`] where it was
    /// asked to stop.
    pub(crate) fn try_each(
        &self,
        workers: usize,
        placement: &Placement,
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        for server in &self.servers {
            eprintln!(
                "testing {}: GET {} (it has {} s to listen)",
                server.name,
                self.expected.path(),
                Process::STARTUP.as_secs()
            );
            let tried = self.try_one(server, workers, placement);
            if interrupt.requested() {
                return Err(Failure::Interrupted);
            }
            tried.map_err(Failure::NoResult)?;
        }
        Ok(())
    }

    fn try_one(
        &self,
        server: &Server,
        workers: usize,
        placement: &Placement,
    ) -> Result<(), String> {
        let options = StartOptions {
            workers: Some(workers),
            ..StartOptions::default()
        };
        let name = &server.name;
        let started = placement.on_server_cores(|| Ok(Process::start(server, &options)));
        let started = started.map_err(|error| format!("{name}: {error:#}"))?;
        let process = started.map_err(|error| one_line(&error))?;
        let checked = self.expected.try_on(process.address());
        checked.map_err(|error| format!("{name}: {error:#}"))
    }

    /// Whether a run that is to be gone on with was begun with these servers and this content.
    ///
    /// # Errors
    /// A sentence that says what is not the same.
    pub(crate) fn same_as(
        own: Option<&Self>,
        record: &Record,
        private: &Private,
    ) -> Result<(), String> {
        let Some(own) = own else {
            return match record.plan.custom {
                None => Ok(()),
                Some(_) => Err(
                    "the run has servers of --exec; repeat its --exec, --name, --path, --expect and \
                     --warm-up"
                        .to_owned(),
                ),
            };
        };
        if record.plan.custom != Some(own.custom()) {
            return Err(
                "--path, --warm-up or the content of --expect is not what the run was begun with"
                    .to_owned(),
            );
        }
        let now: Vec<(&str, Exec)> = own
            .servers
            .iter()
            .map(|server| (server.name.as_str(), files::exec(server, private)))
            .collect();
        let then: Vec<(&str, Exec)> = record
            .servers
            .iter()
            .filter_map(|server| Some((server.name.as_str(), server.exec.clone()?)))
            .collect();
        match now == then {
            true => Ok(()),
            false => Err(
                "the servers of --exec, or their files, are not those that the run was begun with"
                    .to_owned(),
            ),
        }
    }
}

/// What the record says of how a server of the command line was started.
pub(crate) fn exec(server: &Server, private: &Private) -> Exec {
    files::exec(server, private)
}

/// Why a server did not start, with what it printed that tells the most, on one line.
fn one_line(error: &StartError) -> String {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let printed: Vec<&str> = lines.collect();
    let tells = |line: &&&str| line.to_lowercase().contains("error");
    let told = printed.iter().find(tells).or(printed.last());
    match told {
        Some(told) => format!("{first}: {told}"),
        None => first.to_owned(),
    }
}

/// Reads a file that the command line names.
fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use clap::Parser;
    use quartet_record::testing::record;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        exec: ExecOptions,
    }

    fn parse(line: &[&str]) -> Result<ExecOptions, clap::Error> {
        let line = ["compare"].iter().chain(line);
        Program::try_parse_from(line).map(|program| program.exec)
    }

    /// The servers of these commands, which must answer with `content`.
    fn own(commands: &[&str], content: &str) -> Result<Own, Failure> {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("expected");
        fs::write(&file, content).unwrap();
        let file = file.display().to_string();
        let mut line = vec!["--path=/", "--expect", &file];
        line.extend(commands);
        Ok(parse(&line).unwrap().own()?.unwrap())
    }

    #[test]
    fn names_are_given_or_follow_from_the_command() {
        let names = |commands: &[&str]| own(commands, "").unwrap().names();
        let one = "--exec=sh {port}";
        assert_eq!(names(&[one]), ["sh"]);
        assert_eq!(names(&[one, one, one]), ["sh", "sh 2", "sh 3"]);
        assert_eq!(names(&[one, one, "--name=a"]), ["a", "sh"]);
        let usage = |commands: &[&str]| match own(commands, "") {
            Err(Failure::Usage(sentence)) => sentence,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            usage(&[one, one, "--name=a", "--name=a"]),
            "two servers have the name `a`"
        );
        assert!(usage(&[one, "--name=a", "--name=b"]).contains("more --name than --exec"));
    }

    #[test]
    fn options_belong_together_and_values_are_checked() {
        let exec = ["--exec=a {port}", "--path=/", "--expect=b"];
        assert!(parse(&exec).is_ok() && parse(&[]).is_ok_and(|options| !options.any()));
        for missing in 0..3 {
            let rest: Vec<&str> = (0..3)
                .filter(|&index| index != missing)
                .map(|index| exec[index])
                .collect();
            assert!(parse(&rest).is_err(), "{rest:?}");
        }
        for wrong in [
            "--name=",
            "--warm-up=2h",
            "--warm-up=x",
            "--path=a",
            "--path=/#a",
            "--path=/ä",
        ] {
            assert!(
                parse(&[exec[0], exec[1], exec[2], wrong]).is_err(),
                "{wrong}"
            );
        }
        assert!(parse(&[exec[0], exec[2], "--path=/a?b=c%20d", "--warm-up=0s"]).is_ok());
    }

    #[test]
    fn a_run_goes_on_with_what_it_was_begun_with() {
        let private = Private::here(Path::new("."));
        let mine = own(&["--exec=sh {port}"], "content").unwrap();
        let mut begun = record();
        let without = Own::same_as(Some(&mine), &begun, &private).unwrap_err();
        assert!(
            without.contains("is not what the run was begun with"),
            "{without}"
        );
        begun.plan.custom = Some(mine.custom());
        let mut entry = begun.servers[0].clone();
        entry.name = "sh".to_owned();
        entry.exec = Some(exec(&mine.servers[0], &private));
        begun.servers.push(entry);
        assert_eq!(Own::same_as(Some(&mine), &begun, &private), Ok(()));
        assert!(
            Own::same_as(None, &begun, &private)
                .unwrap_err()
                .contains("repeat its --exec")
        );
        for (commands, content) in [
            (&["--exec=sh {port}"][..], "other"),
            (&["--exec=sh {port}", "--warm-up=1s"][..], "content"),
            (&["--exec=sh {port} x"][..], "content"),
            (&["--exec=sh {port}", "--exec=sh {port}"][..], "content"),
        ] {
            let other = own(commands, content).unwrap();
            assert!(
                Own::same_as(Some(&other), &begun, &private).is_err(),
                "{commands:?}"
            );
        }
        assert_eq!(Own::same_as(None, &record(), &private), Ok(()));
    }

    #[test]
    fn what_a_server_printed_is_one_line() {
        let line = "sh -c 'echo one >&2; echo TypeError: two >&2; echo three >&2; exit 7' {port}";
        let server = Server::of_command_line(line).unwrap();
        let error = Process::start(&server, &StartOptions::default()).unwrap_err();
        let said = one_line(&error);
        assert!(said.ends_with("(exit status: 7): TypeError: two"), "{said}");
    }
}
