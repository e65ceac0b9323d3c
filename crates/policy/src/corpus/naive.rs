//! A buyer as an untrained language model plays it.

use rules::{Act, Mills, Role};

use crate::Script;
use crate::draw::Draw;
use crate::families::{Choice, Scripted, Tactic, Tone, parameters};
use crate::persona::Persona;
use crate::pricing::{Habit, along, humanise, thousandths};
use crate::situation::Situation;
use crate::talk::{Dialect, Voice};

/// Opens near its limit, concedes by small steps without looking at the seller's, takes the first
/// price within its limit, and often leaves before there is one. Near the reported figures of an
/// untrained model on purpose, so that there is something to learn.
pub struct NaiveBuyer {
    /// The first offer, in thousandths of the limit.
    opening_permille: i64,
    /// The most that it offers, in thousandths of the limit.
    cap_permille: i64,
    /// How far one offer goes towards that, in thousandths.
    step_permille: i64,
    /// How likely it is to take a price within its limit, in thousandths.
    takes: i64,
    /// How likely it is to leave, in thousandths, at each price asked above its limit from the second
    /// on.
    leaves: i64,
    /// How likely it is to reject without an offer, in thousandths.
    rejects: i64,
}

impl NaiveBuyer {
    pub fn new(seed: u64) -> NaiveBuyer {
        let mut draw = parameters(seed, Role::Buyer);
        NaiveBuyer {
            // The sum of two draws: most near four fifths, few at the ends.
            opening_permille: 700 + draw.between(0, 110) + draw.between(0, 110),
            cap_permille: draw.between(900, 970),
            step_permille: draw.between(60, 260),
            takes: draw.between(800, 960),
            leaves: draw.between(50, 210),
            rejects: draw.between(40, 160),
        }
    }

    /// A negotiator of this kind, to be played by itself.
    pub fn seat(seed: u64, persona: Option<&str>) -> impl Script + use<> {
        let role = Role::Buyer;
        let voice = Voice::new(Dialect::Market, Persona::named(persona), role);
        Scripted { tactic: NaiveBuyer::new(seed), voice, role, seed }
    }

    /// A price on a person's grid, below the cap.
    fn priced(&self, situation: &Situation, price: Mills) -> Mills {
        let cap = thousandths(situation.limit, self.cap_permille).max(Mills(1));
        humanise(Role::Buyer, price.min(cap), Habit::Round)
    }

    fn opening(&self, situation: &Situation) -> Mills {
        let list = situation.list.min(situation.limit);
        self.priced(situation, thousandths(list, self.opening_permille))
    }

    fn next_offer(&self, situation: &Situation) -> Mills {
        let Some(mine) = situation.mine else { return self.opening(situation) };
        let cap = thousandths(situation.limit, self.cap_permille);
        let raised = |permille| self.priced(situation, along(mine, cap, permille));
        // Where a small step is none on a person's grid, half of the way is the next.
        let small = raised(self.step_permille);
        if small > mine { small } else { raised(500).max(mine) }
    }

    fn answer(&self, situation: &Situation, theirs: Mills, draw: &mut Draw) -> Choice {
        let offer = self.next_offer(situation);
        let within = theirs <= situation.limit;
        let is_last = situation.is_last_word() || !situation.they_can_answer();
        if within && (is_last || theirs <= offer || draw.chance(self.takes)) {
            return Choice::plain(Act::Accept(theirs));
        }
        if !within && self.has_enough(situation, theirs, is_last, draw) {
            return Choice::plain(Act::Quit);
        }
        if is_last {
            return Choice { act: Act::Offer(offer), tone: Tone::Final };
        }
        let stands = situation.mine == Some(offer);
        if draw.chance(if stands { 500 } else { self.rejects }) {
            return Choice::plain(Act::Reject);
        }
        Choice::plain(Act::Offer(offer))
    }

    /// Whether a price above the limit makes it leave: sooner where the price is far off, and never at
    /// the first.
    fn has_enough(
        &self,
        situation: &Situation,
        theirs: Mills,
        is_last: bool,
        draw: &mut Draw,
    ) -> bool {
        let far = theirs > thousandths(situation.limit, 1150);
        match situation.spoken {
            0 | 1 => false,
            _ if is_last => {
                !situation.they_can_answer() || draw.chance(if far { 900 } else { 550 })
            }
            _ => draw.chance(if far { self.leaves * 3 / 2 } else { self.leaves }),
        }
    }
}

impl Tactic for NaiveBuyer {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        match situation.legal.accept {
            Some(theirs) => self.answer(situation, theirs, draw),
            None if situation.mine.is_none() && draw.chance(970) => {
                Choice::plain(Act::Offer(self.opening(situation)))
            }
            None if situation.legal.reject => Choice::plain(Act::Reject),
            None => Choice::plain(Act::Offer(self.next_offer(situation))),
        }
    }
}
