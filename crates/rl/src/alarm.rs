//! What a person should look at while a run goes on.

use serde::{Deserialize, Serialize};

use crate::figures::Figures;

/// When an alarm is raised. Shares from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Deals on feasible scenarios below this part of what they were at the start. Default: 0.5.
    pub deals_left: f64,
    /// Format errors above this share of the messages. Default: 0.05.
    pub format_errors: f64,
    /// Entropy below this part of what it was at the start. Default: 0.25.
    pub entropy_left: f64,
    /// Episodes in which the counterpart states its own limit. Default: 0.02.
    pub counterpart_leaks: f64,
    /// Different utterances below this part of what they were at the start. Default: 0.4.
    pub distinct_left: f64,
    /// Groups without variance. Default: 0.6.
    pub flat_groups: f64,
    /// Reward lost against opponents of evaluations that are not learnt against. Default: 0.05.
    pub held_out_loss: f64,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            deals_left: 0.5,
            format_errors: 0.05,
            entropy_left: 0.25,
            counterpart_leaks: 0.02,
            distinct_left: 0.4,
            flat_groups: 0.6,
            held_out_loss: 0.05,
        }
    }
}

/// An alarm: a stable code, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub code: &'static str,
    pub sentence: String,
}

/// The alarms of an iteration's figures, `first` being those of the run's first iteration. Each is raised
/// as long as it holds: who shows them shows when it began.
pub fn alarms(first: &Figures, now: &Figures, thresholds: &Thresholds) -> Vec<Alarm> {
    let value = |of: &Figures, name: &str| of.get(name).copied().flatten();
    let mut alarms = Vec::new();
    let mut fallen = |name: &str, left: f64, code, what: &str| {
        let (Some(first), Some(now)) = (value(first, name), value(now, name)) else { return };
        if now < first * left {
            let sentence = format!("{what}: {now:.3}, from {first:.3} in the first iteration.");
            alarms.push(Alarm { code, sentence });
        }
    };
    let Thresholds { deals_left, entropy_left, distinct_left, .. } = *thresholds;
    fallen("deal_rate_mi", deals_left, "acceptance_collapse", "Deals have collapsed");
    fallen("entropy", entropy_left, "entropy_collapse", "Entropy has collapsed");
    fallen("distinct_utterances", distinct_left, "echo", "It says the same again and again");
    let mut above = |name: &str, most: f64, code, what: &str| {
        if let Some(now) = value(now, name).filter(|now| *now > most) {
            alarms.push(Alarm { code, sentence: format!("{what}: {now:.3}, above {most}.") });
        }
    };
    let Thresholds { format_errors, counterpart_leaks, flat_groups, .. } = *thresholds;
    above("format_error_rate", format_errors, "format_collapse", "Messages that are no move");
    above(
        "counterpart_leakage",
        counterpart_leaks,
        "leaky_counterpart",
        "The counterpart states its limit",
    );
    above("zero_variance_groups", flat_groups, "flat_groups", "Groups that teach nothing");
    alarms
}

/// What an evaluation says of overfitting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    pub iteration: u32,
    /// Mean reward against those that the run learns against.
    pub counterparts: f64,
    /// The same against everybody else.
    pub others: f64,
}

/// The first evaluation that found the reward against strangers below its best so far by more than a margin,
/// while against the own counterparts it had gone on to rise. `judged` by rising iteration.
pub fn held_out_falls(judged: &[Judged], margin: f64) -> Option<(u32, Alarm)> {
    let mut best: Option<Judged> = None;
    for now in judged {
        if let Some(before) = best
            && now.others < before.others - margin
            && now.counterparts > before.counterparts
        {
            let sentence = format!(
                "Reward against opponents that it does not learn against: {:.3}, from {:.3} after iteration \
                 {}, while against its own it rose from {:.3} to {:.3}.",
                now.others, before.others, before.iteration, before.counterparts, now.counterparts
            );
            return Some((now.iteration, Alarm { code: "held_out_falls", sentence }));
        }
        if best.is_none_or(|best| now.others > best.others) {
            best = Some(*now);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_against_strangers_alone_is_an_alarm() {
        let judged = |rows: &[(f64, f64)]| -> Vec<Judged> {
            let row = |(n, &(counterparts, others))| Judged { iteration: n, counterparts, others };
            (0..).zip(rows).map(row).collect()
        };
        let falls = |rows: &[(f64, f64)]| held_out_falls(&judged(rows), 0.05).map(|(at, _)| at);
        assert_eq!(falls(&[(0.1, 0.1), (0.4, 0.3), (0.6, 0.2)]), Some(2));
        assert_eq!(falls(&[(0.1, 0.1), (0.4, 0.3), (0.6, 0.27)]), None, "within the margin");
        assert_eq!(falls(&[(0.1, 0.1), (0.4, 0.3), (0.3, 0.1)]), None, "both fell");
    }

    #[test]
    fn alarms_say_what_fell_and_what_rose() {
        let figures = |entropy: f64, errors: f64| {
            let pairs =
                [("entropy", entropy), ("format_error_rate", errors), ("deal_rate_mi", 0.8)];
            pairs.map(|(name, value)| (name.to_owned(), Some(value))).into()
        };
        let raised = |now: &Figures| {
            let alarms = alarms(&figures(1.0, 0.0), now, &Thresholds::default());
            alarms.into_iter().map(|alarm| alarm.code).collect::<Vec<_>>()
        };
        assert!(raised(&figures(0.5, 0.01)).is_empty());
        assert_eq!(raised(&figures(0.2, 0.1)), ["entropy_collapse", "format_collapse"]);
        assert!(raised(&Figures::new()).is_empty(), "nothing is known");
    }
}
