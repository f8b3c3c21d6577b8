//! Servers as they are built for profilers: the same code, with the names of functions and lines.

use quartet_conformance::servers::Server;

/// The workspace's profile for it.
const PROFILE: &str = "profiling";

/// The server with the names of its functions. One that cargo does not build is left as it is.
pub(crate) fn with_names(server: &Server) -> Server {
    instead_of_release(server, &["--profile".to_owned(), PROFILE.to_owned()])
}

/// The server with the names of its functions and with frame pointers, by which a sampling profiler finds callers quickly.
/// `flags` is the key of cargo's configuration that adds to rustc's flags. One that cargo does not build is left as it is.
pub(crate) fn with_frame_pointers(server: &Server, flags: &str) -> Server {
    instead_of_release(
        server,
        &[
            "--profile".to_owned(),
            PROFILE.to_owned(),
            "--config".to_owned(),
            format!("{flags}=[\"-Cforce-frame-pointers=yes\"]"),
        ],
    )
}

fn instead_of_release(server: &Server, options: &[String]) -> Server {
    let mut server = server.clone();
    let mut arguments = server.build.iter();
    let release = arguments.position(|argument| argument == "--release");
    if let Some(release) = release.filter(|_| server.build[0] == "cargo") {
        server
            .build
            .splice(release..=release, options.iter().cloned());
    }
    server
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_conformance::servers::Catalogue;
    use std::path::Path;

    #[test]
    fn a_server_of_cargos_is_built_for_profilers() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
        let catalogue = Catalogue::load(&file).unwrap();
        let axum = catalogue.get("axum").unwrap();
        for server in [
            with_names(axum),
            with_frame_pointers(axum, "build.rustflags"),
        ] {
            let built = server.build;
            assert!(!built.contains(&"--release".to_owned()));
            let mut options = built.iter().skip_while(|option| *option != "--profile");
            assert_eq!(options.nth(1).map(String::as_str), Some("profiling"));
        }
        let with = with_frame_pointers(axum, "build.rustflags").build;
        assert!(with.contains(&"build.rustflags=[\"-Cforce-frame-pointers=yes\"]".to_owned()));
        let fastapi = catalogue.get("fastapi").unwrap();
        assert_eq!(&with_names(fastapi), fastapi);
        let manifest = std::fs::read_to_string(file.with_file_name("Cargo.toml")).unwrap();
        assert!(manifest.contains("\n[profile.profiling]\n"));
    }
}
