//! What a pool says in sentences.

use std::collections::BTreeMap;

use quartet_analysis::pool::{
    Contribution, Difference, FEWEST_FOR_CONNECTION, Grouping, LEAST_RESTARTS, MOST_LEFT_OUT, Pool,
    PooledLane, PooledRatio,
};
use quartet_analysis::statistics::Estimator;

use super::tables::{limits, spread};
use crate::numbers::interval;

/// How many names a sentence has before it counts the others.
const MOST_NAMES: usize = 3;

/// What to expect of each server on a machine that was not measured.
pub(crate) fn expectations(pool: &Pool, lane: &PooledLane) -> Vec<String> {
    let ratios = &lane.to_reference;
    let mut said: Vec<String> = ratios
        .iter()
        .filter_map(|ratio| expectation(pool, ratio))
        .collect();
    if ratios.iter().any(|ratio| ratio.machines.len() == 2) {
        said.push(
            "two machines give no prediction for a third, and the interval of their mean is 12.7 \
             standard errors long on either side"
                .to_owned(),
        );
    }
    if ratios.iter().any(|ratio| ratio.machines.len() == 1) {
        said.push("one machine says nothing of others".to_owned());
    }
    said
}

fn expectation(pool: &Pool, ratio: &PooledRatio) -> Option<String> {
    let (of, to) = (&ratio.of, &ratio.to);
    if let (Some(mean), Some(prediction)) = (ratio.mean, ratio.prediction) {
        let (low, high) = (prediction.low, prediction.high);
        return Some(format!(
            "on a machine that was not measured, expect {of} at {low:.2} to {high:.2} of {to} \
             (mean of {} machines {})",
            ratio.machines.len(),
            interval(mean)
        ));
    }
    let name = |machine: usize| &pool.machines[machine].name;
    match ratio.machines.as_slice() {
        [one] => Some(format!(
            "{of} is at {} of {to} on {}",
            interval(one.ratio),
            name(one.machine)
        )),
        [one, other] => Some(format!(
            "{of} is at {:.3} of {to} on {} and at {:.3} on {}",
            one.ratio.estimate,
            name(one.machine),
            other.ratio.estimate,
            name(other.machine)
        )),
        _ => None,
    }
}

/// Pairs whose order is not the same on all machines.
pub(crate) fn reversals(pool: &Pool, lane: &PooledLane) -> Vec<String> {
    let names = |machines: &[usize]| {
        let names: Vec<&str> = machines
            .iter()
            .map(|&machine| pool.machines[machine].name.as_str())
            .collect();
        some(&names)
    };
    lane.pairs
        .iter()
        .filter_map(|pair| {
            let reversal = pair.reversal.as_ref()?;
            Some(format!(
                "the order of {of} and {to} is not the same everywhere: {of} is ahead on {}, {to} \
                 on {}",
                names(&reversal.ahead),
                names(&reversal.behind),
                of = pair.of,
                to = pair.to
            ))
        })
        .collect()
}

/// What may be said of the circumstances, and what may not.
pub(crate) fn circumstances(lane: &PooledLane) -> Vec<String> {
    let found = &lane.circumstances;
    let mut said: Vec<String> = found
        .connections
        .iter()
        .map(|one| {
            let (of, machines) = (&one.of, one.machines);
            match one.rises {
                Some(true) => format!(
                    "{of}: higher where the kernel's share is ({machines} machines, 95 % over all \
                     ratios)"
                ),
                Some(false) => format!(
                    "{of}: lower where the kernel's share is higher ({machines} machines, 95 % \
                     over all ratios)"
                ),
                None => format!(
                    "{of}: no connection with the kernel's share is shown by {machines} machines"
                ),
            }
        })
        .collect();
    if found.connections.is_empty() {
        said.push(format!(
            "fewer than {FEWEST_FOR_CONNECTION} machines: whether a ratio goes with the kernel's \
             share is not asked"
        ));
    }
    said.push(
        "machines differ in many things at once: what goes with a ratio need not be its reason"
            .to_owned(),
    );
    said
}

/// Rows that were left out: how many, by server and reason.
pub(crate) fn left_out(contributions: &[Contribution], lane: &PooledLane) -> Vec<String> {
    let mut found: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (record, out) in &lane.left_out {
        let names = found.entry((&out.server, &out.reason)).or_default();
        names.push(&contributions[*record].name);
    }
    let mut said: Vec<String> = found
        .into_iter()
        .map(|((server, reason), records)| {
            format!("left out: {server} of {}: {reason}", some(&records))
        })
        .collect();
    if said.len() > 1 {
        let count = lane.left_out.len();
        said.insert(0, format!("{count} rows are left out"));
    }
    said
}

/// What to know of the records before the figures.
pub(crate) fn notes(pool: &Pool, contributions: &[Contribution]) -> Vec<String> {
    let (records, machines) = (contributions.len(), pool.machines.len());
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut notes = vec![format!(
        "{records} record{} of {machines} machine{}",
        plural(records),
        plural(machines)
    )];
    if machines < 3 {
        notes.push(format!(
            "{machines} machine{}: nothing is predicted for another; at least three are needed, and \
             with three a prediction is still 12.7 standard deviations long on either side",
            plural(machines)
        ));
    }
    let repeated = pool
        .machines
        .iter()
        .any(|machine| machine.records.len() > 1);
    if !repeated && machines > 1 {
        notes.push(
            "no machine was measured twice: how its runs differ from hour to hour is part of how \
             machines differ, and in no machine's own interval"
                .to_owned(),
        );
    }
    notes.extend(
        pool.differences
            .iter()
            .map(|difference| format!("pooled although {}", across(difference))),
    );
    let mut unknown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for contribution in contributions {
        for what in &contribution.unknown {
            unknown.entry(what).or_default().push(&contribution.name);
        }
    }
    notes.extend(
        unknown
            .into_iter()
            .map(|(what, names)| format!("unknown: {what} of {}", some(&names))),
    );
    notes
}

/// Why records cannot be pooled, in one line without its full stop.
pub fn refusal(differences: &[Difference]) -> String {
    let said: Vec<String> = differences.iter().map(across).collect();
    let advice = if differences.iter().any(|difference| difference.load) {
        "records of different loads never are"
    } else {
        "--across-versions pools them nevertheless"
    };
    format!(
        "the records cannot be pooled ({advice}): {}",
        said.join("; ")
    )
}

/// A difference in words: `version of axum is 0.8.4 in a, 0.8.9 in b and c`.
fn across(difference: &Difference) -> String {
    let values: Vec<String> = difference
        .values
        .iter()
        .map(|(value, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{value} in {}", some(&names))
        })
        .collect();
    format!("{} is {}", difference.field, values.join(", "))
}

/// The first names, and how many more there are.
fn some(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= MOST_NAMES => {
            format!("{} and {last}", first.join(", "))
        }
        _ => format!(
            "{} and {} more",
            names[..MOST_NAMES].join(", "),
            names.len() - MOST_NAMES
        ),
    }
}

/// How it was pooled.
pub(crate) fn method(pool: &Pool) -> Vec<String> {
    let estimator = match pool.estimator {
        Estimator::PauleMandel => "Paule and Mandel's",
        Estimator::Reml => "that of the restricted maximum likelihood",
    };
    let one = match pool.by {
        Grouping::Machine => {
            "Records of one processor, platform and number of cores, virtual or not, are of one \
             machine; its runs are combined first"
        }
        Grouping::Record => "Each record counts as a machine",
    };
    let mut said = vec![
        one.to_owned(),
        format!(
            "Each record's ratio is the mean over its restarts, of {LEAST_RESTARTS} and more; rows \
             that its gates exclude are left out"
        ),
        "A run's interval does not cover the hour. How runs of one machine differ beyond it is \
         estimated from all machines that were measured more than once, and is part of every \
         machine's interval"
            .to_owned(),
        format!("The variance between machines is {estimator}"),
        "Intervals of means are those of Hartung, Knapp, Sidik and Jonkman, never narrower than \
         without their factor. Each is a 95 % interval by itself"
            .to_owned(),
        "A run on another machine is predicted by Higgins, Thompson and Spiegelhalter's interval, \
         which takes the machines for a sample of those that anyone has. They are those of whoever \
         sent a record"
            .to_owned(),
        "An order is called not the same where on one machine the whole interval lies above 1.01, \
         and on another below 1 ÷ 1.01"
            .to_owned(),
    ];
    if pool.machines.len() > MOST_LEFT_OUT {
        said.push(format!(
            "Of more than {MOST_LEFT_OUT} machines none is left out in turn"
        ));
    }
    said
}

/// A ratio's figures for a description of its chart.
pub(crate) fn described(ratio: &PooledRatio) -> String {
    let mean = ratio
        .mean
        .map_or_else(String::new, |mean| format!("mean {}", interval(mean)));
    let prediction = ratio.prediction.map_or_else(String::new, |one| {
        format!(", a run on another machine {}", limits(one))
    });
    let tau = ratio.pooled.map_or_else(String::new, |pooled| {
        format!(", machines differ by {}", spread(pooled.tau))
    });
    format!("{mean}{prediction}{tau}")
}
