//! The password of a database whose URL has none.

use std::{env, fs, path::PathBuf};

use tokio_postgres::{Config, config::Host};

/// The password for a database whose URL has none: that of `PGPASSWORD`, or of the file `PGPASSFILE` (`~/.pgpass`),
/// as libpq finds it. It is read for each connection, so that a changed one is used without a restart.
pub(super) fn find(config: &Config) -> Option<String> {
    let variable = env::var("PGPASSWORD").ok();
    variable
        .filter(|password| !password.is_empty())
        .or_else(|| in_file(&fs::read_to_string(file()?).ok()?, config))
}

fn file() -> Option<PathBuf> {
    let named = env::var_os("PGPASSFILE").filter(|name| !name.is_empty());
    named
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".pgpass")))
}

/// The password of the first line that fits: `host:port:database:user:password`, in which `*` fits everything and
/// a backslash takes a colon or backslash for itself.
fn in_file(lines: &str, config: &Config) -> Option<String> {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.to_string_lossy().into_owned(),
        None => config.get_hostaddrs().first()?.to_string(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let user = config.get_user().unwrap_or_default();
    let wanted = [
        host.as_str(),
        &port.to_string(),
        config.get_dbname().unwrap_or(user),
        user,
    ];
    lines
        .lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let mut fields = fields(line).into_iter();
            let fits = wanted.iter().all(|wanted| {
                let field = fields.next();
                field.is_some_and(|field| field == "*" || field == *wanted)
            });
            fields.next().filter(|_| fits)
        })
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, fields.last_mut()) {
            (':', _) => fields.push(String::new()),
            ('\\', Some(field)) => field.extend(characters.next()),
            (_, Some(field)) => field.push(character),
            (_, None) => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let config = "postgres://u@db.example:5433/greetings".parse().unwrap();
        for (lines, password) in [
            ("db.example:5433:greetings:u:a", Some("a")),
            ("# db.example:5433:greetings:u:a\n*:*:*:*:b", Some("b")),
            ("db.example:5432:*:u:a\n*:5433:*:u:c\n*:*:*:*:d", Some("c")),
            (r"*:*:*:*:a\:b\\c", Some(r"a:b\c")),
            ("db.example:5433:greetings:other:a", None),
            ("db.example", None),
            ("", None),
        ] {
            assert_eq!(in_file(lines, &config).as_deref(), password, "{lines}");
        }
    }
}
