//! OG-Narrator (Xia et al., 2024): a deterministic offer generator, and words around its prices.

use rules::{Mills, Role};

use super::{Choice, Stance, Tactic, reserve, settle};
use crate::draw::Draw;
use crate::pricing::{Habit, along};
use crate::situation::Situation;

/// Offers step evenly over the rounds: a buyer's from half of its budget to the budget, a seller's
/// from the list price to its cost. Nothing is drawn but the words. The source has the buyer only;
/// the seller is its mirror image.
pub struct OfferGenerator;

/// A buyer's first offer, in thousandths of its budget. Our choice: the source's figure was not at hand.
const FIRST_OFFER: i64 = 500;

impl Tactic for OfferGenerator {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        let reserve = reserve(situation.role, situation.limit, 0);
        let first = match situation.role {
            Role::Buyer => situation.limit.scale(FIRST_OFFER, 1000).max(Mills(1)),
            Role::Seller => situation.list.max(reserve),
        };
        let ask = along(first, reserve, situation.progress());
        settle(situation, Stance { ask, reserve, habit: Habit::Round, may_retract: false }, draw)
    }
}
