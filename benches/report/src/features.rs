//! What features cost, in short: as answers of the table to choose by, and in sentences. The tables are in
//! [`text`](crate::text).

use quartet_analysis::{Analysis, FeatureCosts, MoreOf};
use quartet_record::Record;
use quartet_record::plan::{Feature, Lane};

use crate::numbers::{interval, thousands};
use crate::text::feature_name;

/// Where the tables are on a page.
pub(crate) const ID: &str = "features";

/// One question, with the answer of each framework of which it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) question: &'static str,
    /// What the figure is.
    pub(crate) figure: &'static str,
    /// Frameworks, each with its answer.
    pub(crate) by_framework: Vec<(String, String)>,
}

/// What people ask of features.
pub(crate) fn answers(record: &Record, analysis: &Analysis) -> Vec<Answers> {
    let costs = &analysis.features;
    let all = |question, figure, answer: &dyn Fn(&FeatureCosts) -> Option<String>| Answers {
        question,
        figure,
        by_framework: costs
            .iter()
            .filter_map(|one| Some((framework(record, one)?, answer(one)?)))
            .collect(),
    };
    let more =
        |one: &FeatureCosts, feature| ratio_of(one, feature).map(|ratio| format!("{ratio:.2}"));
    let json = |one: &FeatureCosts, lane| {
        let found = one.extracted.iter().find(|found| found.lane == lane)?;
        Some(format!("{:.1}", found.ratio?.estimate))
    };
    let mut found = vec![
        all(
            "10 middleware",
            "CPU time of a request, relative to none",
            &|one| more(one, Feature::Middleware(10)),
        ),
        all(
            "1,000 routes more",
            "CPU time of a request to the last, relative to none more",
            &|one| more(one, Feature::Routes(1000)),
        ),
        all(
            "JSON taken in, 1 kB and 100 kB",
            "CPU time of a request, relative to the same as bytes",
            &|one| {
                let [small, large] = [Lane::Json1k, Lane::Json100k].map(|lane| json(one, lane));
                Some(format!("{} and {}", small?, large?))
            },
        ),
        all(
            "10,000 requests in flight, kB each",
            "memory of the connection, and what the request adds",
            &|one| {
                let mut levels = one.waiting.iter();
                let level = levels.find(|level| level.connections == 10_000)?;
                let [connection, request] =
                    [level.per_connection, level.per_request].map(|range| range.median / 1e3);
                Some(format!("{connection:.1} and {request:.1}"))
            },
        ),
    ];
    found.retain(|answers| !answers.by_framework.is_empty());
    found
}

/// What a run says of each program, as whole sentences.
pub(crate) fn sentences(record: &Record, analysis: &Analysis) -> Vec<String> {
    let costs = analysis.features.iter();
    let said = costs.filter_map(|one| {
        let largest = |is: fn(Feature) -> bool| {
            let mut more = one.more.iter();
            more.rfind(|more| is(more.feature) && more.ratio.is_some())
        };
        let middleware = largest(|feature| matches!(feature, Feature::Middleware(_)));
        let routes = largest(|feature| matches!(feature, Feature::Routes(_)));
        let mut parts: Vec<String> = middleware
            .into_iter()
            .chain(routes)
            .filter_map(times)
            .collect();
        parts.extend(one.extracted.iter().filter_map(|found| {
            let ratio = interval(found.ratio?);
            Some(format!("{} {ratio} times that of bytes", found.lane.name()))
        }));
        parts.extend(one.waiting.last().map(|waiting| {
            let kilobytes = waiting.per_connection.median + waiting.per_request.median;
            format!(
                "{} requests in flight {:.1} kB each",
                thousands(waiting.connections as f64),
                kilobytes / 1e3
            )
        }));
        let framework = framework(record, one)?;
        (!parts.is_empty()).then(|| format!("{framework}: {}.", parts.join("; ")))
    });
    said.collect()
}

fn times(more: &MoreOf) -> Option<String> {
    let (name, ratio) = (feature_name(more.feature), interval(more.ratio?));
    Some(format!("{name} {ratio} times the CPU time of none"))
}

fn ratio_of(one: &FeatureCosts, feature: Feature) -> Option<f64> {
    let mut more = one.more.iter();
    let more = more.find(|more| more.feature == feature)?;
    more.ratio.map(|ratio| ratio.estimate)
}

fn framework(record: &Record, one: &FeatureCosts) -> Option<String> {
    record.server_of(one.arm)?.framework.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Form, render};
    use quartet_record::testing::{features, record};

    #[test]
    fn a_run_of_features_answers_what_people_ask() {
        let record = features(12);
        let analysis = Analysis::of(&record).unwrap();
        let found = answers(&record, &analysis);
        let questions: Vec<&str> = found.iter().map(|one| one.question).collect();
        // Of 100 kB and of 10,000 in flight nothing is known.
        assert_eq!(questions, ["10 middleware", "1,000 routes more"]);
        let [(framework, answer)] = found[0].by_framework.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((framework.as_str(), answer.as_str()), ("axum", "1.25"));
        assert_eq!(found[1].by_framework[0].1, "4.00");
        let said = sentences(&record, &analysis);
        assert_eq!(said.len(), 1);
        for part in [
            "axum: 10 middleware 1.2",
            "1,000 routes more 4.0",
            "json-1k 2.0",
            "1,000 requests in flight 12.0 kB each.",
        ] {
            assert!(said[0].contains(part), "{said:?}");
        }
    }

    #[test]
    fn tables_have_what_is_known_and_no_sentence_about_each_variant() {
        let record = features(12);
        let analysis = Analysis::of(&record).unwrap();
        let text = render(&record, &analysis, Form::Text);
        for part in [
            "10 middleware",
            "1,000 routes more",
            "JSON relative to bytes (95 %)",
            "kB more per request in flight",
            "A/A, CPU time of two copies of axum's program",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("=10 against axum-features"), "{text}");
    }

    #[test]
    fn what_is_excluded_is_said_to_be() {
        let mut record = features(12);
        record.exclusions.push(quartet_record::Exclusion {
            arm: 1,
            restart: None,
            lane: None,
            reason: "it fell".to_owned(),
        });
        let analysis = Analysis::of(&record).unwrap();
        let text = render(&record, &analysis, Form::Text);
        assert!(
            text.contains("excluded: axum, 10 middleware: it fell"),
            "{text}"
        );
        assert_eq!(answers(&record, &analysis).len(), 1);
    }

    #[test]
    fn other_runs_say_nothing_of_features() {
        let record = record();
        let analysis = Analysis::of(&record).unwrap();
        assert!(answers(&record, &analysis).is_empty());
        assert!(sentences(&record, &analysis).is_empty());
    }
}
