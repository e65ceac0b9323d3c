//! Who plays a lesson's two sides.

use rules::metrics::{prices_in, states_price};
use rules::{Act, Mills, Move, Role, Scenario, View};

use super::naive::NaiveBuyer;
use super::scratchpad::scratchpad;
use crate::draw::Draw;
use crate::families::{
    Choice, Concession, OfferGenerator, Persuadable, Regulated, Tactic, TitForTat, ZeroIntelligence,
};
use crate::persona::Persona;
use crate::situation::Situation;
use crate::talk::{Dialect, Voice, short_name};

/// A tactic with a voice, by the name of its family.
pub struct Player {
    pub family: &'static str,
    pub role: Role,
    tactic: Box<dyn Tactic>,
    voice: Voice,
    seed: u64,
}

type Build = fn(Role, u64, Persona) -> Box<dyn Tactic>;

/// A family with its share of the lessons that it can play, in thousandths.
type Part = (&'static str, i64, Build);

const NAIVE: Part = ("naive", 1000, |_, seed, _| Box::new(NaiveBuyer::new(seed)));
const LINEAR: Build = |role, seed, _| Box::new(Concession::linear(role, seed));
const BOULWARE: Build = |role, seed, _| Box::new(Concession::boulware(role, seed));
const CONCEDER: Build = |role, seed, _| Box::new(Concession::conceder(role, seed));
const TIT_FOR_TAT: Build = |role, seed, _| Box::new(TitForTat::new(role, seed));
const ZERO: Build = |role, seed, _| Box::new(ZeroIntelligence::new(role, seed));
const NARRATOR: Build = |_, _, _| Box::new(OfferGenerator);
const REGULATED: Build = |_, seed, persona| Box::new(Regulated::new(persona, seed));
const PERSUADABLE: Build = |_, seed, persona| Box::new(Persuadable::new(persona, seed));

/// Who teaches to sell: mostly the one that listens.
const SELLERS_TO_LEARN: [Part; 4] = [
    ("persuadable", 740, PERSUADABLE),
    ("regulated", 160, REGULATED),
    ("linear", 50, LINEAR),
    ("tit-for-tat", 50, TIT_FOR_TAT),
];

/// Whom a buyer meets.
const SELLERS_TO_MEET: [Part; 8] = [
    ("regulated", 420, REGULATED),
    ("persuadable", 280, PERSUADABLE),
    ("linear", 80, LINEAR),
    ("boulware", 60, BOULWARE),
    ("conceder", 60, CONCEDER),
    ("tit-for-tat", 50, TIT_FOR_TAT),
    ("og-narrator", 30, NARRATOR),
    ("zero-intelligence", 20, ZERO),
];

/// Whom a seller meets: its like, and all that a trained buyer may turn into.
const BUYERS_TO_MEET: [Part; 7] = [
    ("naive", 390, NAIVE.2),
    ("linear", 130, LINEAR),
    ("boulware", 130, BOULWARE),
    ("conceder", 110, CONCEDER),
    ("tit-for-tat", 110, TIT_FOR_TAT),
    ("og-narrator", 90, NARRATOR),
    ("zero-intelligence", 40, ZERO),
];

/// The side to be learnt.
pub fn pupil(role: Role, scenario: &Scenario, draw: &mut Draw) -> Player {
    match role {
        Role::Buyer => Player::seated(&[NAIVE], role, scenario, draw),
        Role::Seller => Player::seated(&SELLERS_TO_LEARN, role, scenario, draw),
    }
}

/// The side that the pupil meets.
pub fn teacher(role: Role, scenario: &Scenario, draw: &mut Draw) -> Player {
    match role {
        Role::Buyer => Player::seated(&BUYERS_TO_MEET, role, scenario, draw),
        Role::Seller => Player::seated(&SELLERS_TO_MEET, role, scenario, draw),
    }
}

impl Player {
    fn seated(parts: &[Part], role: Role, scenario: &Scenario, draw: &mut Draw) -> Player {
        let all = parts.iter().map(|(_, share, _)| share).sum::<i64>();
        let mut at = draw.between(0, all - 1);
        let mut shares = parts.iter().skip_while(|(_, share, _)| {
            at -= share;
            at >= 0
        });
        let (family, _, build) = shares.next().expect("the draw is below the sum of all shares");
        let persona = Persona::named(scenario.listing.personas.get(role).as_deref());
        let seed = draw.next_u64();
        let voice = Voice::new(Dialect::Market, persona, role);
        Player { family, role, tactic: build(role, seed, persona), voice, seed }
    }

    /// A move as the other side hears it.
    pub fn speak(&self, view: &View) -> Move {
        let situation = Situation::of(view);
        let (choice, mut draw) = self.choose(&situation);
        Move::new(self.voice.say(&situation, choice, &mut draw), choice.act)
    }

    /// A move to be learnt: with its scratchpad, in words that are short and agree with the act.
    pub fn write(&self, view: &View) -> Move {
        let situation = Situation::of(view);
        let (choice, mut draw) = self.choose(&situation);
        let most = draw.between(LONGEST.0, LONGEST.1) as usize;
        // A rejection speaks of nothing else, whatever made the tactic reject.
        let told = if choice.act == Act::Reject { Choice::plain(choice.act) } else { choice };
        let talk = (0..TRIES).find_map(|tries| {
            let talk = ungrouped(&self.voice.say(&situation, told, &mut draw));
            let words = talk.split_whitespace().count();
            // Where short words are hard to find, longer ones will do.
            let is_short = (FEWEST..=most + tries / 8).contains(&words);
            (is_short && is_fit(&talk, &situation, choice.act)).then_some(talk)
        });
        let talk = talk.unwrap_or_else(|| fallback(choice.act).to_owned());
        Move::new(talk, choice.act).thinking(scratchpad(view, choice.act))
    }

    fn choose(&self, situation: &Situation) -> (Choice, Draw) {
        let turns = situation.view.table.turns.len() as u64;
        let mut draw = Draw::new(&[self.seed, self.role as u64, turns]);
        let choice = if chats(situation, &mut draw) {
            Choice::plain(Act::Talk)
        } else {
            self.tactic.choose(situation, &mut draw)
        };
        (choice, draw)
    }
}

/// In the open protocol a message without an act is now and then answered by one, and sometimes comes
/// unasked.
fn chats(situation: &Situation, draw: &mut Draw) -> bool {
    let asked = situation.view.table.turns.last().is_some_and(|turn| turn.act == Act::Talk);
    let is_free = situation.legal.talk && situation.mine.is_some() && situation.they_can_answer();
    is_free && draw.chance(if asked { 450 } else { 250 })
}

/// Words are drawn anew that often before a plain sentence is taken instead.
const TRIES: usize = 200;

/// The fewest words of a talk to be learnt.
const FEWEST: usize = 4;

/// The most words of a talk to be learnt, drawn anew for each: short ones learn faster.
const LONGEST: (i64, i64) = (7, 20);

/// Whether a talk agrees with its act and can be said by who sees only the compact prompt: it does not
/// name the own limit, nor an older offer without the one that it makes, nor a feature of the product.
fn is_fit(talk: &str, situation: &Situation, act: Act) -> bool {
    let names = |price: Option<Mills>| amounts(talk).any(|named| Some(named) == price);
    let is_outdated = matches!(act, Act::Offer(_)) && names(situation.mine) && !names(act.price());
    let repeats = amounts(talk).filter(|named| Some(*named) == act.price()).count() > 1;
    let stands = act.price() == situation.mine;
    let belied = if stands { &MOVES[..] } else { &STANDS[..] };
    let is_belied = matches!(act, Act::Offer(_)) && belied.iter().any(|words| talk.contains(words));
    let features = short_name(&situation.view.table.listing.product).feature;
    let is_wrong = states_price(talk, situation.limit) || is_outdated || repeats || is_belied;
    !is_wrong && features.is_none_or(|feature| !talk.contains(&feature))
}

/// What is said of an offer that stands, and would be wrong of a new one.
const STANDS: [&str; 8] = [
    "hasn't changed",
    "staying where",
    "You know my",
    "still on the table",
    "still stands",
    "is still",
    "Your move",
    "in your court",
];

/// What is said of a new offer, and would be wrong of the same one again.
const MOVES: [&str; 12] = [
    "raise",
    "stretch",
    "go up",
    "Up from",
    "down to",
    "come down",
    "go down",
    "sharpen",
    "new offer",
    "I was at",
    "knock",
    "you moved, so",
];

/// The amounts with a dollar sign in a talk.
fn amounts(talk: &str) -> impl Iterator<Item = Mills> + '_ {
    talk.split('$').skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        prices_in(&rest[..end]).next()
    })
}

fn fallback(act: Act) -> &'static str {
    match act {
        Act::Offer(_) => "That is my offer, what do you say?",
        Act::Accept(_) => "Alright, let's do it.",
        Act::Reject => "No, I can't agree to that.",
        Act::Quit => "Then I'll leave it, thank you.",
        Act::Talk => "Let me think about it for a moment.",
    }
}

/// Amounts without commas: a model of few weights copies digits and inserts none.
fn ungrouped(talk: &str) -> String {
    let bytes = talk.as_bytes();
    let is_grouping = |at: usize| {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        at > 0 && digit(at - 1) && digit(at + 1) && digit(at + 2) && digit(at + 3)
    };
    let kept = talk.char_indices().filter(|(at, c)| *c != ',' || !is_grouping(*at));
    kept.map(|(_, c)| c).collect()
}
