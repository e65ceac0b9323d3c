//! Zero intelligence, constrained (Gode and Sunder, 1993).

use rules::{Mills, Role};

use super::concession::draw_habit;
use super::{Choice, Stance, Tactic, parameters, reserve, settle};
use crate::draw::Draw;
use crate::pricing::Habit;
use crate::situation::Situation;

/// Each offer is drawn uniformly from all prices that lose nothing, up to one and a half list prices
/// for a seller. Accepts what is as good as the price just drawn.
pub struct ZeroIntelligence {
    habit: Habit,
}

impl ZeroIntelligence {
    pub fn new(role: Role, seed: u64) -> ZeroIntelligence {
        ZeroIntelligence { habit: draw_habit(&mut parameters(seed, role)) }
    }
}

impl Tactic for ZeroIntelligence {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        let reserve = reserve(situation.role, situation.limit, 0);
        let ask = Mills(match situation.role {
            Role::Buyer => draw.between(1, reserve.0),
            Role::Seller => draw.between(reserve.0, situation.list.max(reserve).scale(3, 2).0),
        });
        settle(situation, Stance { ask, reserve, habit: self.habit, may_retract: true }, draw)
    }
}
