//! The Python that a server runs on, and the server it stands on.

use std::path::Path;

use quartet_conformance::servers::Server;
use quartet_record::environment::Python;

use super::private::Private;
use crate::machine::output;

/// Prints all but the last three as JSON.
const SCRIPT: &str = r#"
import json, platform, re, shlex, sysconfig
from importlib.metadata import distributions
variable = lambda name: str(sysconfig.get_config_var(name) or "")
told = sysconfig.get_config_var("CONFIG_ARGS")
arguments = shlex.split(told or "")
flags = " ".join(map(variable, ("PY_CFLAGS", "PY_CFLAGS_NODIST", "PY_CORE_CFLAGS", "PY_LDFLAGS_NODIST", "PY_CORE_LDFLAGS")))
levels = re.findall(r"(?<!\S)-O\S*", variable("PY_CFLAGS") or variable("CFLAGS"))
on = lambda option: any(a == option or a.startswith(option + "=") and a != option + "=no" for a in arguments)
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": platform.python_version(),
    "compiler": platform.python_compiler(),
    "optimisation": levels[-1] if levels else None,
    "profile_guided": None if told is None else on("--enable-optimizations") or "-fprofile-" in flags,
    "link_time_optimised": None if told is None else on("--with-lto") or "-flto" in flags,
    "debug": bool(sysconfig.get_config_var("Py_DEBUG")),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "configured": arguments,
    "packages": {d.name: d.version for d in distributions()},
}))
"#;

/// The Python beside a server's program, where the server is in Python and it tells.
pub fn python(server: &Server, program: &Path, private: &Private) -> Option<Python> {
    server.requirements.as_ref()?;
    let folder = program.parent()?;
    let interpreter = folder.join("python");
    let said = output(folder, interpreter.to_str()?, &["-I", "-c", SCRIPT])?;
    let mut python: Python = serde_json::from_str(&said).ok()?;
    for argument in &mut python.configured {
        *argument = private.without(argument);
    }
    python.compiler = private.without(&python.compiler);
    stand_on(&mut python, program.file_name()?.to_str()?, &server.args);
    Some(python)
}

/// What the program of a server uses, by its arguments and by what is installed.
fn stand_on(python: &mut Python, program: &str, args: &[String]) {
    let given = |option: &str| {
        let mut pairs = args.windows(2).filter(|pair| pair[0] == option);
        pairs.next().map(|pair| pair[1].as_str())
    };
    let has = |name: &str| python.packages.contains_key(name);
    let either = |first: &str, second: &str| {
        if has(first) {
            first.to_owned()
        } else {
            second.to_owned()
        }
    };
    // uvicorn's and Sanic's documentation: the quicker ones where they are installed.
    let (event_loop, parser) = match program {
        "uvicorn" => (
            match given("--loop") {
                None | Some("auto") => either("uvloop", "asyncio"),
                Some(named) => named.to_owned(),
            },
            match given("--http") {
                None | Some("auto") => either("httptools", "h11"),
                Some(named) => named.to_owned(),
            },
        ),
        "hypercorn" => (
            given("--worker-class").unwrap_or("asyncio").to_owned(),
            "h11".to_owned(),
        ),
        "sanic" => (either("uvloop", "asyncio"), "httptools".to_owned()),
        // It parses by hyper, which it contains.
        "granian" => (
            match (given("--interface"), given("--loop")) {
                (Some("wsgi"), _) => "none".to_owned(),
                (_, None | Some("auto")) if has("rloop") => "rloop".to_owned(),
                (_, None | Some("auto")) => either("uvloop", "asyncio"),
                (_, Some(named)) => named.to_owned(),
            },
            "hyper".to_owned(),
        ),
        _ => return,
    };
    let with_version = |name: &str| match python.packages.get(name) {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    };
    let found = [program, &event_loop, &parser].map(|name| Some(with_version(name)));
    [python.server, python.event_loop, python.parser] = found;
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::python as known;

    #[test]
    fn loop_and_parser_are_those_in_use() {
        for (program, args, event_loop, parser) in [
            ("uvicorn", "", "uvloop 0.23.0", "httptools 0.9.0"),
            ("uvicorn", "--loop asyncio --http h11", "asyncio", "h11"),
            ("hypercorn", "--workers 1", "asyncio", "h11"),
            ("sanic", "", "uvloop 0.23.0", "httptools 0.9.0"),
            ("granian", "--interface asgi", "uvloop 0.23.0", "hyper"),
            ("granian", "--loop asyncio", "asyncio", "hyper"),
            ("granian", "--interface wsgi", "none", "hyper"),
        ] {
            let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
            let mut python = known();
            stand_on(&mut python, program, &args);
            let found = [&python.event_loop, &python.parser].map(|name| name.as_deref());
            assert_eq!(
                found,
                [Some(event_loop), Some(parser)],
                "{program} {args:?}"
            );
        }
        let mut other = known();
        stand_on(&mut other, "gunicorn", &[]);
        assert_eq!(other, known());
    }

    #[cfg(unix)]
    #[test]
    fn the_python_beside_a_program_is_asked() {
        // Python writes paths into what it tells: this one's are left out.
        let found = output(
            Path::new("."),
            "python3",
            &["-c", "import sys; print(sys.executable)"],
        );
        let Some(interpreter) = found else { return };
        let place = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(interpreter, place.path().join("python")).unwrap();
        let stanza = "name = 'x'\nrole = 'original'\nprogram = 'x/uvicorn'\nready = 'port'\n";
        let rust: Server = toml::from_str(stanza).unwrap();
        let server = Server {
            requirements: Some("requirements.txt".into()),
            ..rust.clone()
        };
        let private = Private::here(Path::new("."));
        let program = place.path().join("uvicorn");
        let found = python(&server, &program, &private).unwrap();
        assert!(found.version.starts_with("3."), "{found:?}");
        assert!(found.server.is_some_and(|name| name.starts_with("uvicorn")));
        let paths = found
            .configured
            .iter()
            .filter(|argument| argument.contains("=/"));
        assert_eq!(paths.count(), 0);
        assert_eq!(python(&rust, &program, &private), None);
    }
}
