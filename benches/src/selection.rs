//! Which servers are measured, and in which role.

use quartet_conformance::servers::{Catalogue, Role, Server};

use crate::plan::{Arm, ArmRole, Lane};

/// The server that stands for the contract without a framework.
const REFERENCE: &str = "hyper";

/// The server that answers with constant bytes.
const FLOOR: &str = "null";

/// The word for every server there is.
const ALL: &str = "all";

/// Chooses the arms: the servers asked for (the frameworks, where none is), a second copy of the
/// first, the reference and the floor.
///
/// Frameworks and originals are compared and placed. Anything else asked for is shown beside them:
/// it does not do the same work.
///
/// # Errors
/// A sentence for the one who asked, where a name is unknown or cannot be asked for.
pub fn arms(catalogue: &Catalogue, wanted: &[String]) -> Result<Vec<Arm>, String> {
    let mut chosen: Vec<&Server> = Vec::new();
    if wanted.is_empty() {
        chosen.extend(catalogue.with_role(Role::Framework));
    }
    for name in wanted {
        let named = match name.as_str() {
            ALL => catalogue
                .servers()
                .iter()
                .filter(|server| !is_floor(server))
                .collect(),
            REFERENCE | FLOOR => return Err(format!("`{name}` is always measured")),
            name => vec![
                catalogue
                    .get(name)
                    .ok_or_else(|| unknown(catalogue, name))?,
            ],
        };
        for server in named {
            if !chosen.contains(&server) {
                chosen.push(server);
            }
        }
    }
    let mut arms: Vec<Arm> = chosen
        .iter()
        .map(|server| match server.role {
            Role::Framework | Role::Original => arm(server, ArmRole::Compared),
            Role::Plain | Role::Baseline => arm(server, ArmRole::Aside),
        })
        .collect();
    let first = arms
        .iter()
        .find(|arm| arm.role == ArmRole::Compared)
        .or(arms.first());
    let first = first.ok_or("servers.toml names no server to measure")?;
    arms.push(Arm {
        name: format!("{} (again)", first.name),
        server: first.server.clone(),
        role: ArmRole::Again,
        without: first.without.clone(),
    });
    for (name, role) in [(REFERENCE, ArmRole::Reference), (FLOOR, ArmRole::Floor)] {
        arms.extend(catalogue.get(name).map(|server| arm(server, role)));
    }
    Ok(arms)
}

fn is_floor(server: &Server) -> bool {
    server.name == REFERENCE || server.name == FLOOR
}

fn arm(server: &Server, role: ArmRole) -> Arm {
    Arm {
        name: server.name.clone(),
        server: server.name.clone(),
        role,
        without: without(server, role),
    }
}

/// The lanes that a server does not answer. The floor answers every request with constant bytes;
/// a hello-world knows neither problems nor entity tags.
fn without(server: &Server, role: ArmRole) -> Vec<Lane> {
    let plain = server.role == Role::Plain && role != ArmRole::Floor;
    Lane::ALL
        .into_iter()
        .filter(|lane| match lane {
            Lane::One | Lane::List | Lane::Connect => false,
            Lane::Miss | Lane::Revalidate => plain,
            Lane::Large => server.data_args.is_none(),
        })
        .collect()
}

fn unknown(catalogue: &Catalogue, name: &str) -> String {
    let known: Vec<&str> = catalogue
        .servers()
        .iter()
        .filter(|server| !is_floor(server))
        .map(|server| server.name.as_str())
        .collect();
    format!(
        "there is no server `{name}`; there are {}, and `{ALL}`",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frameworks `a` and `b`, `a-plain`, and both floors.
    fn catalogue(name: &str) -> Catalogue {
        let stanza = |name, role| {
            format!("[[server]]\nname = '{name}'\nrole = '{role}'\nprogram = 'x'\nready = 'line'\n")
        };
        let text = [
            stanza("hyper", "baseline"),
            stanza("a", "framework"),
            stanza("b", "framework"),
            stanza("a-plain", "plain"),
            stanza("null", "baseline"),
        ]
        .concat();
        let file = std::env::temp_dir().join(format!("quartet-{name}-{}", std::process::id()));
        std::fs::write(&file, text).unwrap();
        let catalogue = Catalogue::load(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        catalogue
    }

    fn names(arms: &[Arm]) -> Vec<(&str, ArmRole)> {
        arms.iter()
            .map(|arm| (arm.name.as_str(), arm.role))
            .collect()
    }

    #[test]
    fn frameworks_are_chosen_where_nothing_is() {
        use ArmRole::{Again, Compared, Floor, Reference};
        let arms = arms(&catalogue("default"), &[]).unwrap();
        assert_eq!(
            names(&arms),
            [
                ("a", Compared),
                ("b", Compared),
                ("a (again)", Again),
                ("hyper", Reference),
                ("null", Floor)
            ]
        );
        assert_eq!(arms[2].server, "a");
        assert_eq!(arms[2].without, [Lane::Large]);
    }

    #[test]
    fn what_does_less_work_is_shown_aside_and_nothing_twice() {
        use ArmRole::{Again, Aside, Compared, Floor, Reference};
        let wanted = ["a-plain", "b", "all"].map(str::to_owned);
        let arms = arms(&catalogue("all"), &wanted).unwrap();
        assert_eq!(
            names(&arms),
            [
                ("a-plain", Aside),
                ("b", Compared),
                ("a", Compared),
                ("b (again)", Again),
                ("hyper", Reference),
                ("null", Floor)
            ]
        );
    }

    #[test]
    fn unknown_names_are_refused_with_those_there_are() {
        let catalogue = catalogue("unknown");
        let error = arms(&catalogue, &["c".to_owned()]).unwrap_err();
        assert_eq!(
            error,
            "there is no server `c`; there are a, b, a-plain, and `all`"
        );
        assert!(
            arms(&catalogue, &["null".to_owned()])
                .unwrap_err()
                .contains("always measured")
        );
    }
}
