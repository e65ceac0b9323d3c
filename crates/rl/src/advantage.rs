//! From the rewards of a group to advantages.
//!
//! A group is several rollouts of one scenario by one role: what the policy could have done in the same
//! place. Only differences within a group teach.

use serde::{Deserialize, Serialize};

/// How a rollout is compared with its group. With `n` rollouts, `m` their mean reward:
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// `(r - m) / (s + 1e-4)`, `s` the deviation with `n - 1` below (Shao et al. 2024, arXiv
    /// 2402.03300; the constant is TRL's).
    Grpo,
    /// `r - m` (Liu et al. 2025, arXiv 2503.20783): a group whose rewards differ little is not blown up.
    #[default]
    DrGrpo,
    /// `r` less the mean of the others, which is `n / (n - 1) (r - m)` (Ahmadian et al. 2024, arXiv
    /// 2402.14740): without bias.
    Rloo,
}

/// Advantages of a group's rollouts, in their order. A group of one teaches nothing.
pub fn advantages(rewards: &[f64], estimator: Estimator) -> Vec<f64> {
    let n = rewards.len() as f64;
    if rewards.len() < 2 {
        return vec![0.0; rewards.len()];
    }
    let mean = rewards.iter().sum::<f64>() / n;
    let scale = match estimator {
        Estimator::DrGrpo => 1.0,
        Estimator::Rloo => n / (n - 1.0),
        Estimator::Grpo => {
            let squares: f64 = rewards.iter().map(|reward| (reward - mean).powi(2)).sum();
            1.0 / ((squares / (n - 1.0)).sqrt() + 1e-4)
        }
    };
    rewards.iter().map(|reward| (reward - mean) * scale).collect()
}

/// Whether all rollouts of a group got the same: it teaches nothing.
pub fn is_flat(rewards: &[f64]) -> bool {
    rewards.iter().all(|reward| (reward - rewards[0]).abs() < 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_worked_by_hand() {
        // Mean 0.25, squares 0.0625 + 0.0625 + 0.5625 + 0.0625 = 0.75, deviation 0.5.
        let rewards = [0.0, 0.0, 1.0, 0.0];
        let table: [(Estimator, &[f64], [f64; 4]); 4] = [
            (Estimator::DrGrpo, &rewards, [-0.25, -0.25, 0.75, -0.25]),
            (Estimator::Rloo, &rewards, [-1.0 / 3.0, -1.0 / 3.0, 1.0, -1.0 / 3.0]),
            (Estimator::Grpo, &rewards, [-0.4999, -0.4999, 1.4997, -0.4999]),
            (Estimator::Grpo, &[0.3; 4], [0.0; 4]),
        ];
        for (estimator, rewards, expected) in table {
            for (got, expected) in advantages(rewards, estimator).iter().zip(expected) {
                assert!((got - expected).abs() < 1e-4, "{estimator:?}: {got} {expected}");
            }
        }
        assert_eq!(advantages(&[0.7], Estimator::Grpo), [0.0]);
        assert!(is_flat(&[0.1, 0.1]) && !is_flat(&rewards));
    }

    #[test]
    fn advantages_of_a_group_add_up_to_nothing() {
        for estimator in [Estimator::Grpo, Estimator::DrGrpo, Estimator::Rloo] {
            let sum: f64 = advantages(&[0.4, -1.0, 0.9, 0.0, 0.1], estimator).iter().sum();
            assert!(sum.abs() < 1e-12, "{estimator:?}");
        }
    }
}
