//! The last part of every decision: accept, insist, or leave.

use rules::{Act, Mills, Role};

use super::{Choice, Tone};
use crate::draw::Draw;
use crate::pricing::{Habit, along, as_good, better, humanise, thousandths, worse};
use crate::situation::Situation;

/// What a tactic wants, before manners and limits.
#[derive(Clone, Copy, Debug)]
pub struct Stance {
    /// The price to ask for next.
    pub ask: Mills,
    /// The worst price to take in the end, within the own limit.
    pub reserve: Mills,
    pub habit: Habit,
    /// Whether an offer once made may be taken back for a better one.
    pub may_retract: bool,
}

/// The worst price to take: the own limit and a margin in thousandths of it. The margin is at least
/// a cent, so that an offer never tells the limit itself.
pub fn reserve(role: Role, limit: Mills, margin_permille: i64) -> Mills {
    let margin = thousandths(limit, margin_permille).max(Mills::from_cents(1));
    match role {
        Role::Buyer => (limit - margin).max(Mills(1)).min(limit),
        Role::Seller => limit + margin,
    }
}

/// Turns a stance into a legal act within the own limit:
/// accepts what is as good as the own next offer (the "AC_next" condition of the negotiating-agents
/// literature) and, with the last word, what the reserve allows; leaves where there is no hope.
pub fn settle(situation: &Situation, stance: Stance, draw: &mut Draw) -> Choice {
    let role = situation.role;
    let ask = next_offer(situation, stance);
    let acceptable = if situation.is_last_word() { worse(role, ask, stance.reserve) } else { ask };
    if let Some(theirs) = situation.legal.accept
        && as_good(role, theirs, acceptable)
        && as_good(role, theirs, situation.limit)
    {
        return Choice::plain(Act::Accept(theirs));
    }
    let leaves = situation.is_hopeless() || !situation.they_can_answer();
    if (leaves || !is_affordable(situation, ask)) && situation.legal.quit {
        return Choice::plain(Act::Quit);
    }
    if !is_affordable(situation, ask) {
        return Choice::plain(Act::Reject);
    }
    if situation.is_last_word() {
        return Choice { act: Act::Offer(last_offer(situation, stance, ask)), tone: Tone::Final };
    }
    if situation.mine == Some(ask) && situation.legal.reject && draw.chance(400) {
        return Choice::plain(Act::Reject);
    }
    Choice::plain(Act::Offer(ask))
}

fn next_offer(situation: &Situation, stance: Stance) -> Mills {
    let role = situation.role;
    let ask = humanise(role, better(role, stance.ask, stance.reserve), stance.habit);
    match situation.mine {
        Some(mine) if !stance.may_retract => worse(role, mine, ask),
        _ => ask,
    }
}

/// The last word goes most of the way to the other side, as far as the reserve allows.
fn last_offer(situation: &Situation, stance: Stance, ask: Mills) -> Mills {
    let role = situation.role;
    let towards = situation.theirs.map_or(ask, |theirs| along(ask, theirs, LAST_STEP));
    let last = humanise(role, better(role, towards, stance.reserve), stance.habit);
    worse(role, last, ask)
}

/// How far the last offer goes towards the other side's, in thousandths.
const LAST_STEP: i64 = 650;

fn is_affordable(situation: &Situation, price: Mills) -> bool {
    price.is_price() && as_good(situation.role, price, situation.limit)
}
