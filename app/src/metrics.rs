//! The metrics of a run in their groups, with names for people.

use wire::{Phase, Series};

/// A curve to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// As in [`Series::columns`].
    pub key: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: &'static str,
    pub metrics: Vec<Metric>,
}

type Known = (&'static str, &'static str);

const GROUPS: [(&str, &[Known]); 4] = [
    (
        OUTCOME,
        &[
            ("reward", "Reward, mean"),
            ("deal_rate_mi", "Deals where both can gain"),
            ("deal_rate_ci", "Deals where they cannot"),
            ("bargained_ratio", "Bargained ratio"),
            ("first_offer_ratio", "First offer to own limit"),
            ("overshoot_rate", "Offers beyond the own limit"),
            ("walk_away_correct", "Walked away rightly"),
        ],
    ),
    (
        "Talk",
        &[
            ("format_error_rate", "Messages that could not be read"),
            ("rounds", "Rounds"),
            ("tokens_per_move", "Tokens per move"),
            ("truncated_share", "Messages cut off"),
            ("distinct_utterances", "Distinct messages"),
        ],
    ),
    (
        "Learning",
        &[
            ("entropy", "Entropy, nats"),
            ("kl", "KL from the base, nats"),
            ("ratio_max", "Greatest ratio of probabilities"),
            ("clip_low", "Clipped below"),
            ("clip_high", "Clipped above"),
            ("gradient_norm", "Gradient norm"),
            ("rate", "Learning rate"),
            ("zero_variance_groups", "Groups of one reward"),
            ("advantage_std", "Spread of the advantages"),
        ],
    ),
    (
        "Machine",
        &[
            ("rollout_tokens_per_s", "Tokens/s, rollout"),
            ("update_tokens_per_s", "Tokens/s, update"),
            ("rollout_s", "Rollout, s"),
            ("update_s", "Update, s"),
            ("memory_mb", "Memory, MB"),
        ],
    ),
];

/// The group that the phases stand under.
pub const OUTCOME: &str = "Outcome";

/// Drawn as bands around the reward.
const BANDS: [&str; 3] = ["reward_std", "reward_min", "reward_max"];

/// What has a value somewhere, in groups; metrics without a name of ours come last.
pub fn grouped(series: &Series) -> Vec<Group> {
    let has = |key: &str| series.columns.get(key).is_some_and(|c| c.iter().any(Option::is_some));
    let known = |key: &str| {
        BANDS.contains(&key) || GROUPS.iter().any(|(_, group)| group.iter().any(|(k, _)| *k == key))
    };
    let named = GROUPS.iter().map(|(name, group)| Group {
        name,
        metrics: group
            .iter()
            .filter(|(key, _)| has(key))
            .map(|(key, name)| Metric { key: (*key).to_owned(), name: (*name).to_owned() })
            .collect(),
    });
    let others = series.columns.keys().filter(|key| !known(key) && has(key));
    let others = Group {
        name: "Others",
        metrics: others.map(|key| Metric { key: key.clone(), name: plain(key) }).collect(),
    };
    named.chain([others]).filter(|group| !group.metrics.is_empty()).collect()
}

/// The name of a metric, ours or made from its key.
#[cfg(feature = "ssr")]
pub fn name(key: &str) -> String {
    let known = GROUPS.iter().flat_map(|(_, group)| group.iter()).find(|(k, _)| *k == key);
    known.map_or_else(|| plain(key), |(_, name)| (*name).to_owned())
}

/// `held_out_reward` as `Held out reward`.
fn plain(key: &str) -> String {
    crate::format::capitalised(&key.replace('_', " "))
}

pub fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Naive => "naive",
        Phase::Anchoring => "anchoring",
        Phase::Deadlock => "deadlock",
        Phase::Persuasion => "persuasion",
        Phase::None => "no phase with a name",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn absent_metrics_are_not_drawn_and_unknown_ones_come_last() {
        let columns = [
            ("kl", Some(0.1)),
            ("rounds", None),
            ("reward", Some(0.2)),
            ("reward_std", Some(0.2)),
            ("held_out", Some(0.3)),
        ];
        let columns: BTreeMap<_, _> =
            columns.into_iter().map(|(key, value)| (key.to_owned(), vec![value])).collect();
        let groups = grouped(&Series { columns, ..Series::default() });
        let names: Vec<_> =
            groups.iter().map(|g| (g.name, g.metrics[0].name.as_str(), g.metrics.len())).collect();
        assert_eq!(
            names,
            [
                ("Outcome", "Reward, mean", 1),
                ("Learning", "KL from the base, nats", 1),
                ("Others", "Held out", 1),
            ]
        );
        assert_eq!(grouped(&Series::default()), []);
    }
}
