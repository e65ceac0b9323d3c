//! The regulated seller: concedes by the clock and by manners, as its persona has it.

use rules::{Mills, Role};

use super::concession::{Curve, draw_habit, draw_opening};
use super::{Choice, Stance, Tactic, Tone, opening, parameters, reserve, settle};
use crate::draw::Draw;
use crate::persona::Persona;
use crate::pricing::{Habit, along, as_good};
use crate::situation::Situation;

/// Concedes from near the list price to a floor above cost. Its environment would stop it at cost;
/// it never needs to be stopped.
pub struct Regulated {
    temper: Temper,
    opening_permille: i64,
    margin_permille: i64,
    curve: Curve,
    habit: Habit,
}

/// What a persona changes besides words. All in thousandths.
#[derive(Clone, Copy)]
struct Temper {
    /// How much of the way from opening to reserve it may go in all.
    yields: i64,
    /// How much of that way each offer below half of the list price takes back.
    resents: i64,
}

impl Temper {
    fn of(persona: Persona) -> Temper {
        match persona {
            Persona::Neutral | Persona::Chatty => Temper { yields: 950, resents: 20 },
            Persona::Begging => Temper { yields: 900, resents: 0 },
            Persona::Hurried => Temper { yields: 1000, resents: 10 },
            Persona::Insulting => Temper { yields: 800, resents: 90 },
            Persona::Unyielding => Temper { yields: 450, resents: 30 },
        }
    }
}

impl Regulated {
    pub fn new(persona: Persona, seed: u64) -> Regulated {
        let mut draw = parameters(seed, Role::Seller);
        Regulated {
            temper: Temper::of(persona),
            opening_permille: draw_opening(Role::Seller, &mut draw),
            margin_permille: draw.between(15, 60),
            curve: match persona {
                Persona::Unyielding => Curve::Boulware(2),
                Persona::Hurried => Curve::Conceder(2),
                _ => Curve::Linear,
            },
            habit: draw_habit(&mut draw),
        }
    }

    fn lowballs(situation: &Situation) -> i64 {
        let half = situation.list.scale(1, 2);
        situation.their_offers_back().filter(|offer| *offer < half).count() as i64
    }
}

impl Tactic for Regulated {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        let limit = reserve(situation.role, situation.limit, self.margin_permille);
        let open = opening(situation, self.opening_permille, limit);
        let resented = self.temper.resents * Self::lowballs(situation).min(3);
        let reserve = along(open, limit, self.temper.yields - resented);
        let ask = along(open, reserve, self.curve.conceded(situation.progress()));
        let stance = Stance { ask, reserve, habit: self.habit, may_retract: false };
        let choice = settle(situation, stance, draw);
        let far = situation.theirs.is_some_and(|theirs| is_far(theirs, ask));
        match choice.tone {
            Tone::Plain if far => Choice { tone: Tone::Lowballed, ..choice },
            _ => choice,
        }
    }
}

/// Whether a buyer's offer is below three fifths of the price asked.
fn is_far(offer: Mills, ask: Mills) -> bool {
    !as_good(Role::Seller, offer, ask.scale(3, 5))
}
