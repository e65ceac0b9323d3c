//! The scripted families: each a way to turn a situation into an act.

mod concession;
mod held_out;
mod narrator;
mod persuadable;
mod regulated;
mod settle;
mod tit_for_tat;
mod zero;

use rules::{Act, Mills, Move, Role, View};

pub use concession::Concession;
pub use held_out::{Stubborn, Zeuthen};
pub use narrator::OfferGenerator;
pub use persuadable::Persuadable;
pub use regulated::Regulated;
pub use settle::{Stance, reserve, settle};
pub use tit_for_tat::TitForTat;
pub use zero::ZeroIntelligence;

use crate::Script;
use crate::arguments::Argument;
use crate::draw::Draw;
use crate::pricing::thousandths;
use crate::situation::Situation;
use crate::talk::Voice;

/// A rule for choosing acts. Its fields are parameters: drawn once, never changed.
pub trait Tactic: Send + Sync {
    fn choose(&self, situation: &Situation, draw: &mut Draw) -> Choice;
}

/// An act, and what the words with it should convey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub act: Act,
    pub tone: Tone,
}

impl Choice {
    pub fn plain(act: Act) -> Choice {
        Choice { act, tone: Tone::Plain }
    }
}

/// What the words should convey besides the act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    /// No better price will follow.
    Final,
    /// The other side's offer was far off.
    Lowballed,
    /// The other side was rude.
    Insulted,
    /// An argument of the other side told.
    Persuaded(Argument),
}

/// A tactic with a voice: a whole negotiator.
pub struct Scripted<T> {
    pub tactic: T,
    pub voice: Voice,
    pub role: Role,
    pub seed: u64,
}

impl<T: Tactic> Script for Scripted<T> {
    fn decide(&mut self, view: &View) -> Move {
        let situation = Situation::of(view);
        // Both streams depend on the seed and on what lies on the table alone, so that a negotiator
        // rebuilt in mid-episode goes on as the one before would have.
        let turns = view.table.turns.len() as u64;
        let mut draw = Draw::new(&[self.seed, self.role as u64, turns]);
        let choice = if chats(&situation, &mut draw) {
            Choice::plain(Act::Talk)
        } else {
            self.tactic.choose(&situation, &mut draw)
        };
        let talk = self.voice.say(&situation, choice, &mut draw);
        Move::new(talk, choice.act)
    }
}

/// In the open protocol a message without an act is now and then answered by one.
fn chats(situation: &Situation, draw: &mut Draw) -> bool {
    let asked = situation.view.table.turns.last();
    situation.legal.talk
        && situation.mine.is_some()
        && situation.they_can_answer()
        && asked.is_some_and(|turn| turn.by != situation.role && turn.act == Act::Talk)
        && draw.chance(350)
}

/// The stream that a negotiator's parameters are drawn from.
pub fn parameters(seed: u64, role: Role) -> Draw {
    const PARAMETERS: u64 = u64::MAX;
    Draw::new(&[seed, role as u64, PARAMETERS])
}

/// An opening near the list price for a seller, and well below it for a buyer: `permille`
/// thousandths of the list price, or of the own limit where that is the tighter one.
pub fn opening(situation: &Situation, permille: i64, reserve: Mills) -> Mills {
    let list = situation.list;
    match situation.role {
        Role::Buyer => thousandths(list.min(situation.limit), permille).max(Mills(1)).min(reserve),
        // A list price below cost (a stale listing) leaves the seller to ask more than it says.
        Role::Seller => thousandths(list, permille).max(thousandths(reserve, 1080)),
    }
}
