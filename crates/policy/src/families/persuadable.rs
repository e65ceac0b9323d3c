//! The persuadable regulated seller: what it gives depends on what the buyer says and does.

use rules::{Act, Mills, Role, Turn};

use super::concession::{draw_habit, draw_opening};
use super::{Choice, Stance, Tactic, Tone, opening, parameters, reserve, settle};
use crate::arguments::{Argument, Reading, read_arguments};
use crate::draw::Draw;
use crate::persona::Persona;
use crate::pricing::{Habit, along, gain};
use crate::situation::Situation;

/// Concedes in proportion to the buyer's persuasion, which it adds up over the whole talk:
///
/// - each argument earns its weight, and a fraction `wears` of it at each repetition; of several in one
///   message the strongest counts, and half of the second: the rest is passed over;
/// - a higher offer earns by its size, up to `bare` each;
/// - good manners earn a little, once;
/// - a new offer below `lowball` of the list price hardens, one far below insults;
/// - an insult hardens more, and `patience` of them end the talk.
///
/// All in thousandths of the way from the opening to the reserve, drawn for each episode. Hardness
/// takes its share of all that. The reserve is cost plus a markup, so never below cost.
pub struct Persuadable {
    opening_permille: i64,
    markup_permille: i64,
    /// By [`Argument`].
    weights: [i64; Argument::ALL.len()],
    wears: i64,
    bare: i64,
    lowball: i64,
    hardness: i64,
    patience: u32,
    /// What the clock alone brings by the last message.
    clock: i64,
    /// How much of the rest it lets go with its last word, to save the deal.
    relents: i64,
    habit: Habit,
}

/// What the talk so far has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    earned: i64,
    hardened: i64,
    insults: u32,
    uses: [u32; Argument::ALL.len()],
    manners: bool,
    /// Of the last buyer's message.
    told: Option<Argument>,
    insulted: bool,
    lowballed: bool,
}

impl Persuadable {
    pub fn new(persona: Persona, seed: u64) -> Persuadable {
        let mut draw = parameters(seed, Role::Seller);
        let (hardness, patience, ease) = temper(persona);
        let mut weigh = |low, high| draw.between(low, high) * ease / 1000;
        Persuadable {
            weights: [
                weigh(180, 380),
                weigh(120, 320),
                weigh(140, 320),
                weigh(120, 280),
                weigh(40, 160),
                weigh(60, 180),
            ],
            bare: weigh(40, 90),
            wears: draw.between(250, 450),
            opening_permille: draw_opening(Role::Seller, &mut draw),
            markup_permille: draw.between(20, 120),
            lowball: draw.between(360, 500),
            hardness: draw.between(60, 180) * hardness / 1000,
            patience: draw.between(2, 3) as u32 + patience,
            clock: draw.between(80, 200),
            relents: draw.between(100, 300),
            habit: draw_habit(&mut draw),
        }
    }

    /// Persuasion in thousandths, and what the last message did.
    fn standing(&self, situation: &Situation) -> Standing {
        let mut before = None;
        let mut standing = Standing::default();
        for turn in situation.turns_of(Role::Buyer) {
            standing.told = None;
            standing.insulted = false;
            standing.lowballed = false;
            self.hear(&mut standing, read_arguments(&turn.talk));
            self.weigh(&mut standing, turn, before, situation.list);
            if let Act::Offer(price) = turn.act {
                before = Some(price);
            }
        }
        standing
    }

    fn hear(&self, standing: &mut Standing, reading: Reading) {
        let earns = |argument: Argument| {
            let fresh = self.weights[argument as usize];
            let uses = standing.uses[argument as usize];
            (0..uses).fold(fresh, |weight, _| weight * self.wears / 1000)
        };
        let mut told: Vec<(i64, Argument)> =
            reading.arguments().map(|argument| (earns(argument), argument)).collect();
        // Stable: of equals the first in the order of arguments.
        told.sort_by_key(|(earns, _)| std::cmp::Reverse(*earns));
        standing.told = told.first().map(|(_, argument)| *argument);
        for (share, (earns, argument)) in [1, 2].into_iter().zip(told) {
            standing.earned += earns / share;
            standing.uses[argument as usize] += 1;
        }
        if reading.is_polite && !std::mem::replace(&mut standing.manners, true) {
            standing.earned += self.bare / 2;
        }
        if reading.insults {
            self.take_offence(standing);
        }
    }

    fn weigh(&self, standing: &mut Standing, turn: &Turn, before: Option<Mills>, list: Mills) {
        let Act::Offer(price) = turn.act else { return };
        if price < list.scale(self.lowball * 6 / 10, 1000) {
            self.take_offence(standing);
        } else if price < list.scale(self.lowball, 1000) && before != Some(price) {
            standing.lowballed = true;
            standing.hardened += self.hardness;
        }
        let raise = before.map_or(Mills::ZERO, |before| gain(Role::Seller, before, price));
        // A raise of a twentieth of the list price earns all that a bare number can.
        let share = raise.max(Mills::ZERO).min(list).scale(20_000, list.0.max(1)).0;
        standing.earned += self.bare * share.min(1000) / 1000;
    }

    fn take_offence(&self, standing: &mut Standing) {
        if !std::mem::replace(&mut standing.insulted, true) {
            standing.insults += 1;
            standing.hardened += 2 * self.hardness;
        }
    }
}

/// How a persona hardens (thousandths), how many more insults it bears, and how easily reasons tell
/// (thousandths).
fn temper(persona: Persona) -> (i64, u32, i64) {
    match persona {
        Persona::Neutral | Persona::Chatty => (1000, 1, 1000),
        Persona::Begging => (500, 3, 1050),
        Persona::Insulting => (1400, 2, 850),
        Persona::Unyielding => (1200, 0, 650),
        Persona::Hurried => (1000, 0, 1150),
    }
}

impl Tactic for Persuadable {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice {
        let standing = self.standing(situation);
        if standing.insults >= self.patience && situation.legal.quit {
            return Choice { act: Act::Quit, tone: Tone::Insulted };
        }
        let floor = reserve(situation.role, situation.limit, self.markup_permille);
        let open = opening(situation, self.opening_permille, floor);
        let softness = 1000 - standing.hardened.min(1000);
        let clock = self.clock * situation.progress() / 1000;
        let conceded = (standing.earned + clock).clamp(0, 1000) * softness / 1000;
        let ask = along(open, floor, conceded);
        let relented = along(ask, floor, self.relents * softness / 1000);
        let stance = Stance { ask, reserve: relented, habit: self.habit, may_retract: false };
        let choice = settle(situation, stance, draw);
        Choice { tone: tone(&standing, choice), ..choice }
    }
}

fn tone(standing: &Standing, choice: Choice) -> Tone {
    match standing.told {
        _ if choice.tone != Tone::Plain || matches!(choice.act, Act::Quit) => choice.tone,
        _ if standing.insulted => Tone::Insulted,
        _ if standing.lowballed => Tone::Lowballed,
        Some(argument) => Tone::Persuaded(argument),
        None => Tone::Plain,
    }
}
