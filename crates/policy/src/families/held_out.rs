//! Families kept for evaluation: other rules and other words than any used in training.

use rules::{Act, Mills, Role};

use super::concession::{closer, draw_habit};
use super::{Choice, Stance, Tactic, Tone, opening, parameters, reserve, settle};
use crate::draw::Draw;
use crate::pricing::{Habit, along, better, gain};
use crate::situation::Situation;

/// Concedes when it has more to lose by a breakdown than the other side (Zeuthen, 1930; as a
/// protocol: Rosenschein and Zlotkin, 1994). The other side's limit is guessed from the list price
/// and from its offers.
pub struct Zeuthen {
    opening_permille: i64,
    margin_permille: i64,
    /// The guess of the other side's limit, in thousandths of the list price.
    guess_permille: i64,
    habit: Habit,
}

impl Zeuthen {
    pub fn new(role: Role, seed: u64) -> Zeuthen {
        let mut draw = parameters(seed, role);
        let (opening_permille, guess_permille) = match role {
            Role::Buyer => (draw.between(420, 600), draw.between(450, 650)),
            Role::Seller => (draw.between(985, 1040), draw.between(750, 900)),
        };
        Zeuthen {
            opening_permille,
            margin_permille: draw.between(10, 40),
            guess_permille,
            habit: draw_habit(&mut draw),
        }
    }

    /// The other side's limit as guessed: at least a twentieth beyond the best it has offered.
    fn their_limit(&self, situation: &Situation, theirs: Mills) -> Mills {
        let guess = situation.list.scale(self.guess_permille, 1000);
        match situation.role.other() {
            Role::Buyer => guess.max(theirs.scale(21, 20)),
            Role::Seller => guess.min(theirs.scale(19, 20)),
        }
    }

    fn ask(&self, situation: &Situation, mine: Mills, theirs: Mills, reserve: Mills) -> Mills {
        let their_limit = self.their_limit(situation, theirs);
        // The least of twenty steps towards the other side that leaves it with the smaller risk.
        let least = (0..=20).map(|step| closer(mine, theirs, step * 50)).find(|price| {
            risk(situation.role, reserve, *price, theirs)
                > risk(situation.role.other(), their_limit, theirs, *price)
        });
        let ask = least.unwrap_or(mine);
        // One message moves at most a third of the way.
        better(situation.role, ask, closer(mine, theirs, 333))
    }
}

/// Zeuthen's risk limit in thousandths: the share of the gain from its own offer that `role` loses by
/// taking the other's. A side with nothing to gain by its own offer has nothing to lose by a conflict.
fn risk(role: Role, limit: Mills, own: Mills, other: Mills) -> i64 {
    let from_own = gain(role, limit, own).0;
    if from_own <= 0 {
        return 1000;
    }
    let from_other = gain(role, limit, other).0.max(0);
    Mills(from_own - from_other).scale(1000, from_own).0.clamp(0, 1000)
}

impl Tactic for Zeuthen {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        let reserve = reserve(situation.role, situation.limit, self.margin_permille);
        let ask = match (situation.mine, situation.theirs) {
            (Some(mine), Some(theirs)) => self.ask(situation, mine, theirs, reserve),
            (Some(mine), None) => mine,
            (None, _) => opening(situation, self.opening_permille, reserve),
        };
        settle(situation, Stance { ask, reserve, habit: self.habit, may_retract: false }, draw)
    }
}

/// Stands still for some rounds, then makes one jump, and leaves soon after it was refused.
pub struct Stubborn {
    opening_permille: i64,
    margin_permille: i64,
    /// When the jump comes, in thousandths of the own messages.
    jump_at: i64,
    /// How far it goes, in thousandths of the way to the reserve.
    jump_permille: i64,
    habit: Habit,
}

impl Stubborn {
    pub fn new(role: Role, seed: u64) -> Stubborn {
        let mut draw = parameters(seed, role);
        Stubborn {
            opening_permille: match role {
                Role::Buyer => draw.between(500, 620),
                Role::Seller => draw.between(990, 1020),
            },
            margin_permille: draw.between(10, 30),
            jump_at: draw.between(400, 800),
            jump_permille: draw.between(650, 950),
            habit: draw_habit(&mut draw),
        }
    }
}

impl Tactic for Stubborn {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        let limit = reserve(situation.role, situation.limit, self.margin_permille);
        let open = opening(situation, self.opening_permille, limit);
        let target = along(open, limit, self.jump_permille);
        let jumps = situation.progress() >= self.jump_at;
        let stance = Stance {
            ask: if jumps { target } else { open },
            reserve: target,
            habit: self.habit,
            may_retract: false,
        };
        let choice = settle(situation, stance, draw);
        match choice.act {
            Act::Offer(_) if jumps => Choice { tone: Tone::Final, ..choice },
            _ => choice,
        }
    }
}
