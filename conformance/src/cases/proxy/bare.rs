//! The prefix without its slash, which people type and proxies treat in three ways.
//!
//! A proxy may redirect it to the prefix with the slash: then all is well. It may answer that there is
//! nothing. Or it may strip the prefix and pass `/` on, as those do that match the start of a path.
//! What is asked for and what the server sees then differ by a slash, relative links lead outside, and
//! no server can know, unless it is told its prefix.

use super::{CONTRACT, PREFIX, behind, front};
use crate::cases::docs::page::follow;
use crate::cases::processes;
use crate::cases::steps::ask;
use crate::http::Request;
use crate::servers::Setting;
use crate::tools::{Bare, Host};
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

/// What the prefix is asked with: where a redirect adds no more than the slash it has to stay.
const QUERY: &str = "?lang=en";

pub(in crate::cases) const CASES: &[Case] = &[
    Case::should(
        "proxy/prefix-bare",
        CONTRACT,
        "The prefix without its slash redirects to the target of the prefix with it, and keeps \
         its query. If the URL has a prefix, this tests its proxy; at the root it is tested \
         through an nginx that redirects.",
        prefix_bare,
    ),
    Case::must(
        "proxy/root-path-bare",
        CONTRACT,
        "A server with a configured prefix redirects below it even if a proxy passes the prefix \
         without its slash on as /.",
        root_path_bare,
    )
    .needing(&[Need::Process, Need::Proxy, Need::RootPath]),
];

fn prefix_bare(context: &Context) -> Outcome {
    if !context.base().prefix().is_empty() {
        return leads_below(context);
    }
    if !context.target().provides.contains(&Need::Proxy) {
        return Ok(Verdict::NotApplicable(Need::Proxy.missing().to_owned()));
    }
    let (_nginx, view) = behind(context, PREFIX, Host::Server)?;
    leads_below(&view)
}

fn root_path_bare(context: &Context) -> Outcome {
    let (_process, server) = processes::start(context, &[Setting::RootPath(PREFIX)])?;
    let (_nginx, view) = front(&server, PREFIX, Host::Server, Bare::PassedOn)?;
    leads_below(&view)
}

fn leads_below(context: &Context) -> Outcome {
    let (base, prefix) = (context.base(), context.base().prefix());
    let bare = format!("{prefix}{QUERY}");
    let response = ask(&context.seen_at(base.root()), Request::get(bare.as_str()))?;
    let location = match response.header("location") {
        Some(location) if (300..400).contains(&response.status) => location,
        _ => {
            let status = response.status;
            return Err(Deviation(format!("GET {bare} is {status}, no redirect")));
        }
    };
    let outside = |path: &str| Deviation(format!("GET {bare} leads to {path}, outside {prefix}/"));
    let path = base
        .follow(prefix, location)
        .map_err(|elsewhere| outside(&elsewhere))?;
    let below = path
        .strip_prefix(prefix)
        .filter(|below| below.starts_with('/'))
        .ok_or_else(|| outside(&path))?;
    ensure!(
        without_query(below) != "/" || below.ends_with(QUERY),
        "GET {bare} leads to {path}, without the query"
    );
    let (from_bare, from_slash) = (follow(context, below)?, follow(context, "/")?);
    ensure!(
        without_query(&from_bare.0) == without_query(&from_slash.0)
            && from_bare.1.status == from_slash.1.status,
        "GET {bare} ends at {} with {}, GET {prefix}/ at {} with {}",
        from_bare.0,
        from_bare.1.status,
        from_slash.0,
        from_slash.1.status
    );
    Ok(Verdict::Conforms)
}

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener};

    use super::*;
    use crate::tools::{Nginx, needs_met};
    use crate::{BaseUrl, Suite, Target};

    /// A server whose root redirects to a page by a relative link. It runs until the tests end.
    fn redirecting() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let target = lines.next().unwrap_or_default();
                lines.find(String::is_empty);
                let (status, content) =
                    match without_query(target.split(' ').nth(1).unwrap_or_default()) {
                        "/" => ("307 Temporary Redirect\r\nLocation: docs", ""),
                        "/docs" => ("200 OK\r\nContent-Type: text/html", "a page"),
                        "/greetings" => ("200 OK", r#"[{"lang":"en","text":"Hello"}]"#),
                        _ => ("404 Not Found", ""),
                    };
                let length = content.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{content}"
                );
                // A client that has gone away needs no answer.
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        address
    }

    fn prefix_bare_at(base: BaseUrl) -> Verdict {
        let suite = Suite::new(Target::new("proxied", base), 1);
        suite.run(&CASES[0]).verdict.unwrap()
    }

    #[test]
    fn a_proxy_is_found_at_fault_before_a_sound_server() {
        if !needs_met().contains(&Need::Proxy) {
            eprintln!("not tested: it {}", Need::Proxy.missing());
            return;
        }
        let socket = redirecting();
        let base = BaseUrl::at(socket);
        let through = |bare| {
            let nginx = Nginx::start(&base, socket, PREFIX, Host::Server, bare).unwrap();
            prefix_bare_at(nginx.base().clone())
        };
        assert_eq!(through(Bare::Redirected), Verdict::Conforms);
        let found = through(Bare::PassedOn);
        let why = "GET /content/42?lang=en leads to /content/docs, outside /content/42/";
        assert_eq!(found, Verdict::Deviates(why.to_owned()));
        let nowhere = BaseUrl::parse(&format!("{base}content/42")).unwrap();
        let found = prefix_bare_at(nowhere);
        assert!(matches!(found, Verdict::NotApplicable(_)), "{found:?}");
    }
}
