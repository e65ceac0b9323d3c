use std::collections::BTreeMap;

use wire::{NegotiatorName, RunHead, RunId, RunStatus};

use super::*;

fn interval(value: f64) -> Interval {
    Interval { value: Some(value), low: Some(value - 0.125), high: Some(value + 0.125) }
}

fn row(iteration: u32, against: &str, novelty: Novelty, reward: f64) -> RunEvaluation {
    RunEvaluation {
        iteration,
        worked_ms: u64::from(iteration) * 60_000,
        role: Role::Buyer,
        baseline: None,
        is_bound: false,
        against: NegotiatorName(against.into()),
        persona: "neutral".into(),
        novelty,
        episodes: 10,
        figures: BTreeMap::from([("reward".to_owned(), interval(reward))]),
    }
}

fn fixed(name: &str, against: &str, reward: f64) -> RunEvaluation {
    let baseline = Some(NegotiatorName(name.into()));
    RunEvaluation { baseline, ..row(0, against, Novelty::Counterpart, reward) }
}

/// The summary of opponents with their rewards before and after 10 iterations.
fn summary(opponents: &[(&str, Novelty, f64, f64)]) -> String {
    let before = opponents.iter().map(|(name, novelty, before, _)| row(0, name, *novelty, *before));
    let after = opponents.iter().map(|(name, novelty, _, after)| row(10, name, *novelty, *after));
    let rows: Vec<RunEvaluation> = before.chain(after).collect();
    sides(&rows)[0].summary()
}

const START: &str = "After 10 iterations, 10 min of work, the buyer's reward against ";

#[test]
fn the_summary_tells_the_gain_and_what_is_kept_of_it() {
    use Novelty::{Counterpart, Family, Persona};
    let table: [(&[_], &str); 6] = [
        (
            // Gains 0.5; 0.25 and 0.125; 0.125.
            &[
                ("own", Counterpart, 0.0, 0.5),
                ("one", Family, 0.0, 0.25),
                ("two", Family, 0.25, 0.375),
                ("rude", Persona, -0.5, -0.375),
            ],
            "its counterpart went from 0 [−0.125, 0.125] to 0.5 [0.375, 0.625]. It keeps 38% of this gain against families it never met. It keeps 25% of this gain against hostile manners.",
        ),
        (
            &[("own", Counterpart, 0.0, 0.5), ("one", Family, 0.25, 0.125)],
            "its counterpart went from 0 [−0.125, 0.125] to 0.5 [0.375, 0.625]. Against families it never met its reward fell by 0.125.",
        ),
        (
            &[("own", Counterpart, 0.0, 0.125)],
            "its counterpart went from 0 [−0.125, 0.125] to 0.125 [0, 0.25]. The intervals overlap: this gain may be chance.",
        ),
        (
            &[("own", Counterpart, 0.5, 0.25), ("one", Family, 0.0, 0.25)],
            "its counterpart went from 0.5 [0.375, 0.625] to 0.25 [0.125, 0.375]. Nothing was gained there, so there is no share of a gain to keep elsewhere. Against families it never met its reward rose by 0.25.",
        ),
        (
            &[("own", Counterpart, 0.25, 0.25), ("one", Family, 0.25, 0.25)],
            "its counterpart went from 0.25 [0.125, 0.375] to 0.25 [0.125, 0.375]. Nothing was gained there, so there is no share of a gain to keep elsewhere. Against families it never met its reward stayed as it was.",
        ),
        (
            &[("own", Counterpart, 0.0, 0.5), ("also", Counterpart, 0.0, 0.25)],
            "its 2 counterparts, on average, went from 0 to 0.375.",
        ),
    ];
    for (opponents, rest) in table {
        assert_eq!(summary(opponents), format!("{START}{rest}"));
    }
    let stranger = summary(&[("one", Family, 0.0, 0.25)]);
    assert!(stranger.contains("no gain to compare with is known. Against families"), "{stranger}");
}

#[test]
fn the_base_alone_is_no_result() {
    let rows = [row(0, "own", Novelty::Counterpart, 0.25), fixed("linear", "own", 0.5)];
    let sides = sides(&rows);
    assert!(sides[0].summary().contains("has not been evaluated after learning yet"));
    assert_eq!(sides[0].opponents[0].outdone(), None);
    assert!(super::sides(&[]).is_empty());
}

#[test]
fn contestants_are_in_order_of_their_rewards() {
    let silent = RunEvaluation { figures: BTreeMap::new(), ..fixed("silent", "own", 0.0) };
    let rows = [
        row(0, "own", Novelty::Counterpart, -0.25),
        fixed("linear", "own", 0.25),
        silent,
        fixed("tough", "own", 0.75),
        RunEvaluation { is_bound: true, ..fixed("best", "own", 0.875) },
        fixed("tough", "other", 1.0),
        row(10, "own", Novelty::Counterpart, 0.5),
    ];
    let sides = sides(&rows);
    let own = &sides[0].opponents[0];
    let names: Vec<_> = own
        .contestants
        .iter()
        .map(|row| row.baseline.as_ref().map_or(row.iteration.to_string(), |name| name.0.clone()))
        .collect();
    assert_eq!(names, ["best", "tough", "10", "linear", "0", "silent"]);
    assert_eq!(own.outdone(), Some((1, 3)), "the bound is no rule");
    assert_eq!(sides[0].reach(), (-0.375, 1.125));
}

#[test]
fn opponents_stand_by_novelty_and_learners_apart() {
    let seller = RunEvaluation { role: Role::Seller, ..row(0, "own", Novelty::Counterpart, 0.0) };
    let rows = [
        row(0, "rude", Novelty::Persona, 0.0),
        row(0, "own", Novelty::Counterpart, 0.0),
        row(0, "one", Novelty::Family, 0.0),
        seller,
    ];
    let sides = sides(&rows);
    assert_eq!(sides.iter().map(|side| side.role).collect::<Vec<_>>(), Role::BOTH);
    let names: Vec<_> = sides[0].opponents.iter().map(|o| o.name.as_str()).collect();
    assert_eq!(names, ["own, neutral", "one, neutral", "rude, neutral"]);
    assert_eq!(sides[1].opponents.len(), 1);
    assert_eq!(sides[0].figures(), ["reward"]);
}

#[test]
fn intervals_are_apart_where_they_share_nothing() {
    let at = |value| Some(interval(value));
    assert!(apart(at(0.0), at(0.5)) && apart(at(0.5), at(0.0)));
    assert!(!apart(at(0.0), at(0.25)), "they touch");
    let open = Some(Interval { low: None, ..interval(0.5) });
    assert!(!apart(at(0.0), open) && !overlap(at(0.0), open) && !apart(None, at(0.5)));
}

#[test]
fn a_figure_without_a_value_is_none() {
    let whole = interval(0.5);
    assert_eq!(told(Some(whole)), "0.5 [0.375, 0.625]");
    assert_eq!(told(Some(Interval { low: None, ..whole })), "0.5");
    assert_eq!(told(Some(Interval { value: None, low: None, high: None })), "none");
    assert_eq!(told(None), "none");
}

#[test]
fn lines_are_means_by_novelty_and_what_training_saw() {
    let head = RunHead {
        id: RunId(uuid::Uuid::nil()),
        label: String::new(),
        preset: String::new(),
        status: RunStatus::Done,
        asked: None,
        place: wire::RunPlace::Here,
        role: Some(Role::Buyer),
        opponents: String::new(),
        iteration: 12,
        of: 12,
        stage: None,
        left_ms: None,
        worked_ms: 0,
        // Thinned: every third.
        rewards: vec![0.0, 0.25, 0.5, 0.75],
        failure: None,
        attended: true,
        created_at: 0,
        ended_at: None,
    };
    let evaluations = vec![
        row(0, "one", Novelty::Family, 0.0),
        row(0, "two", Novelty::Family, 0.5),
        fixed("linear", "own", 1.0),
        row(12, "one", Novelty::Family, 0.5),
    ];
    let mut report = RunReport {
        head,
        base: String::new(),
        products: 1,
        temperature: 1.0,
        evaluations,
        dialogues: vec![],
    };
    let lines = super::lines(&report, Role::Buyer);
    let names: Vec<_> = lines.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Families it never met", "In training"]);
    assert_eq!((at(&lines[0].1, 0), at(&lines[0].1, 12)), (Some(0.25), Some(0.5)));
    assert_eq!(lines[1].1.iterations, [3, 6, 9, 12]);
    assert_eq!((at(&lines[1].1, 9), at(&lines[1].1, 10)), (Some(0.5), None));
    // The rewards of both sides in one mean are nobody's.
    report.head.role = None;
    assert_eq!(super::lines(&report, Role::Buyer).len(), 1);
}
