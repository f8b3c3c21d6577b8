//! The cases of other areas once more, over a database.

use super::stage::Stage;
use super::{CONTRACT, NEEDS};
use crate::cases::processes::scratch_file;
use crate::postgres::{Locale, Options};
use crate::servers::{Process, Setting};
use crate::tools::ScratchFile;
use crate::{
    BaseUrl, Case, Context, Deviation, Finding, Keyed, Need, Outcome, Suite, SuiteError, Target,
    Verdict, cases,
};

pub(in crate::cases) const CASES: &[Case] = &[
    again(
        "database/contract",
        "Each case of the area contract comes out over a database as it does without one: the \
         lists, the greetings, other data (but 12 MiB of it or more), errors, and generated requests.",
        |context| {
            // What takes longer than a second to read is 503, and on a slow machine that does.
            let is_chosen = |case: &Case| {
                case.area() == "contract"
                    && !["contract/data-large", "contract/data-limit"].contains(&case.id)
            };
            over(context, Locale::CodePoints, is_chosen)
        },
    ),
    again(
        "database/semantics",
        "Each case of the area semantics comes out over a database as it does without one.",
        |context| {
            over(context, Locale::CodePoints, |case| {
                case.area() == "semantics"
            })
        },
    ),
    again(
        "database/security",
        "Each case about keys comes out over a database as it does without one.",
        |context| {
            let is_of_keys = |case: &Case| case.id.starts_with("security/key-") && !case.exclusive;
            over(context, Locale::CodePoints, is_of_keys)
        },
    ),
    again(
        "database/sql-ascii",
        "Texts are served octet for octet also where the database takes them for octets of no \
         encoding (SQL_ASCII).",
        |context| over(context, Locale::SqlAscii, |case| DATA.contains(&case.id)),
    ),
];

/// The cases that tell whether texts are served as they were given.
const DATA: [&str; 3] = [
    "contract/data-list",
    "contract/data-item",
    "contract/data-form",
];

/// The key that the second instance asks for.
const KEY: &str = "a-key-over-a-database";

const fn again(id: &'static str, requirement: &'static str, run: fn(&Context) -> Outcome) -> Case {
    Case::must(id, CONTRACT, requirement, run)
        .needing(NEEDS)
        .within(std::time::Duration::from_secs(240))
}

/// A server over a database, as a target of its own.
struct Other {
    target: Target,
    _processes: Vec<Process>,
    _key_file: ScratchFile,
    _stage: Stage,
}

impl Other {
    fn start(context: &Context, locale: Locale) -> Result<Self, Deviation> {
        let options = Options {
            locale,
            ..Options::default()
        };
        let stage = Stage::with(context, &options)?;
        let (open, view) = stage.serve(&[])?;
        let key_file = scratch_file(context, format!("{KEY}\n").as_bytes())?;
        let mut target = Target::clone(view.target());
        target.base = open.base_url();
        target.provides.remove(&Need::Fault);
        target.provides.remove(&Need::ApiKey);
        target.keyed = None;
        // It is filled with those of a file, instead of being told one.
        target.provides.insert(Need::DataFile);
        let mut processes = vec![open];
        let setting = Setting::KeyFile(key_file.path());
        if stage.over.options(&[setting]).is_ok() {
            let (process, _) = stage.start(&[setting])?;
            target.keyed = Some(keyed(process.base_url()));
            target.provides.insert(Need::ApiKey);
            processes.push(process);
        }
        Ok(Self {
            target,
            _processes: processes,
            _key_file: key_file,
            _stage: stage,
        })
    }
}

fn keyed(base: BaseUrl) -> Keyed {
    Keyed {
        base,
        key: KEY.to_owned(),
    }
}

/// Whether a case was answered that the database could not be read.
fn was_unavailable(finding: &Finding) -> bool {
    let mut exchanges = finding.evidence.exchanges.iter();
    exchanges.any(|exchange| exchange.received.starts_with(b"HTTP/1.1 503 "))
}

/// Whether cases come out over a database as they do without one.
fn over(context: &Context, locale: Locale, is_chosen: impl Fn(&Case) -> bool) -> Outcome {
    let other = Other::start(context, locale)?;
    let suite = |target| Suite::new(target, context.seed()).generating(context.requests());
    let chosen: Vec<&'static Case> = cases::all().filter(|case| is_chosen(case)).collect();
    let over_database = suite(other.target.clone());
    let findings = over_database.run_all(&chosen, |finding| finding);
    // While other cases keep the machine busy the database may take longer than a request may wait, and 503 is right then.
    let findings = findings.into_iter().map(|finding| match finding.verdict {
        Ok(Verdict::Deviates(_)) if was_unavailable(&finding) => over_database.run(finding.case),
        _ => finding,
    });
    let without = suite(Target::clone(context.target()));
    let mut applied = 0;
    for finding in findings {
        let why = match &finding.verdict {
            Err(SuiteError::Hung(limit)) => {
                return Err(Deviation(format!(
                    "{} does not end within {limit:?} over a database",
                    finding.case.id
                )));
            }
            Err(error) => return Err(context.obstructed(format!("{}: {error}", finding.case.id))),
            Ok(Verdict::NotApplicable(_)) => continue,
            Ok(Verdict::Deviates(why)) => why.clone(),
            Ok(_) => {
                applied += 1;
                continue;
            }
        };
        applied += 1;
        // What deviates anyway is for that case to say.
        if matches!(without.run(finding.case).verdict, Ok(Verdict::Deviates(_))) {
            continue;
        }
        let Finding { case, evidence, .. } = finding;
        for exchange in evidence.exchanges {
            context.keep(exchange);
        }
        return Err(Deviation(format!(
            "over a database {} deviates: {why}",
            case.id
        )));
    }
    match applied {
        0 => Ok(Verdict::NotApplicable(
            "needs cases that apply to this server".to_owned(),
        )),
        _ => Ok(Verdict::Conforms),
    }
}
