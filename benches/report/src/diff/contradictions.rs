//! Verdicts of two records that cannot both be true.

use quartet_analysis::Pair;
use quartet_analysis::statistics::Verdict;
use quartet_record::plan::Lane;

use super::view::View;

/// Pairs of which the two say what cannot both be true.
pub(super) fn all(views: &[View<'_>; 2]) -> Vec<String> {
    let [first, second] = views;
    let name = |view: &View<'_>, arm: usize| view.record.plan.arms[arm].name.clone();
    let mut found = Vec::new();
    let lanes = first.record.plan.lanes.iter().copied();
    // Verdicts on other content are about other work.
    let same = |lane: &Lane| {
        *lane != Lane::Custom || first.record.plan.custom == second.record.plan.custom
    };
    for lane in lanes.filter(same) {
        for pair in pairs(first, lane) {
            let both = [name(first, pair.arm), name(first, pair.against)];
            let there = pairs(second, lane).iter().find_map(|other| {
                let names = [name(second, other.arm), name(second, other.against)];
                verdict_of(&both, &names, other.verdict)
            });
            let of = lane.name();
            found.extend(there.and_then(|there| contradiction(of, &both, pair.verdict, there)));
        }
    }
    found
}

/// The pairs of a lane, in memory or over a database.
fn pairs<'a>(view: &'a View<'_>, lane: Lane) -> &'a [Pair] {
    let in_memory = view.lane(lane).map(|lane| lane.pairs.as_slice());
    let over_database = view.database_lane(lane).map(|lane| lane.pairs.as_slice());
    in_memory.or(over_database).unwrap_or_default()
}

/// What a verdict on the one pair says of the other, where they are the same two.
pub(super) fn verdict_of(
    wanted: &[String; 2],
    pair: &[String; 2],
    verdict: Verdict,
) -> Option<Verdict> {
    if pair == wanted {
        return Some(verdict);
    }
    let [first, second] = pair;
    ([second, first] == [&wanted[0], &wanted[1]]).then(|| verdict.inverse())
}

/// Two verdicts on one pair, where both say something and not the same.
pub(super) fn contradiction(
    of: &str,
    pair: &[String; 2],
    first: Verdict,
    second: Verdict,
) -> Option<String> {
    let decided = ![first, second].contains(&Verdict::Undecided);
    (decided && first != second).then(|| {
        format!(
            "{of}: {} {} {} in A, and {} it in B",
            pair[0],
            words(first),
            pair[1],
            words(second)
        )
    })
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ahead => "is ahead of",
        Verdict::Behind => "is behind",
        Verdict::Tie => "ties with",
        Verdict::Undecided => "is undecided against",
    }
}
