//! Dialogues that teach a small model to bargain, naively: what its supervised pretraining reads.
//!
//! A [`lesson`] is one side's chat of a whole negotiation in the compact style, whose assistant
//! messages are to be learnt. Each message opens with a [`scratchpad()`]: what was heard, and the price
//! that talk and act then repeat. The prompt says where a price lies from the limit. So a model of a few
//! million weights copies numbers, and compares none.
//!
//! The seller's lessons are played by the scripted families, persuadable ones above all, so that the
//! model reacts to how it is spoken to; the buyer's by [`NaiveBuyer`], against the scripted sellers.
//! The held-out families and their words are in none.

mod check;
mod deal;
mod naive;
mod player;
mod scratchpad;
mod statistics;

use rules::syntax::Syntax;
use rules::{Episode, Move, Outcome, Role, Scenario, View};

pub use check::{Inconsistency, consistent};
pub use deal::{Deal, augmented};
pub use naive::NaiveBuyer;
pub use scratchpad::scratchpad;
pub use statistics::{Share, consistent_share, distinct_2, valid_share};

use crate::draw::Draw;
use crate::prompt::{Message, Speaker, Style};
use player::{Player, pupil, teacher};

/// One side's chat of one negotiation.
#[derive(Clone, Debug)]
pub struct Lesson {
    pub role: Role,
    /// System first, then user and assistant in turn; the last is the assistant's. Only the
    /// assistant's messages are to be learnt.
    pub messages: Vec<Message>,
    /// The own moves, one for each assistant message, each with what its side saw.
    pub moves: Vec<(View, Move)>,
    pub scenario: Scenario,
    /// Who plays the side to be learnt: `naive`, or a family of [`crate::registry()`].
    pub pupil: &'static str,
    /// Who plays the other side.
    pub teacher: &'static str,
    pub outcome: Option<Outcome>,
}

/// The form in which lessons, and the model that learns from them, write moves.
pub const SYNTAX: Syntax = Syntax::Lines;

/// The lesson of one side over a deal: the same arguments give the same lesson. Prices, limits, the
/// codename's number and the protocol vary with the seed, see [`augmented`].
pub fn lesson(seed: u64, role: Role, deal: &Deal) -> Lesson {
    let mut draw = Draw::new(&[LESSON, seed, role as u64]);
    let scenario = augmented(deal, role, &mut draw);
    let mut own = pupil(role, &scenario, &mut draw);
    let mut other = teacher(role.other(), &scenario, &mut draw);
    let (episode, moves) = play(&scenario, &mut own, &mut other);
    let mut messages = Style::compact().messages(&episode.view(role), SYNTAX);
    let spoken = messages.iter().rposition(|message| message.speaker == Speaker::Assistant);
    messages.truncate(spoken.map_or(0, |last| last + 1));
    Lesson {
        role,
        messages,
        moves,
        outcome: episode.outcome(),
        pupil: own.family,
        teacher: other.family,
        scenario,
    }
}

/// Sets the stream of a lesson's draws apart from every other stream of the crate.
const LESSON: u64 = 0x6c65_7373_6f6e;

/// Plays a scenario to its end, in turn, and returns what the pupil saw and did.
fn play(
    scenario: &Scenario,
    pupil: &mut Player,
    teacher: &mut Player,
) -> (Episode, Vec<(View, Move)>) {
    let mut now = rules::Millis(0);
    let mut episode = Episode::start(scenario, now);
    let mut moves = Vec::new();
    while !episode.table.is_over() {
        let last = episode.table.turns.last();
        let by = last.map_or(Role::Buyer, |turn| turn.by.other());
        let view = episode.view(by);
        let mv = if by == pupil.role { pupil.write(&view) } else { teacher.speak(&view) };
        let events = rules::apply(&episode, by, mv.clone(), now)
            .expect("scripted negotiators make legal moves in turn");
        episode.absorb_all(&events);
        if by == pupil.role {
            moves.push((view, mv));
        }
        now.0 += 1;
    }
    (episode, moves)
}
