//! What a server can be told when it is started, whatever its options are called.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use super::Server;
use super::process::filled;
use crate::Need;

/// What stands for a time in the arguments that set one.
pub(crate) const SECONDS: &str = "{seconds}";
/// The same in milliseconds.
pub(crate) const MILLISECONDS: &str = "{milliseconds}";

/// The needs of the settings that are times.
pub(crate) const TIMES: [Need; 4] = [
    Need::HeaderTimeout,
    Need::IdleTimeout,
    Need::DrainTimeout,
    Need::ShutdownDelay,
];

/// Something to start a server with.
#[derive(Clone, Copy, Debug)]
pub enum Setting<'a> {
    /// Ask for one of the API keys in this file.
    KeyFile(&'a Path),
    /// Serve the greetings of this file.
    DataFile(&'a Path),
    /// Give a client so many seconds for a request's head.
    HeaderTimeout(u32),
    /// Keep a connection without a request for so many seconds.
    IdleTimeout(u32),
    /// Give what is in flight so many seconds to end after SIGTERM.
    DrainTimeout(u32),
    /// Go on for so many seconds after SIGTERM, and say that it is not ready.
    ShutdownDelay(u32),
    /// Have this time where one of the needs above is met, also if it is no whole number of seconds.
    Time(Need, Duration),
    /// Refuse a request line of more octets.
    RequestLineLimit(usize),
    /// Refuse header fields of more octets together.
    HeaderLimit(usize),
    /// Refuse more header fields.
    HeaderCountLimit(usize),
    /// Log all that can be logged.
    Verbose,
    /// Log errors alone.
    Quiet,
    /// Be reached below this prefix.
    RootPath(&'a str),
    /// Be found at this absolute URL.
    PublicUrl(&'a str),
    /// Print the OpenAPI document and end.
    PrintOpenApi,
    /// The same in version 3.0 of OpenAPI.
    PrintOpenApi30,
}

impl Setting<'_> {
    /// The need that a server meets which takes this setting.
    pub fn need(self) -> Need {
        match self {
            Self::KeyFile(_) => Need::ApiKey,
            Self::DataFile(_) => Need::DataFile,
            Self::HeaderTimeout(_) => Need::HeaderTimeout,
            Self::IdleTimeout(_) => Need::IdleTimeout,
            Self::DrainTimeout(_) => Need::DrainTimeout,
            Self::ShutdownDelay(_) => Need::ShutdownDelay,
            Self::Time(which, _) => which,
            Self::RequestLineLimit(_) => Need::RequestLineLimit,
            Self::HeaderLimit(_) => Need::HeaderLimit,
            Self::HeaderCountLimit(_) => Need::HeaderCountLimit,
            Self::Verbose => Need::Verbose,
            Self::Quiet => Need::Quiet,
            Self::RootPath(_) => Need::RootPath,
            Self::PublicUrl(_) => Need::PublicUrl,
            Self::PrintOpenApi => Need::PrintOpenApi,
            Self::PrintOpenApi30 => Need::PrintOpenApi30,
        }
    }
}

impl Server {
    /// The arguments that make a setting, if the stanza says how.
    pub fn setting(&self, setting: Setting<'_>) -> Option<Vec<OsString>> {
        let (template, placeholder, value) = match setting {
            Setting::KeyFile(file) => (&self.key_args, "{file}", text(file)),
            Setting::DataFile(file) => (&self.data_args, "{file}", text(file)),
            Setting::HeaderTimeout(seconds)
            | Setting::IdleTimeout(seconds)
            | Setting::DrainTimeout(seconds)
            | Setting::ShutdownDelay(seconds) => {
                return self.time(setting.need(), Duration::from_secs(seconds.into()));
            }
            Setting::Time(which, time) => return self.time(which, time),
            Setting::RequestLineLimit(n) => {
                (&self.request_line_limit_args, "{limit}", n.to_string())
            }
            Setting::HeaderLimit(n) => (&self.header_limit_args, "{limit}", n.to_string()),
            Setting::HeaderCountLimit(n) => {
                (&self.header_count_limit_args, "{limit}", n.to_string())
            }
            Setting::Verbose => (&self.verbose_args, "{}", String::new()),
            Setting::Quiet => (&self.quiet_args, "{}", String::new()),
            Setting::RootPath(path) => (&self.root_path_args, "{path}", path.to_owned()),
            Setting::PublicUrl(url) => (&self.public_url_args, "{url}", url.to_owned()),
            Setting::PrintOpenApi => (&self.print_openapi_args, "{}", String::new()),
            Setting::PrintOpenApi30 => (&self.print_openapi_3_0_args, "{}", String::new()),
        };
        let fill = |argument: &String| argument.replace(placeholder, &value).into();
        Some(template.as_ref()?.iter().map(fill).collect())
    }

    /// The arguments that set a time, if the stanza says how: one of whole seconds, or of
    /// milliseconds where the arguments have a place for these.
    fn time(&self, which: Need, time: Duration) -> Option<Vec<OsString>> {
        let template = self.time_template(which)?;
        let is_whole = time.subsec_nanos() == 0;
        if !is_whole && !template.iter().any(|it| it.contains(MILLISECONDS)) {
            return None;
        }
        let (seconds, milliseconds) = (time.as_secs().to_string(), time.as_millis().to_string());
        let fill = |argument: &String| {
            let filled = argument.replace(SECONDS, &seconds);
            filled.replace(MILLISECONDS, &milliseconds).into()
        };
        Some(template.iter().map(fill).collect())
    }

    fn time_template(&self, which: Need) -> Option<&Vec<String>> {
        let template = match which {
            Need::HeaderTimeout => &self.header_timeout_args,
            Need::IdleTimeout => &self.idle_timeout_args,
            Need::DrainTimeout => &self.drain_timeout_args,
            Need::ShutdownDelay => &self.shutdown_delay_args,
            _ => return None,
        };
        template.as_ref()
    }

    /// The needs that a process of this server meets when it is started accordingly.
    pub fn needs_met(&self) -> impl Iterator<Item = Need> {
        let nowhere = Path::new("");
        [
            Setting::DataFile(nowhere),
            Setting::HeaderTimeout(1),
            Setting::IdleTimeout(1),
            Setting::DrainTimeout(1),
            Setting::ShutdownDelay(1),
            Setting::RequestLineLimit(1),
            Setting::HeaderLimit(1),
            Setting::HeaderCountLimit(1),
            Setting::Verbose,
            Setting::Quiet,
            Setting::RootPath(""),
            Setting::PublicUrl(""),
            Setting::PrintOpenApi,
            Setting::PrintOpenApi30,
        ]
        .into_iter()
        .filter(|setting| self.setting(*setting).is_some())
        .map(Setting::need)
        .chain(self.port_env_args.is_some().then_some(Need::PortEnv))
        .chain(self.listen_args.is_some().then_some(Need::Listen))
        .chain((self.host_args.is_some() && self.port_args.is_some()).then_some(Need::HostAndPort))
        .chain(self.option_env.is_some().then_some(Need::OptionEnv))
        .chain(
            TIMES
                .iter()
                .any(|which| self.time(*which, Duration::from_millis(1)).is_some())
                .then_some(Need::Milliseconds),
        )
    }

    /// The environment variables that make a setting, if the stanza says how.
    pub fn setting_by_environment(&self, setting: Setting<'_>) -> Option<Vec<(String, String)>> {
        let arguments = self.setting(setting)?;
        let arguments = arguments.into_iter().map(OsString::into_string);
        self.variables(&arguments.collect::<Result<Vec<_>, _>>().ok()?)
    }

    /// The same server, of whose arguments those that tell it where to listen and how many workers
    /// to have are left out, and the environment variables that tell it instead.
    pub fn told_by_environment(&self, port: u16) -> (Self, Vec<(String, String)>) {
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let mut left = Vec::new();
        let mut told = Vec::new();
        for argument in &self.args {
            let filled = filled(argument, address, 2);
            if filled == *argument {
                left.push(filled);
                continue;
            }
            if !filled.starts_with("--") {
                told.extend(left.pop());
            }
            told.push(filled);
        }
        let server = Self {
            args: left,
            ..self.clone()
        };
        (server, self.variables(&told).unwrap_or_default())
    }

    /// What stands for long options with values, given as `--name value` or `--name=value`.
    pub(crate) fn variables(&self, arguments: &[String]) -> Option<Vec<(String, String)>> {
        let template = self.option_env.as_ref()?;
        let variable = |option: &str| {
            let name = option.replace('-', "_").to_ascii_uppercase();
            template.replace("{OPTION}", &name)
        };
        let mut variables = Vec::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let Some(option) = argument.strip_prefix("--") else {
                continue;
            };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None => (option, rest.next()?.clone()),
            };
            variables.push((variable(name), value));
        }
        Some(variables)
    }

    /// The names of its long options, as far as the stanza tells.
    pub fn long_options(&self) -> Vec<&str> {
        let templates = [
            Some(&self.args),
            self.key_args.as_ref(),
            self.data_args.as_ref(),
            self.header_timeout_args.as_ref(),
            self.idle_timeout_args.as_ref(),
            self.drain_timeout_args.as_ref(),
            self.shutdown_delay_args.as_ref(),
            self.request_line_limit_args.as_ref(),
            self.header_limit_args.as_ref(),
            self.header_count_limit_args.as_ref(),
            self.verbose_args.as_ref(),
            self.quiet_args.as_ref(),
            self.root_path_args.as_ref(),
            self.public_url_args.as_ref(),
            self.print_openapi_args.as_ref(),
        ];
        let arguments = templates.into_iter().flatten().flatten();
        arguments
            .filter_map(|argument| argument.split('=').next())
            .filter(|name| name.starts_with("--") && name.len() > 2)
            .collect()
    }
}

/// A path as a template takes it: those that the suite makes are UTF-8 where the system's
/// directory for temporary files is.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::{Ready, Role};

    #[test]
    fn a_template_is_filled_in_and_tells_what_is_offered() {
        let mut server = Server::new("a", Role::Baseline, "a", Ready::Line);
        assert_eq!(server.needs_met().count(), 0);
        assert_eq!(server.setting(Setting::IdleTimeout(3)), None);
        server.args = vec!["-v".to_owned(), "--bind=127.0.0.1:{port}".to_owned()];
        server.idle_timeout_args = Some(vec!["--idle".to_owned(), "{seconds}s".to_owned()]);
        let made = server.setting(Setting::IdleTimeout(3)).unwrap();
        assert_eq!(made, ["--idle", "3s"]);
        assert_eq!(server.needs_met().collect::<Vec<_>>(), [Need::IdleTimeout]);
        assert_eq!(server.long_options(), ["--bind", "--idle"]);
        server.option_env = Some("A_{OPTION}".to_owned());
        let told = server.setting_by_environment(Setting::IdleTimeout(3));
        assert_eq!(told, Some(vec![("A_IDLE".to_owned(), "3s".to_owned())]));
        assert_eq!(
            server.time(Need::IdleTimeout, Duration::from_millis(1500)),
            None
        );
        server.idle_timeout_args = Some(vec!["--idle={milliseconds}ms".to_owned()]);
        for (time, made) in [(1500, "--idle=1500ms"), (2000, "--idle=2000ms")] {
            let told = server.time(Need::IdleTimeout, Duration::from_millis(time));
            assert_eq!(told, Some(vec![made.into()]));
        }
        assert!(server.needs_met().any(|need| need == Need::Milliseconds));
        let listen = [("A_BIND".to_owned(), "127.0.0.1:81".to_owned())];
        for place in ["127.0.0.1:{port}", "{address}", "{host}:{port}"] {
            server.args = vec!["-v".to_owned(), "--bind".to_owned(), place.to_owned()];
            let (server, told) = server.told_by_environment(81);
            assert_eq!(server.args, ["-v"], "{place}");
            assert_eq!(told, listen, "{place}");
        }
    }
}
