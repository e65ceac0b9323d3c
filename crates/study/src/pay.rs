//! What a participant is paid: a base by how it ended, and bonuses by verified rewards.

use serde::{Deserialize, Serialize};
use wire::EpisodeId;

use crate::definition::{Pay, Study};
use crate::progress::{End, How, Progress};

/// All in cents. Adds up: `base` and the bonuses, as far as they are paid, are `total`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub base: u32,
    pub bonuses: Vec<Bonus>,
    /// Of the bonuses together, what is beyond the most that one participant gets.
    pub capped: u32,
    pub total: u32,
}

/// For one negotiation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bonus {
    pub episode: EpisodeId,
    pub cents: u32,
    /// Left by a partner or broken by the machinery: a fixed sum.
    pub spoilt: bool,
}

/// The bonus of a negotiation: the reward's part, from 0 to 1, of the full bonus, in whole cents downwards.
pub fn bonus(pay: &Pay, reward: Option<f64>) -> u32 {
    let part = reward.filter(|reward| reward.is_finite()).unwrap_or(0.0).clamp(0.0, 1.0);
    // A reward of 0.29 pays 29 of 100 cents, though 0.29 * 100 is a little less than 29 in binary.
    (part * f64::from(pay.bonus) + 1e-9).floor() as u32
}

/// What is due to a participant as it stands; `reward` gives an episode's stored reward for the participant's side.
/// Before the end it is what would be paid if the participant completed now.
pub fn due(study: &Study, progress: &Progress, reward: impl Fn(EpisodeId) -> Option<f64>) -> Due {
    let pay = &study.pay;
    let (base, with_bonus) = match progress.end {
        None | Some(End::Complete | End::TechnicalFault | End::Excused) => (pay.base, true),
        // Who had bargained before is paid for that.
        Some(End::WaitedInVain) if progress.has_bargained() => (pay.base, true),
        Some(End::WaitedInVain) => (pay.waited, false),
        Some(End::ScreenedOut) => (pay.screened_out, false),
        Some(End::FailedChecks) => (pay.failed_checks, false),
        Some(End::Declined | End::Withdrew | End::TimedOut | End::Stopped) => (0, false),
    };
    let mut bonuses = Vec::new();
    if with_bonus {
        for (episode, how) in &progress.played {
            let (cents, spoilt) = match how {
                How::Counts => (bonus(pay, reward(*episode)), false),
                How::PartnerLeft | How::Broken => (pay.spoilt, true),
                How::Left => (0, false),
            };
            bonuses.push(Bonus { episode: *episode, cents, spoilt });
        }
    }
    let together = bonuses.iter().fold(0_u32, |sum: u32, bonus| sum.saturating_add(bonus.cents));
    let paid = together.min(pay.most_bonus);
    Due { base, bonuses, capped: together - paid, total: base.saturating_add(paid) }
}

/// Whether somebody more can be let in, so that the study's most is never passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    Open,
    /// The soft stop: a researcher may open it again.
    Soft,
    /// Whoever came now might not be paid.
    Hard,
}

/// `owed` is paid or due, `under_way` how many are not over; each of these may yet earn the most.
pub fn door(study: &Study, owed: u64, under_way: u64, soft_stop_lifted: bool) -> Door {
    let most = study.most_of_each();
    // Where it cannot be reckoned, it is too much.
    let reserved = owed.saturating_add(under_way.saturating_mul(most));
    if reserved.saturating_add(most) > study.pay.most {
        Door::Hard
    } else if reserved as f64 >= study.pay.soft_stop * study.pay.most as f64 && !soft_stop_lifted {
        Door::Soft
    } else {
        Door::Open
    }
}
