//! Gives as it gets.

use rules::{Mills, Role};

use super::concession::{closer, draw_habit, draw_opening};
use super::{Choice, Stance, Tactic, opening, parameters, reserve, settle};
use crate::draw::Draw;
use crate::pricing::{Habit, gain};
use crate::situation::Situation;

/// Answers each concession with one of the same size relative to price (relative tit-for-tat of
/// Faratin, Sierra and Jennings, 1998) times an echo. Begins with a small gift, and repeats it where
/// both sides have stopped, so that two of a kind do not stand still for ever.
pub struct TitForTat {
    opening_permille: i64,
    margin_permille: i64,
    echo_permille: i64,
    gift_permille: i64,
    habit: Habit,
}

impl TitForTat {
    pub fn new(role: Role, seed: u64) -> TitForTat {
        let mut draw = parameters(seed, role);
        TitForTat {
            opening_permille: draw_opening(role, &mut draw),
            margin_permille: draw.between(5, 30),
            echo_permille: draw.between(900, 1250),
            gift_permille: draw.between(80, 160),
            habit: draw_habit(&mut draw),
        }
    }

    fn ask(&self, situation: &Situation, mine: Mills, reserve: Mills) -> Mills {
        let conceded = situation.their_concession();
        let before = situation.their_offers_back().nth(1);
        let (Some(before), true) = (before, conceded > Mills::ZERO) else {
            return closer(mine, reserve, self.gift_permille);
        };
        let echoed = conceded.min(before).scale(self.echo_permille, 1000);
        // The same share of the own price as the other side gave of its price.
        let step = mine.scale(echoed.0, before.0.max(1));
        let distance = gain(situation.role, reserve, mine);
        closer(mine, reserve, step.0.saturating_mul(1000) / distance.0.max(1))
    }
}

impl Tactic for TitForTat {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        let reserve = reserve(situation.role, situation.limit, self.margin_permille);
        let ask = match situation.mine {
            None => opening(situation, self.opening_permille, reserve),
            Some(mine) => self.ask(situation, mine, reserve),
        };
        settle(situation, Stance { ask, reserve, habit: self.habit, may_retract: false }, draw)
    }
}
