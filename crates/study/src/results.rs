//! What came out: by condition, with intervals over participants, without those whom the preregistration leaves out.

use std::collections::BTreeMap;

use rules::statistics::Interval;
use serde::{Deserialize, Serialize};

use crate::chance::Draw;
use crate::definition::{Exclusions, Study};
use crate::power::mean;
use crate::progress::{How, Progress};
use crate::question::{Answers, Kind, first_not_right};

/// Times that participants are drawn again, or conditions exchanged.
const TIMES: usize = 2_000;

/// One who completed the study.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Rewards of negotiations that count, by the condition's place in the study.
    pub rewards: BTreeMap<usize, Vec<f64>>,
    pub answers: Answers,
    pub excluded: Option<Excluded>,
}

/// Why somebody is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Excluded {
    FailedAttention,
    Spoilt,
    TooFast,
}

/// By what the study promised.
pub fn excluded(study: &Study, progress: &Progress, took_ms: i64) -> Option<Excluded> {
    let Exclusions { failed_attention, spoilt, faster_than_s } = study.promise.exclusions;
    let answers = progress.survey.clone().unwrap_or_default();
    if failed_attention && first_not_right(&study.survey, &answers).is_some() {
        return Some(Excluded::FailedAttention);
    }
    let broke = |how: &How| matches!(how, How::PartnerLeft | How::Broken);
    if spoilt && progress.played.iter().any(|(_, how)| broke(how)) {
        return Some(Excluded::Spoilt);
    }
    let fast = faster_than_s.is_some_and(|seconds| took_ms < i64::from(seconds) * 1000);
    fast.then_some(Excluded::TooFast)
}

/// Of one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct OfCondition {
    pub name: String,
    pub participants: usize,
    /// Of the participants' mean rewards.
    pub reward: Option<f64>,
    pub interval: Option<Interval>,
    /// Mean of scales and numbers; shares of choices, by question and value.
    pub survey: BTreeMap<String, BTreeMap<String, f64>>,
}

/// The first condition against another.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub of: String,
    pub less: String,
    pub difference: f64,
    pub interval: Option<(f64, f64)>,
    /// Two-sided, by permutation of who met which.
    pub p: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    pub conditions: Vec<OfCondition>,
    pub differences: Vec<Difference>,
    pub excluded: BTreeMap<Excluded, usize>,
    /// How far each participant's mean lies from the condition's: what a power simulation draws from.
    pub residuals: Vec<f64>,
}

pub fn results(study: &Study, people: &[Person]) -> Results {
    let mut out = Results::default();
    let mut means: Vec<Vec<f64>> = Vec::new();
    for person in people {
        if let Some(why) = person.excluded {
            *out.excluded.entry(why).or_default() += 1;
        }
    }
    let counted: Vec<&Person> = people.iter().filter(|one| one.excluded.is_none()).collect();
    for (n, condition) in study.conditions.iter().enumerate() {
        let met: Vec<&Person> =
            counted.iter().copied().filter(|one| one.rewards.contains_key(&n)).collect();
        let of_each: Vec<f64> = met
            .iter()
            .filter_map(|one| one.rewards.get(&n))
            .filter(|rewards| !rewards.is_empty())
            .map(|rewards| rewards.iter().sum::<f64>() / rewards.len() as f64)
            .collect();
        let (reward, interval) = mean(&of_each);
        out.conditions.push(OfCondition {
            name: condition.name.clone(),
            participants: of_each.len(),
            reward,
            interval,
            survey: survey(study, &met),
        });
        out.residuals.extend(of_each.iter().map(|value| value - reward.unwrap_or(0.0)));
        means.push(of_each);
    }
    for other in 1..means.len() {
        if let Some(found) = difference(&means[other], &means[0]) {
            out.differences.push(Difference {
                of: study.conditions[other].name.clone(),
                less: study.conditions[0].name.clone(),
                ..found
            });
        }
    }
    out
}

fn survey(study: &Study, met: &[&Person]) -> BTreeMap<String, BTreeMap<String, f64>> {
    let mut told = BTreeMap::new();
    for question in &study.survey {
        let given: Vec<&str> = met
            .iter()
            .filter_map(|one| one.answers.get(&question.name).map(String::as_str))
            .collect();
        if given.is_empty() {
            continue;
        }
        let n = given.len() as f64;
        let mut values = BTreeMap::new();
        match &question.answer {
            Kind::Choice { options, .. } => {
                for option in options {
                    let chose = given.iter().filter(|answer| **answer == option.value).count();
                    values.insert(option.value.clone(), chose as f64 / n);
                }
            }
            Kind::Likert { .. } | Kind::Number { .. } => {
                let sum: f64 = given.iter().filter_map(|answer| answer.parse::<f64>().ok()).sum();
                values.insert("mean".to_owned(), sum / n);
            }
            Kind::Words { .. } => continue,
        }
        told.insert(question.name.clone(), values);
    }
    told
}

fn difference(a: &[f64], b: &[f64]) -> Option<Difference> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let observed = mean(a) - mean(b);
    let mut draw = Draw::new(&[TIMES as u64]);
    let mut again: Vec<f64> = (0..TIMES)
        .map(|_| {
            let mut of = |values: &[f64]| {
                values.iter().map(|_| *draw.pick(values)).sum::<f64>() / values.len() as f64
            };
            of(a) - of(b)
        })
        .collect();
    again.sort_by(f64::total_cmp);
    let interval =
        (a.len() > 1 && b.len() > 1).then(|| (again[TIMES / 40], again[TIMES - 1 - TIMES / 40]));
    let mut all: Vec<f64> = a.iter().chain(b).copied().collect();
    let as_far = (0..TIMES)
        .filter(|_| {
            for place in (1..all.len()).rev() {
                all.swap(place, draw.below(place + 1));
            }
            let (one, other) = all.split_at(a.len());
            (mean(one) - mean(other)).abs() >= observed.abs() - 1e-12
        })
        .count();
    Some(Difference {
        of: String::new(),
        less: String::new(),
        difference: observed,
        interval,
        // What was observed is one of the permutations.
        p: (as_far + 1) as f64 / (TIMES + 1) as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> Study {
        Study::read(include_str!("../studies/base-vs-trained.toml")).expect("reads")
    }

    fn person(condition: usize, reward: f64, guess: &str) -> Person {
        Person {
            rewards: BTreeMap::from([(condition, vec![reward - 0.1, reward + 0.1])]),
            answers: Answers::from([
                ("person_or_machine".to_owned(), guess.to_owned()),
                ("honest".to_owned(), "5".to_owned()),
            ]),
            excluded: None,
        }
    }

    #[test]
    fn conditions_are_compared_over_participants() {
        let mut people = Vec::new();
        for n in 0..20 {
            let noise = f64::from(n % 5) * 0.02;
            people.push(person(0, 0.5 + noise, "person"));
            people.push(person(1, 0.3 + noise, if n < 5 { "person" } else { "machine" }));
        }
        people.push(Person { excluded: Some(Excluded::TooFast), ..person(1, 9.0, "person") });
        let found = results(&study(), &people);
        let [base, trained] = &found.conditions[..] else { panic!("{found:?}") };
        assert_eq!((base.participants, trained.participants), (20, 20));
        assert!((base.reward.unwrap() - 0.54).abs() < 1e-9);
        assert!((trained.survey["person_or_machine"]["person"] - 0.25).abs() < 1e-9);
        assert!((trained.survey["honest"]["mean"] - 5.0).abs() < 1e-9);
        let [difference] = &found.differences[..] else { panic!("{found:?}") };
        assert!((difference.difference + 0.2).abs() < 1e-9);
        let (low, high) = difference.interval.unwrap();
        assert!(low < -0.2 && high > -0.2 && high < -0.15);
        assert!(difference.p < 0.001);
        assert_eq!(found.excluded[&Excluded::TooFast], 1);
        assert_eq!(found.residuals.len(), 40);
        assert!(found.residuals.iter().sum::<f64>().abs() < 1e-9);
    }

    #[test]
    fn no_difference_is_no_finding() {
        let people: Vec<Person> =
            (0..30).map(|n| person(n % 2, 0.4 + (n / 2 % 3) as f64 * 0.1, "person")).collect();
        let found = results(&study(), &people);
        assert!(found.differences[0].p > 0.5, "{found:?}");
        assert!(results(&study(), &[]).differences.is_empty());
    }
}
