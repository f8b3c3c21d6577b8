//! Pools of made-up machines.

use quartet_record::Record;
use quartet_record::environment::Environment;
use quartet_record::machine::Machine;
use quartet_record::plan::Lane;
use quartet_record::testing::Simulation;
use quartet_record::{CaseFinding, CaseVerdict};

use super::*;
use crate::Analysis;
use crate::statistics::Effect;

/// A record's contribution of one ratio, axum to hyper, and one pair, axum to warp, both with a standard error of 0.2 %.
fn contribution(name: &str, processor: &str, to_hyper: f64, to_warp: f64) -> Contribution {
    let record = Simulation::new(1).run();
    let measured = |to: &str, ratio: f64| Measured {
        of: "axum".to_owned(),
        to: to.to_owned(),
        effect: Effect {
            estimate: ratio.ln(),
            variance: 0.002_f64.powi(2),
        },
        restarts: 84,
    };
    Contribution {
        name: name.to_owned(),
        started: record.started.clone(),
        machine: Machine {
            processor: Some(processor.to_owned()),
            ..record.machine.clone()
        },
        run: 0,
        complete: true,
        restarts: 84,
        terms: terms::terms(&record),
        unknown: Vec::new(),
        lanes: vec![LaneContribution {
            lane: Lane::Item,
            to_reference: vec![measured("hyper", to_hyper)],
            pairs: vec![measured("warp", to_warp)],
            left_out: Vec::new(),
            kernel_share: Some(0.7),
        }],
    }
}

#[track_caller]
fn pooled(contributions: &[Contribution]) -> Pool {
    Pool::of(contributions, Options::default()).unwrap()
}

/// The only ratio to the reference.
fn ratio(pool: &Pool) -> &PooledRatio {
    &pool.lanes[0].to_reference[0]
}

#[track_caller]
fn close(found: f64, wanted: f64) {
    assert!((found / wanted - 1.0).abs() < 1e-3, "{found} for {wanted}");
}

#[test]
fn a_machine_that_was_measured_five_times_counts_once() {
    let mut records: Vec<Contribution> = ["a", "b", "c", "d", "e"]
        .map(|name| contribution(name, "AMD EPYC", 0.90, 1.0))
        .into();
    records.push(contribution("f", "Intel Xeon", 0.80, 1.0));
    let pool = pooled(&records);
    let found = ratio(&pool);
    assert_eq!(
        (pool.machines.len(), found.machines.len(), found.runs()),
        (2, 2, 6)
    );
    assert_eq!(pool.machines[0].records, [0, 1, 2, 3, 4]);
    assert_eq!(pool.machines[0].vendor, Some("AMD"));
    close(found.mean.unwrap().estimate, (0.9_f64 * 0.8).sqrt());
    close(found.machines[0].weight, 0.5);
    // Taken for six machines, they would have five votes of six.
    let by_record = Options {
        by: Grouping::Record,
        ..Options::default()
    };
    let six = Pool::of(&records, by_record).unwrap();
    assert_eq!(six.machines.len(), 6);
    assert!(ratio(&six).mean.unwrap().estimate > 0.88);
}

#[test]
fn runs_that_differ_make_their_machine_less_certain() {
    let alone = pooled(&[contribution("a", "AMD EPYC", 0.90, 1.0)]);
    assert_eq!((ratio(&alone).within, ratio(&alone).mean), (None, None));
    let repeated = pooled(&[
        contribution("a", "AMD EPYC", 0.90, 1.0),
        contribution("b", "AMD EPYC", 0.93, 1.0),
        contribution("c", "AMD EPYC", 0.91, 1.0),
    ]);
    let within = ratio(&repeated).within.unwrap();
    assert!((0.01..0.02).contains(&within), "{within}");
    // Mean and interval by hand: logarithms' deviation ÷ √3 times t(0.95, 2).
    let logarithms = [0.90_f64, 0.93, 0.91].map(f64::ln);
    let mean = logarithms.iter().sum::<f64>() / 3.0;
    let squares: f64 = logarithms.iter().map(|one| (one - mean).powi(2)).sum();
    let half = 4.302_652_73 * (squares / 2.0 / 3.0).sqrt();
    close(ratio(&repeated).machines[0].ratio.estimate, mean.exp());
    close(ratio(&repeated).machines[0].ratio.high, (mean + half).exp());
}

#[test]
fn two_machines_predict_nothing_and_three_do() {
    let mut records = vec![
        contribution("a", "AMD EPYC", 0.92, 1.0),
        contribution("b", "Intel Xeon", 0.84, 1.0),
    ];
    let two = pooled(&records);
    assert!(ratio(&two).mean.is_some() && ratio(&two).without.is_empty());
    assert_eq!(ratio(&two).prediction, None);
    records.push(contribution("c", "Ampere Altra", 0.88, 1.0));
    let three = pooled(&records);
    let found = ratio(&three);
    let (mean, prediction) = (found.mean.unwrap(), found.prediction.unwrap());
    assert!(prediction.low < mean.low && mean.high < prediction.high);
    close(prediction.estimate, mean.estimate);
    assert_eq!(found.without.len(), 3);
    // Without the one in the middle the others are farther apart.
    let tau = |machine: usize| {
        found
            .without
            .iter()
            .find(|one| one.machine == machine)
            .unwrap()
            .tau
    };
    assert!(tau(2) > tau(0) && tau(2) > tau(1));
    close(found.without[2].mean.estimate, (0.92_f64 * 0.84).sqrt());
}

#[test]
fn an_order_that_is_not_the_same_everywhere_is_told() {
    let pool = pooled(&[
        contribution("a", "AMD EPYC", 0.92, 1.05),
        contribution("b", "Intel Xeon", 0.84, 0.97),
        contribution("c", "Ampere Altra", 0.88, 1.005),
    ]);
    let pair = &pool.lanes[0].pairs[0];
    let reversal = pair.reversal.as_ref().unwrap();
    assert_eq!(
        (&reversal.ahead[..], &reversal.behind[..]),
        (&[0][..], &[1][..])
    );
    let agreed = pooled(&[
        contribution("a", "AMD EPYC", 0.92, 1.05),
        contribution("b", "Intel Xeon", 0.84, 0.995),
    ]);
    assert_eq!(agreed.lanes[0].pairs[0].reversal, None);
}

#[test]
fn records_of_other_programs_are_pooled_on_request_alone() {
    let record = |change: &dyn Fn(&mut Record)| {
        let mut record = Simulation::new(1).run();
        change(&mut record);
        Contribution {
            terms: terms::terms(&record),
            ..contribution("b", "Intel Xeon", 0.84, 1.0)
        }
    };
    let with = |change: &dyn Fn(&mut Record), across_versions: bool| {
        let records = [contribution("a", "AMD EPYC", 0.92, 1.0), record(change)];
        let options = Options {
            across_versions,
            ..Options::default()
        };
        Pool::of(&records, options)
    };
    assert!(with(&|_| {}, false).unwrap().differences.is_empty());
    let case = CaseFinding {
        id: "wire/new".to_owned(),
        verdict: CaseVerdict::Conforms,
        note: None,
        reason: None,
        upstream: None,
    };
    for (field, change) in [
        (
            "version of axum",
            &(|record: &mut Record| record.servers[0].version = Some("0.8.4".to_owned()))
                as &dyn Fn(&mut Record),
        ),
        ("compiler", &|record| {
            record.toolchain.rustc = Some("rustc 1.99.0".to_owned());
        }),
        ("source", &|record| {
            record.source.revision = Some("1".repeat(40));
        }),
        ("source", &|record| record.source.modified = Some(true)),
    ] {
        let refused = with(change, false).unwrap_err();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!((refused[0].field.as_str(), refused[0].load), (field, false));
        let names: Vec<&str> = refused[0]
            .values
            .iter()
            .flat_map(|(_, names)| names)
            .map(String::as_str)
            .collect();
        assert_eq!(names.len(), 2);
        assert!(names.contains(&"a") && names.contains(&"b"));
        assert_eq!(with(change, true).unwrap().differences, refused);
    }
    // Other commits of the same programs.
    let commits = ["1", "2"].map(|digit| {
        let mut record = Simulation::new(1).run();
        record.source.revision = Some(digit.repeat(40));
        record.source.programs = [("servers".to_owned(), "3".repeat(40))].into();
        Contribution {
            terms: terms::terms(&record),
            ..contribution(digit, digit, 0.9, 1.0)
        }
    });
    assert!(pooled(&commits).differences.is_empty());
    // Other flags for the compiler, and another profile.
    for (name, field) in [
        ("build.rustflags", "compiler flags"),
        ("profile.release.lto", "profile"),
    ] {
        let built = ["thin", "-C target-cpu=native"].map(|value| {
            let mut record = Simulation::new(1).run();
            let environment = record.environment.insert(Environment::default());
            environment.cargo.insert(name.to_owned(), value.to_owned());
            Contribution {
                terms: terms::terms(&record),
                ..contribution(value, value, 0.9, 1.0)
            }
        });
        let refused = Pool::of(&built, Options::default()).unwrap_err();
        assert_eq!((refused.len(), refused[0].field.as_str()), (1, field));
    }
    // What one record does not know is no difference.
    let known = |record: &mut Record| {
        record.servers[0].conformance.as_mut().unwrap().cases = vec![case.clone()];
    };
    assert!(with(&known, false).is_ok());
    let other_load = |record: &mut Record| record.plan.connections = 256;
    for across_versions in [false, true] {
        let refused = with(&other_load, across_versions).unwrap_err();
        assert_eq!(refused[0].field, "connections");
        assert_eq!(refused[0].values[0].0, "256");
    }
}

#[test]
fn rows_that_do_not_count_are_left_out_and_named() {
    let mut record = Simulation::new(12).run();
    record.plan.server_cores = vec![1];
    let found = Contribution::of("a".to_owned(), &record).unwrap();
    let lane = found.lane(Lane::Item).unwrap();
    assert!(lane.to_reference.is_empty() && lane.pairs.is_empty());
    let servers: Vec<&str> = lane
        .left_out
        .iter()
        .map(|out| out.server.as_str())
        .collect();
    assert_eq!(servers, ["hyper", "axum", "warp", "salvo"]);
    assert!(lane.left_out[0].reason.contains("shared core 1"));
    let pool = pooled(&[found]);
    assert_eq!(pool.lanes[0].left_out.len(), 4);
    assert!(pool.lanes[0].to_reference.is_empty());

    let few = Contribution::of("a".to_owned(), &Simulation::new(4).run()).unwrap();
    let lane = few.lane(Lane::Item).unwrap();
    assert!(lane.to_reference.is_empty());
    assert!(
        lane.left_out[0]
            .reason
            .starts_with("4 restarts count; 5 are required")
    );
}

#[test]
fn a_records_ratios_are_those_of_its_report() {
    let record = Simulation::new(12).run();
    let found = Contribution::of("a".to_owned(), &record).unwrap();
    let analysis = Analysis::of(&record).unwrap();
    for lane in &analysis.lanes {
        let contributed = found.lane(lane.lane).unwrap();
        let mut count = 0;
        for measured in &contributed.to_reference {
            let row = lane
                .rows
                .iter()
                .find(|row| record.plan.arms[row.arm].name == measured.of)
                .unwrap();
            let relative = row.relative.unwrap();
            close(measured.effect.estimate.exp(), relative.estimate);
            let t = crate::statistics::critical_t(0.95, measured.restarts - 1).unwrap();
            let half = t * measured.effect.variance.sqrt();
            close((measured.effect.estimate + half).exp(), relative.high);
            count += 1;
        }
        assert_eq!((count, contributed.pairs.len()), (3, 3));
        // Each slice has as much CPU time as any, a quarter of it in user mode.
        close(contributed.kernel_share.unwrap(), 0.75);
        assert_eq!(contributed.pairs[0].of, "axum");
        assert_eq!(contributed.pairs[2].to, "warp");
    }
}

#[test]
fn machines_are_told_apart_by_what_stays() {
    let with = |change: &dyn Fn(&mut Machine)| {
        let mut one = contribution("a", "AMD EPYC", 0.9, 1.0);
        change(&mut one.machine);
        one
    };
    let count =
        |change: &dyn Fn(&mut Machine)| pooled(&[with(&|_| {}), with(change)]).machines.len();
    assert_eq!(count(&|_| {}), 1);
    assert_eq!(count(&|machine| machine.kernel = Some("7.0".to_owned())), 1);
    assert_eq!(count(&|machine| machine.memory = None), 1);
    assert_eq!(count(&|machine| machine.cores = 4), 2);
    assert_eq!(count(&|machine| machine.virtual_machine = Some(false)), 2);
    assert_eq!(
        count(&|machine| machine.platform = "linux aarch64".to_owned()),
        2
    );
    let nameless = with(&|machine| machine.processor = None);
    let pool = pooled(&[nameless.clone(), nameless.clone(), nameless]);
    let names: Vec<&str> = pool
        .machines
        .iter()
        .map(|machine| machine.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "an unnamed processor, 2 cores",
            "an unnamed processor, 2 cores (2)",
            "an unnamed processor, 2 cores (3)"
        ]
    );
}

#[test]
fn what_goes_with_a_ratio_is_asked_of_ten_machines() {
    let machines = |count: usize| -> Vec<Contribution> {
        (0..count)
            .map(|index| {
                let share = 0.5 + 0.02 * index as f64;
                let processor = format!("{} {index}", if index % 2 == 0 { "AMD" } else { "Intel" });
                let mut one = contribution(&index.to_string(), &processor, 0.6 + share / 3.0, 1.0);
                one.lanes[0].kernel_share = Some(share);
                one
            })
            .collect()
    };
    assert!(
        pooled(&machines(9)).lanes[0]
            .circumstances
            .connections
            .is_empty()
    );
    let ten = pooled(&machines(10));
    let circumstances = &ten.lanes[0].circumstances;
    assert_eq!(circumstances.connections[0].rises, Some(true));
    assert_eq!(circumstances.connections[0].machines, 10);
    assert_eq!(circumstances.kernel_shares[1], Some(0.52));
    let amd = circumstances
        .groups
        .iter()
        .find(|group| group.name == "AMD")
        .unwrap();
    assert_eq!(amd.machines, 5);
    let (mean, low, high) = amd.ratios[0].unwrap();
    assert!(low < mean && mean < high);
    close(low, 0.6 + 0.5 / 3.0);
    let mut shuffled = machines(10);
    for (index, one) in shuffled.iter_mut().enumerate() {
        one.lanes[0].kernel_share = Some([0.5, 0.9, 0.6, 0.8, 0.7][index % 5]);
    }
    let found = pooled(&shuffled);
    assert_eq!(found.lanes[0].circumstances.connections[0].rises, None);
}

#[test]
fn nothing_is_pooled_of_nothing() {
    let empty = pooled(&[]);
    assert!(empty.machines.is_empty() && empty.lanes.is_empty());
}
