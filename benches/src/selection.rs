//! Which servers are measured, and in which role.

use quartet_conformance::servers::{Catalogue, Role, Server};
use quartet_record::plan::{Arm, ArmRole, Feature, Lane};
use quartet_record::variant::Variant;

/// The server that stands for the contract without a framework.
const REFERENCE: &str = "hyper";

/// The server that answers with constant bytes.
const FLOOR: &str = "null";

/// The word for every server there is.
const ALL: &str = "all";

/// The word for the originals.
const ORIGINALS: &str = "originals";

/// The word for the originals and their variants of servers.toml.
const ORIGINALS_VARIANTS: &str = "originals-variants";

/// The names of `names`, with what words such as `originals` stand for in their place.
pub(crate) fn named_by(catalogue: &Catalogue, names: &[String]) -> Vec<String> {
    let originals = catalogue.with_role(Role::Original);
    let originals: Vec<&str> = originals.map(|server| server.name.as_str()).collect();
    let of_originals = catalogue.variants().iter();
    let of_originals = of_originals.filter(|variant| originals.contains(&&*variant.inherits));
    let of_originals: Vec<&str> = of_originals.map(|variant| variant.name.as_str()).collect();
    let stands_for = |name: &String| -> Vec<String> {
        let names = match name.as_str() {
            // Left to be refused.
            name if originals.is_empty() => vec![name],
            ORIGINALS => originals.clone(),
            ORIGINALS_VARIANTS => [&*originals, &of_originals].concat(),
            name => vec![name],
        };
        names.into_iter().map(str::to_owned).collect()
    };
    names.iter().flat_map(stands_for).collect()
}

/// Chooses the arms: the servers asked for (the frameworks, where none is), a second copy of the
/// first, the reference and the floor.
///
/// Frameworks and originals are compared and placed. Anything else asked for is shown beside them:
/// it does not do the same work, or is a variant, whose bases are measured too.
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
                .filter(|server| may_be_asked_for(server))
                .collect(),
            REFERENCE | FLOOR => return Err(format!("`{name}` is always measured")),
            name => vec![
                catalogue
                    .get(name)
                    .ok_or_else(|| unknown(catalogue, name))?,
            ],
        };
        for server in named {
            let only = match server.role {
                Role::Calibration => Some("calibrate"),
                Role::Features => Some("features"),
                _ => None,
            };
            if let Some(command) = only {
                let name = &server.name;
                return Err(format!("`{name}` is only for `cargo compare {command}`"));
            }
            let of = server.variant.as_ref();
            let bases = of.into_iter();
            let bases = bases.flat_map(|of| std::iter::once(&of.name).chain(&of.against));
            let bases = bases.filter_map(|name| catalogue.get(name));
            // The reference is measured in any case.
            let bases = bases.filter(|base| !is_floor(base));
            for server in bases.chain([server]) {
                if !chosen.contains(&server) {
                    chosen.push(server);
                }
            }
        }
    }
    let mut arms: Vec<Arm> = chosen
        .iter()
        .map(|server| match server.role {
            _ if server.variant.is_some() => arm(server, ArmRole::Aside),
            Role::Framework | Role::Original | Role::Exec => arm(server, ArmRole::Compared),
            Role::Plain | Role::Features | Role::Baseline | Role::Calibration => {
                arm(server, ArmRole::Aside)
            }
        })
        .collect();
    let first = arms
        .iter()
        .find(|arm| arm.role == ArmRole::Compared)
        .or(arms.first());
    let first = first.ok_or("servers.toml has no server to measure")?;
    arms.push(copy(first, "again", ArmRole::Again));
    arms.extend(floors(catalogue));
    Ok(arms)
}

/// The arms that a variant is compared with its base by: the base as the reference and once more, the variant, and
/// the floor. The base may be a variant of the same server.
///
/// # Errors
/// A sentence where there is no such server, or they are no such pair.
pub(crate) fn pair(catalogue: &Catalogue, base: &str, variant: &str) -> Result<Vec<Arm>, String> {
    let (base, server) = (named(catalogue, base)?, named(catalogue, variant)?);
    let Some(mut different) =
        self::variant(server).filter(|_| server.known_as() == base.known_as())
    else {
        return Err(format!("`{variant}` is no variant of `{}`", base.name));
    };
    if base.known_as() == FLOOR || is_for_one_command(base) {
        return Err(format!("`{}` is there for measurements alone", base.name));
    }
    different.of.clone_from(&base.name);
    let variant = Arm {
        variant: Some(different),
        ..arm(server, ArmRole::Aside)
    };
    let base = arm(base, ArmRole::Reference);
    let floor = catalogue.get(FLOOR).map(|floor| arm(floor, ArmRole::Floor));
    let again = copy(&base, "again", ArmRole::Again);
    Ok([base, variant, again].into_iter().chain(floor).collect())
}

/// The server of this name.
///
/// # Errors
/// A sentence with the names there are.
pub(crate) fn named<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a Server, String> {
    catalogue.get(name).ok_or_else(|| {
        let servers = catalogue.servers().iter();
        let known = servers
            .filter(|server| !is_for_one_command(server) && server.variant.is_none())
            .map(|server| server.name.as_str());
        let known: Vec<&str> = known.collect();
        format!("no server `{name}`; the servers are {}", known.join(", "))
    })
}

/// The arms of a calibration: the control twice more, once as the A/A copy of any run and once to be
/// compared, then what is slower by a known share, and the floors.
///
/// # Errors
/// A sentence where servers.toml has nothing to calibrate with.
pub fn calibration(catalogue: &Catalogue) -> Result<Vec<Arm>, String> {
    let servers = || catalogue.with_role(Role::Calibration);
    let control = servers().find(|server| server.slowness() == Some(0.0));
    let control = control
        .ok_or("servers.toml has no server with the role `calibration` and `slowed_by = \"0\"`")?;
    let first = arm(control, ArmRole::Compared);
    let again = copy(&first, "again", ArmRole::Again);
    let twin = copy(&first, "twin", ArmRole::Aside);
    let slowed = servers().filter(|&server| server != control);
    let slowed = slowed.map(|server| arm(server, ArmRole::Aside));
    Ok([first, twin]
        .into_iter()
        .chain(slowed)
        .chain([again])
        .chain(floors(catalogue))
        .collect())
}

/// The programs whose features are measured: those of the frameworks named, by the name of the framework's server, or
/// all of them.
///
/// # Errors
/// A sentence where there is none of that name.
pub(crate) fn with_features<'a>(
    catalogue: &'a Catalogue,
    wanted: &[String],
) -> Result<Vec<&'a Server>, String> {
    let all = || programs(catalogue);
    let is = |server: &&Server, name: &String| {
        server.framework.as_ref() == Some(name) || server.name == *name
    };
    let named = wanted.iter().map(|name| {
        let mut all = all();
        all.find(|server| is(server, name)).ok_or_else(|| {
            let known = all_frameworks(catalogue);
            format!("no program with features on `{name}`; there are {known}")
        })
    });
    let mut chosen: Vec<&Server> = named.collect::<Result<_, _>>()?;
    if wanted.is_empty() {
        chosen.extend(all());
    }
    match chosen.is_empty() {
        true => Err("servers.toml has no server with the role `features`".to_owned()),
        false => Ok(chosen),
    }
}

/// Those, without what has more of a feature.
fn programs(catalogue: &Catalogue) -> impl Iterator<Item = &Server> {
    let all = catalogue.with_role(Role::Features);
    all.filter(|server| server.variant.is_none())
}

fn all_frameworks(catalogue: &Catalogue) -> String {
    let names =
        programs(catalogue).map(|server| server.framework.as_deref().unwrap_or(&server.name));
    names.collect::<Vec<_>>().join(", ")
}

/// The arms of what features cost: each of these programs and what it has more of, by their names, a second copy of the
/// first, the reference and the floor.
///
/// # Errors
/// A sentence where the catalogue has none of these.
pub(crate) fn features(catalogue: &Catalogue, names: &[String]) -> Result<Vec<Arm>, String> {
    let mut arms = Vec::new();
    for name in names {
        let program = arm(named(catalogue, name)?, ArmRole::Aside);
        if !arms.contains(&program) {
            arms.push(program);
        }
    }
    let first = arms.first().ok_or("there is no program to measure")?;
    let again = copy(first, "again", ArmRole::Again);
    arms.push(again);
    arms.extend(floors(catalogue));
    // What has more of something is compared where that is asked for alone.
    for arm in arms.iter_mut().filter(|arm| Feature::of(arm).is_some()) {
        arm.without.extend(Lane::POSTED);
    }
    Ok(arms)
}

/// The arms of a run with servers of the command line, by these names: they, and a second copy of the first of
/// them, beside those of [`arms`] where `contract` says that anything of the contract is measured, or servers
/// are asked for.
///
/// # Errors
/// As [`arms`].
pub(crate) fn arms_with(
    catalogue: &Catalogue,
    wanted: &[String],
    own: &[String],
    contract: bool,
) -> Result<Vec<Arm>, String> {
    let own = own.iter().filter_map(|name| catalogue.get(name));
    let own: Vec<Arm> = own.map(|server| arm(server, ArmRole::Compared)).collect();
    let again = own
        .first()
        .map(|first| copy(first, "again", ArmRole::Again));
    let mut chosen = match contract || !wanted.is_empty() || own.is_empty() {
        true => arms(catalogue, wanted)?,
        false => floors(catalogue).collect(),
    };
    let asked_for = |arm: &Arm| matches!(arm.role, ArmRole::Compared | ArmRole::Aside);
    let place = chosen.iter().take_while(|arm| asked_for(arm)).count();
    chosen.splice(place..place, own);
    let is_floor = |arm: &Arm| matches!(arm.role, ArmRole::Reference | ArmRole::Floor);
    let place = chosen.iter().take_while(|arm| !is_floor(arm)).count();
    chosen.splice(place..place, again);
    Ok(chosen)
}

fn floors(catalogue: &Catalogue) -> impl Iterator<Item = Arm> {
    [(REFERENCE, ArmRole::Reference), (FLOOR, ArmRole::Floor)]
        .into_iter()
        .filter_map(|(name, role)| Some(arm(catalogue.get(name)?, role)))
}

/// Another process of a server.
fn copy(first: &Arm, which: &str, role: ArmRole) -> Arm {
    Arm {
        name: format!("{} ({which})", first.name),
        role,
        ..first.clone()
    }
}

fn may_be_asked_for(server: &Server) -> bool {
    let special = is_for_one_command(server) || server.role == Role::Exec;
    !is_floor(server) && !special && server.variant.is_none()
}

/// Whether a server is there for a command of its own alone.
fn is_for_one_command(server: &Server) -> bool {
    matches!(server.role, Role::Calibration | Role::Features)
}

fn is_floor(server: &Server) -> bool {
    server.name == REFERENCE || server.name == FLOOR
}

fn arm(server: &Server, role: ArmRole) -> Arm {
    Arm {
        name: server.name.clone(),
        server: server.name.clone(),
        role,
        variant: variant(server),
        without: without(server, role),
        slow_slice_ms: None,
        slow_start_ms: None,
    }
}

/// What makes a server a variant, for the record.
fn variant(server: &Server) -> Option<Variant> {
    let variant = server.variant.as_ref()?;
    let directory = server
        .workspace
        .as_ref()
        .and_then(|place| place.file_name());
    Some(Variant {
        of: variant.name.clone(),
        differences: variant.differences.clone(),
        against: variant.against.clone(),
        directory: directory.map(|name| name.to_string_lossy().into_owned()),
    })
}

/// The lanes that a server does not answer. One of the command line answers what that says alone, and whether
/// others answer the same is seen when they are built. The floor answers every request with constant bytes;
/// a hello-world knows neither problems nor entity tags, and nor does an original, which answers 500
/// for a greeting that does not exist.
fn without(server: &Server, role: ArmRole) -> Vec<Lane> {
    if server.role == Role::Exec {
        let lanes = Lane::ALL.into_iter();
        return lanes.filter(|&lane| lane != Lane::Custom).collect();
    }
    let data_alone = matches!(server.role, Role::Plain | Role::Original) && role != ArmRole::Floor;
    let posts = server.role == Role::Features;
    // It has the route of one greeting, and no other of the contract.
    let item_alone = posts;
    // What would build a variant over a database builds its base.
    let database = server.takes_database() && server.variant.is_none();
    Lane::ALL
        .into_iter()
        .filter(|lane| match lane {
            Lane::Item | Lane::Connect => false,
            Lane::List => item_alone,
            Lane::Miss | Lane::Revalidate => data_alone || item_alone,
            Lane::Large => server.data_args.is_none(),
            Lane::DbItem | Lane::DbList => !database,
            Lane::Bytes1k | Lane::Json1k | Lane::Bytes100k | Lane::Json100k => !posts,
            Lane::Custom => true,
        })
        .collect()
}

fn unknown(catalogue: &Catalogue, name: &str) -> String {
    let known: Vec<&str> = catalogue
        .servers()
        .iter()
        .filter(|server| may_be_asked_for(server))
        .map(|server| server.name.as_str())
        .collect();
    format!(
        "no server `{name}`; the servers are {}, or `{ALL}`, `{ORIGINALS}` or `{ORIGINALS_VARIANTS}`",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests;
