//! What a run is judged by: products that nobody learns from, and opponents near to and far from those that
//! it learns against.

use std::collections::{BTreeMap, HashSet};

use policy::corpus::Deal;
use policy::{Draw, Kind, registry};
use rules::metrics::{Clustering, Estimate, Metric, Observation, estimate};
use rules::statistics::{Bootstrap, Interval};
use rules::{Interest, PerRole, Role};

use crate::curriculum::{Task, scenario};
use crate::plan::{EARLIER, Examiner, Plan};

/// A side, and who sits across.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exam {
    /// The side that is measured.
    pub role: Role,
    pub against: String,
    pub persona: String,
    pub novelty: Novelty,
}

/// How far an opponent is from those that a run learns against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Novelty {
    /// The run learns against it.
    Counterpart,
    /// A family that it never meets.
    Family,
    /// A family that it meets, in a manner that it never meets.
    Persona,
}

/// Manners that give a buyer a hard time.
const HOSTILE: [&str; 2] = ["insulting", "unyielding"];
/// Who judges where the run has no opponents of its own that could.
const STAND_IN: [(Role, &str); 2] = [(Role::Seller, "persuadable"), (Role::Buyer, "og-narrator")];

/// All exams of a run. Unless the plan names its examiners these are its own opponents, the families held out
/// from training, and its opponents in hostile manners.
pub fn exams(plan: &Plan) -> Vec<Exam> {
    let mut exams = Vec::new();
    for role in plan.learners() {
        let named = match plan.evaluation.against.as_slice() {
            [] => examiners(plan, role),
            named => {
                named.iter().filter(|one| can_play(&one.name, role.other())).cloned().collect()
            }
        };
        let mut seen = HashSet::new();
        let fresh =
            named.into_iter().filter(|one| seen.insert((one.name.clone(), one.persona.clone())));
        exams.extend(fresh.map(|Examiner { name, persona }| Exam {
            role,
            novelty: novelty(plan, &name, &persona),
            against: name,
            persona,
        }));
    }
    exams.sort_by_key(|exam| (exam.role == Role::Seller, exam.novelty));
    exams
}

fn examiners(plan: &Plan, role: Role) -> Vec<Examiner> {
    let across = role.other();
    let one = |name: &str, persona: &str| Examiner { name: name.into(), persona: persona.into() };
    let own: Vec<&str> = plan
        .opponents
        .iter()
        .map(|opponent| opponent.name.as_str())
        .filter(|n| *n != EARLIER)
        .collect();
    let mut examiners: Vec<Examiner> = plan
        .opponents
        .iter()
        .filter(|opponent| opponent.name != EARLIER)
        .flat_map(|opponent| opponent.personas.iter().map(|persona| one(&opponent.name, persona)))
        .collect();
    let stand_in = STAND_IN.into_iter().find(|(side, _)| *side == across).map(|(_, name)| name);
    examiners.extend(stand_in.map(|name| one(name, "neutral")));
    let held_out = registry().iter().filter(|e| e.kind == Kind::HeldOut && e.plays(across));
    examiners.extend(held_out.map(|entry| one(entry.name, "neutral")));
    if across == Role::Seller {
        let faced = if own.is_empty() { stand_in.into_iter().collect() } else { own };
        let hostile = faced.into_iter().flat_map(|name| HOSTILE.map(|persona| one(name, persona)));
        examiners.extend(hostile);
    }
    examiners
}

fn can_play(name: &str, role: Role) -> bool {
    policy::find(name).is_none_or(|entry| entry.plays(role))
}

/// How far an opponent is from those of a plan.
pub fn novelty(plan: &Plan, name: &str, persona: &str) -> Novelty {
    let known = || plan.opponents.iter().filter(|opponent| opponent.name == name);
    let is_met = known().any(|opponent| opponent.personas.iter().any(|one| one == persona));
    match known().next() {
        _ if is_met => Novelty::Counterpart,
        None if !HOSTILE.contains(&persona) => Novelty::Family,
        _ => Novelty::Persona,
    }
}

/// The negotiations of an exam, products in their order. The seeds depend on product and time alone: all that
/// are examined, at whatever iteration, meet the same opponents.
pub fn tasks(plan: &Plan, exam: &Exam, deals: &[Deal], times: u32) -> Vec<Task> {
    let mut personas = PerRole::default();
    *personas.get_mut(exam.role.other()) = Some(exam.persona.clone());
    let each = deals
        .iter()
        .enumerate()
        .flat_map(|(product, deal)| (0..times).map(move |time| (product, deal, time)));
    each.map(|(product, deal, time)| {
        let seed = Draw::new(&[EXAM, plan.seed, product as u64, u64::from(time)]).next_u64() >> 11;
        Task {
            product,
            scenario: scenario(plan, deal, Some(exam.role), personas.clone(), seed),
            opponent: Some(exam.against.clone()),
        }
    })
    .collect()
}

/// Sets the stream of these seeds apart from every other stream.
const EXAM: u64 = 0x6578_616d;

/// The name of [`crate::oracle`] among the baselines.
pub const BEST_RESPONSE: &str = "best-response";

/// Who sits in the place of who learns, for comparison: what the same opponents give to fixed rules, and against
/// the run's own counterparts, where they are scripts, the most that they give at all.
pub fn baselines(exam: &Exam) -> Vec<&'static str> {
    let entries = registry().iter().filter(|e| e.kind == Kind::Scripted && e.plays(exam.role));
    let is_bounded = exam.novelty == Novelty::Counterpart && policy::find(&exam.against).is_some();
    entries.map(|entry| entry.name).chain(is_bounded.then_some(BEST_RESPONSE)).collect()
}

/// Figures of an exam by the names of [`crate::figures`], with intervals of 95%, clustered by product.
pub fn figures(observations: &[Observation], role: Role, seed: u64) -> BTreeMap<String, Estimate> {
    let bootstrap = Bootstrap::seeded(seed);
    let of = |metric: Metric, interest: Option<Interest>| {
        let some = observations.iter().filter(|o| interest.is_none_or(|i| o.facts.interest() == i));
        estimate(metric, some, role, Clustering::Product, &bootstrap)
    };
    let (mutual, conflicting) = (Some(Interest::Mutual), Some(Interest::Conflicting));
    [
        ("reward", of(Metric::Reward, None)),
        ("deal_rate", of(Metric::DealRate, None)),
        ("deal_rate_mi", of(Metric::DealRate, mutual)),
        ("deal_rate_ci", of(Metric::DealRate, conflicting)),
        ("walk_away_correct", of(Metric::WalkAwayCorrectness, conflicting)),
        ("bargained_ratio", of(Metric::BargainedRatio, mutual)),
        ("surplus_efficiency", of(Metric::SurplusEfficiency, None)),
        ("first_offer_ratio", of(Metric::FirstOfferRatio, None)),
        ("overshoot_rate", of(Metric::OvershootRate, None)),
        ("rounds", of(Metric::RoundsToDeal, None)),
        ("format_error_rate", rest(of(Metric::FormatValidity, None))),
        ("limit_leakage", of(Metric::LimitLeakage, None)),
    ]
    .map(|(name, estimate)| (name.to_owned(), estimate))
    .into()
}

/// The share that is not in a share.
fn rest(share: Estimate) -> Estimate {
    let turned = |ends: Interval| Interval { low: 1.0 - ends.high, high: 1.0 - ends.low };
    Estimate { value: share.value.map(|v| 1.0 - v), interval: share.interval.map(turned), ..share }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(over: &str) -> Vec<(Role, String, String, Novelty)> {
        let plan = Plan::of("laptop", over).expect("a plan");
        exams(&plan).into_iter().map(|e| (e.role, e.against, e.persona, e.novelty)).collect()
    }

    #[test]
    fn a_run_is_judged_by_its_own_by_strangers_and_by_the_hostile() {
        let own = "opponents = [{ name = \"regulated\" }]";
        let all = named(own);
        let row = |name: &str, persona: &str, novelty| {
            (Role::Buyer, name.to_owned(), persona.to_owned(), novelty)
        };
        assert_eq!(all[0], row("regulated", "neutral", Novelty::Counterpart));
        for held_out in ["haggler-heldout", "stubborn-heldout"] {
            assert!(all.contains(&row(held_out, "neutral", Novelty::Family)), "{all:?}");
        }
        assert!(all.contains(&row("persuadable", "neutral", Novelty::Family)));
        assert!(all.contains(&row("regulated", "insulting", Novelty::Persona)));
        assert!(all.is_sorted_by_key(|one| one.3));
    }

    #[test]
    fn sellers_and_both_are_judged_as_well() {
        let seller = "opponents = [{ name = \"linear\" }]\n[rollout]\nrole = \"seller\"";
        assert!(named(seller).iter().all(|one| one.0 == Role::Seller && one.3 != Novelty::Persona));
        let named = "[evaluation]\nagainst = [{ name = \"linear\", persona = \"chatty\" }]";
        let plan = Plan::of("laptop", named).expect("a plan");
        let plan = Plan {
            rollout: crate::plan::Rollout { role: None, ..plan.rollout },
            opponents: Vec::new(),
            ..plan
        };
        let roles: Vec<Role> = exams(&plan).into_iter().map(|exam| exam.role).collect();
        assert_eq!(roles, Role::BOTH);
    }

    #[test]
    fn everybody_meets_the_same_opponents() {
        let plan = Plan::of("laptop", "").expect("a plan");
        let product = rules::Product {
            codename: "books_1".into(),
            category: "books".into(),
            title: "A book".into(),
            description: String::new(),
            features: Vec::new(),
            list_price: rules::Mills::from_dollars(10),
        };
        let deal = Deal {
            product,
            budget: rules::Mills::from_dollars(8),
            cost: rules::Mills::from_dollars(5),
        };
        let deals = vec![deal; 3];
        let [one, other] = [0, 1].map(|n| tasks(&plan, &exams(&plan)[n], &deals, 2));
        assert_eq!(one.len(), 6);
        let seeds = |tasks: &[Task]| tasks.iter().map(|t| t.scenario.seed).collect::<Vec<_>>();
        assert_eq!(seeds(&one), seeds(&other));
        assert_eq!(seeds(&one).into_iter().collect::<HashSet<_>>().len(), 6);
        let [own, strange] = [0, 1].map(|n| baselines(&exams(&plan)[n]));
        assert!(own.contains(&"og-narrator") && !own.contains(&"persuadable"));
        assert_eq!(own.split_last(), Some((&BEST_RESPONSE, strange.as_slice())));
    }

    #[test]
    fn errors_are_the_rest_of_what_is_valid() {
        let valid = Estimate {
            value: Some(0.75),
            interval: Some(Interval { low: 0.5, high: 1.0 }),
            n: 4,
            clusters: 2,
        };
        let errors = rest(valid);
        assert_eq!(errors.value, Some(0.25));
        assert_eq!(errors.interval, Some(Interval { low: 0.0, high: 0.5 }));
    }
}
