//! The figures of an iteration, by name. What has no value, as the ratio of no deal, is `None`.

use std::collections::{BTreeMap, HashSet};

use policy::corpus::distinct_2;
use rules::metrics::{Facts, Metric};
use rules::statistics::Sums;
use rules::{Interest, Role};

/// Figures by name.
pub type Figures = BTreeMap<String, Option<f64>>;

/// One side's rollout, as far as figures are made from it.
#[derive(Clone, Debug)]
pub struct Rolled {
    pub facts: Facts,
    pub role: Role,
    /// `None`: the machinery failed.
    pub reward: Option<f64>,
    pub advantage: f64,
    pub own_tokens: usize,
    pub messages: u32,
    pub truncated: bool,
    /// The own messages' talk.
    pub talks: Vec<String>,
}

/// Talks that distinctness is taken over, since it falls with their number.
const TALKS: usize = 500;

/// The figures of one role's rollouts. Shares and means are over rollouts that count.
pub fn of_role(rolled: &[&Rolled]) -> Figures {
    let mut figures = Figures::new();
    let mut put = |name: &str, value: Option<f64>| {
        figures.insert(name.to_owned(), value);
    };
    let rewards: Vec<f64> = rolled.iter().filter_map(|rolled| rolled.reward).collect();
    let (mean, deviation) = mean_and_deviation(&rewards);
    put("reward", mean);
    put("reward_std", deviation);
    put("reward_min", rewards.iter().copied().reduce(f64::min));
    put("reward_max", rewards.iter().copied().reduce(f64::max));
    let is = |interest| move |rolled: &&&Rolled| rolled.facts.interest() == interest;
    let mutual: Vec<&Rolled> = rolled.iter().filter(is(Interest::Mutual)).copied().collect();
    let conflicting: Vec<&Rolled> =
        rolled.iter().filter(is(Interest::Conflicting)).copied().collect();
    let metric = |metric: Metric, over: &[&Rolled]| {
        let sums = over.iter().map(|rolled| metric.sums(&rolled.facts, rolled.role));
        metric.value(&sums.fold(Sums::default(), |all, one| all + one))
    };
    put("deal_rate", metric(Metric::DealRate, rolled));
    put("deal_rate_mi", metric(Metric::DealRate, &mutual));
    put("deal_rate_ci", metric(Metric::DealRate, &conflicting));
    put("walk_away_correct", metric(Metric::WalkAwayCorrectness, &conflicting));
    put("bargained_ratio", metric(Metric::BargainedRatio, &mutual));
    put("surplus_efficiency", metric(Metric::SurplusEfficiency, rolled));
    put("first_offer_ratio", metric(Metric::FirstOfferRatio, rolled));
    put("overshoot_rate", metric(Metric::OvershootRate, rolled));
    put("rounds", metric(Metric::RoundsToDeal, rolled));
    put("format_error_rate", metric(Metric::FormatValidity, rolled).map(|valid| 1.0 - valid));
    put("limit_leakage", metric(Metric::LimitLeakage, rolled));
    let counterpart =
        rolled.iter().map(|rolled| Metric::LimitLeakage.sums(&rolled.facts, rolled.role.other()));
    put("counterpart_leakage", counterpart.fold(Sums::default(), |all, one| all + one).mean());
    let messages: u32 = rolled.iter().map(|rolled| rolled.messages).sum();
    let tokens: usize = rolled.iter().map(|rolled| rolled.own_tokens).sum();
    put("tokens_per_move", share(tokens as f64, f64::from(messages)));
    let truncated = rolled.iter().filter(|rolled| rolled.truncated).count();
    put("truncated_share", share(truncated as f64, rolled.len() as f64));
    let talks = || rolled.iter().flat_map(|rolled| rolled.talks.iter().map(String::as_str));
    put("distinct_2", distinct_2(talks().take(TALKS)));
    put("distinct_utterances", distinct(talks().take(TALKS)));
    let advantages: Vec<f64> = rolled.iter().map(|rolled| rolled.advantage).collect();
    put("advantage_std", mean_and_deviation(&advantages).1);
    put("advantage_max", advantages.iter().map(|advantage| advantage.abs()).reduce(f64::max));
    let failed = rolled.iter().filter(|rolled| rolled.reward.is_none()).count();
    put("failed_share", share(failed as f64, rolled.len() as f64));
    figures
}

/// Different talks over all talks, amounts taken as one word: what narrows when a policy finds one phrase
/// that pays.
fn distinct<'a>(talks: impl Iterator<Item = &'a str>) -> Option<f64> {
    let mut seen = HashSet::new();
    let mut count = 0;
    for talk in talks {
        let plain: Vec<&str> = talk
            .split_whitespace()
            .map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word })
            .collect();
        seen.insert(plain.join(" "));
        count += 1;
    }
    share(seen.len() as f64, f64::from(count))
}

fn share(part: f64, of: f64) -> Option<f64> {
    (of > 0.0).then(|| part / of)
}

fn mean_and_deviation(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = values.len() as f64;
    let mean = share(values.iter().sum(), n);
    let deviation = mean
        .map(|mean| (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt());
    (mean, deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utterances_that_differ_in_amounts_are_the_same() {
        assert_eq!(distinct(["Take $5.", "Take $9.", "No."].into_iter()), Some(2.0 / 3.0));
        assert_eq!(distinct([].into_iter()), None);
    }

    #[test]
    fn deviation_by_hand() {
        assert_eq!(mean_and_deviation(&[1.0, 3.0]), (Some(2.0), Some(1.0)));
        assert_eq!(mean_and_deviation(&[]), (None, None));
    }
}
